// SPDX-License-Identifier: BSL-1.0
#include <eddy/core/offload.hpp>
#include <eddy/net/send_file.hpp>
#include <eddy/net/session.hpp>

#include "net/session_state.hpp"
#include "platform/file_io.hpp"

#include <algorithm>
#include <utility>
#include <vector>

namespace eddy {
namespace {

/// What is read into memory at once.
constexpr std::size_t copy_size = 64 * 1024;
/// What the system is told to send at once: enough for four turns of the session.
constexpr std::size_t splice_size = 1024 * 1024;

using piece = result<std::vector<std::byte>>;

/// On a thread of the pool. The copy of the file keeps it open, whatever becomes of the task.
piece read_piece(const file& from, std::uint64_t offset, std::size_t size) {
    std::vector<std::byte> bytes(size);
    error_code failure;
    const auto count = platform::read_at(from.native(), offset, bytes, failure);
    if (failure) {
        return failure;
    }
    if (count != size) {
        return errc::truncated;
    }
    return bytes;
}

class file_sending {
public:
    file_sending(session& to, file from, std::uint64_t offset)
        : to_(&to), from_(std::move(from)), source_{.descriptor = from_.native(), .offset = offset},
          can_splice_(to.is_open() && detail::state_of(to).transport()->can_splice()) {}

    /// Sends some of the next `rest` bytes, and gives how many.
    task<result<std::size_t>> send(std::uint64_t rest) {
        const auto most = can_splice_ ? splice_size : copy_size;
        const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(rest, most));
        return can_splice_ ? splice(size) : copy(size);
    }

private:
    task<result<std::size_t>> copy(std::size_t size) {
        auto reading = [from = from_, at = source_.offset, size] {
            return read_piece(from, at, size);
        };
        const auto bytes = co_await offload(std::move(reading));
        if (!bytes) {
            co_return bytes.error();
        }
        const auto written = co_await to_->write(std::span<const std::byte>(*bytes));
        if (!written) {
            co_return written.error();
        }
        source_.offset += size;
        co_return size;
    }

    task<result<std::size_t>> splice(std::size_t size) {
        co_await read_ahead(size);
        const auto begin = source_.offset;
        const auto written = co_await detail::write_of<1>(detail::state_of(*to_), source_, size);
        if (!written) {
            co_return written.error();
        }
        if (source_.failure == std::errc::invalid_argument) {
            // sendfile(2): such a file, read and write have to do.
            source_.failure = {};
            can_splice_ = false;
        }
        if (source_.failure) {
            co_return source_.failure;
        }
        co_return static_cast<std::size_t>(source_.offset - begin);
    }

    task<> read_ahead(std::size_t size) {
        const auto last = source_.offset + size - 1;
        if (!platform::is_in_memory(from_.native(), source_.offset) ||
            !platform::is_in_memory(from_.native(), last)) {
            auto reading = [from = from_, at = source_.offset, size] {
                (void)read_piece(from, at, size); // what is wrong with it is found when it is sent
            };
            co_await offload(std::move(reading));
        }
    }

    session* to_;
    file from_;
    splice_source source_;
    bool can_splice_;
};

} // namespace

task<result<std::uint64_t>>
send_file(session& to, file from, std::uint64_t offset, std::uint64_t count) {
    const auto size = from.size();
    if (!size) {
        co_return size.error();
    }
    const auto there = *size > offset ? *size - offset : 0;
    const auto wanted = count == to_end_of_file ? there : count;
    if (wanted > there) {
        co_return errc::truncated;
    }
    file_sending sending(to, std::move(from), offset);
    try {
        for (std::uint64_t sent = 0; sent != wanted;) {
            const auto part = co_await sending.send(wanted - sent);
            if (!part) {
                co_return part.error();
            }
            sent += *part;
        }
    } catch (const cancelled&) {
        co_return errc::cancelled;
    }
    co_return wanted;
}

} // namespace eddy
