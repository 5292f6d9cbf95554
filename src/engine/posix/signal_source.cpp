// SPDX-License-Identifier: BSL-1.0
#include "engine/posix/signal_source.hpp"

#include <unistd.h>
#include <utility>

namespace eddy::posix {

using detail::watched_fd;

signal_source::signal_source(
    platform::signal_pipe pipe, detail::watched_fd_ptr read_end, signal_sink& sink
)
    : pipe_(std::move(pipe)), read_end_(std::move(read_end)), sink_(&sink) {
    read_end_->wait(watched_fd::readable, *this);
}

signal_source::~signal_source() {
    read_end_->close();
}

// One signal a call: the sink may end this source.
void signal_source::on_ready() noexcept {
    unsigned char number = 0;
    const bool is_heard = ::read(read_end_->fd(), &number, 1) == 1;
    read_end_->wait(watched_fd::readable, *this);
    if (is_heard) {
        sink_->on_signal(number);
    }
}

} // namespace eddy::posix
