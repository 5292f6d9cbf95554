// SPDX-License-Identifier: BSL-1.0
#include "load_state.hpp"

namespace client {

load_state::load_state(const load_options& given)
    : options(given), bytes(given.size), unclaimed_(given.messages.value_or(UINT64_MAX)) {}

void load_state::begin() {
    began = last_verified = eddy::loop_clock::now();
    if (options.time) {
        end_ = eddy::deadline::after(began, *options.time).at();
    }
}

bool load_state::claim() {
    if (unclaimed_ == 0 || eddy::loop_clock::now() >= end_) {
        return false;
    }
    --unclaimed_;
    ++sent;
    return true;
}

void load_state::message_verified(eddy::time_point sent_at) {
    last_verified = eddy::loop_clock::now();
    ++verified;
    latency.record(static_cast<std::uint64_t>((last_verified - sent_at).count()));
}

void load_state::fail(const failure& why) {
    if (!failed) {
        failed = why;
    }
    end();
}

void load_state::fail_with_wrong_bytes(const std::string& what) {
    fail({exit_status::wrong_answer, options.where.to_string() + ": wrong echo: " + what});
}

} // namespace client
