// SPDX-License-Identifier: BSL-1.0
#include "failure.hpp"

#include <fmt/format.h>

namespace client {

using condition = std::errc;

std::string to_text(eddy::duration time) {
    return fmt::format("{:g} s", std::chrono::duration<double>(time).count());
}

failure
connect_failure(const std::string& where, const eddy::error_code& cause, eddy::duration timeout) {
    if (cause == condition::connection_refused || cause == condition::no_such_file_or_directory) {
        return {
            exit_status::refused, fmt::format("{}: connection refused; nobody listens there", where)
        };
    }
    if (cause == eddy::errc::timed_out) {
        return {
            exit_status::timed_out,
            fmt::format("{}: no connection within {}", where, to_text(timeout))
        };
    }
    if (cause == eddy::errc::no_such_host) {
        return {exit_status::failed, fmt::format("{}: there is no host of that name", where)};
    }
    if (cause == condition::too_many_files_open) {
        return {
            exit_status::failed,
            fmt::format("{}: too many open files; raise the limit with ulimit -n", where)
        };
    }
    return {exit_status::failed, fmt::format("{}: cannot connect: {}", where, cause.message())};
}

failure answer_failure(
    const std::string& where,
    const eddy::error_code& cause,
    const std::string& progress,
    eddy::duration timeout
) {
    if (cause == eddy::errc::timed_out) {
        return {
            exit_status::timed_out,
            fmt::format("{}: no answer for {}; {}", where, to_text(timeout), progress)
        };
    }
    if (cause == eddy::errc::end_of_stream || cause == eddy::errc::truncated) {
        return {
            exit_status::closed_early,
            fmt::format("{}: the peer closed the connection early; {}", where, progress)
        };
    }
    if (cause == eddy::errc::reset) {
        return {
            exit_status::closed_early,
            fmt::format("{}: the peer reset the connection; {}", where, progress)
        };
    }
    return {exit_status::failed, fmt::format("{}: {}; {}", where, cause.message(), progress)};
}

} // namespace client
