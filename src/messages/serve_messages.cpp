// SPDX-License-Identifier: BSL-1.0
#include <eddy/core/log.hpp>
#include <eddy/messages/serve_messages.hpp>

#include <stdexcept>

namespace eddy::detail {

serve_messages_options checked(serve_messages_options options) {
    if (options.concurrency == 0) {
        throw std::invalid_argument("eddy: serve_messages: concurrency is 1 or more");
    }
    return options;
}

void note_refused(const session& peer, error_code end, const wire::refusal& why) {
    if (why && end == why.code()) {
        log::info(
            "a session is ended for what it sent",
            {{"reason", why.to_string()}, {"session", peer.id()}}
        );
    }
}

void check_reply(const result<void>& sent, const wire::refusal& why) {
    if (why && sent.error() == why.code()) {
        throw error(sent.error(), "serve_messages: a reply cannot be sent: " + why.to_string());
    }
}

} // namespace eddy::detail
