// SPDX-License-Identifier: BSL-1.0
#pragma once

namespace client {

/// How a command ended, for scripts. The numbers are part of the manual, eddy(1).
enum class exit_status : int {
    success = 0,
    wrong_answer = 1,  ///< Other bytes came back than were sent.
    bad_usage = 2,     ///< The command line makes no sense.
    refused = 3,       ///< Nobody listens there.
    closed_early = 4,  ///< The peer closed or reset the connection before the answer was complete.
    timed_out = 5,     ///< No answer, or not all of it, in time.
    not_permitted = 6, ///< The system wants a right that this process does not have.
    failed = 7,        ///< Anything else: no such host, no route, a file that cannot be written.
};

} // namespace client
