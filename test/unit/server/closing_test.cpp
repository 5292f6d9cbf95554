// SPDX-License-Identifier: BSL-1.0
// How a draining server stops to listen.
#include <eddy/core/loop.hpp>
#include <eddy/net/acceptor.hpp>
#include <eddy/server/server.hpp>

#include "support/catch.hpp"
#include "support/manual_engine.hpp"

#include <memory>
#include <string>
#include <vector>

namespace eddy {
namespace {

using lines = std::vector<std::string>;

/// Has nothing to accept, and tells what is done to it.
class quiet_acceptor final : public acceptor {
public:
    quiet_acceptor(const endpoint& at, lines& story) : at_(at), story_(&story) {}
    ~quiet_acceptor() override { tell("close"); }

    bool start_accept(accept_op& /*op*/) override {
        tell("accept");
        return false;
    }
    void cancel_accept() noexcept override { tell("cancel"); }
    [[nodiscard]] endpoint local() const override { return at_; }

private:
    void tell(const char* what) noexcept {
        story_->push_back(std::string(what) + ' ' + std::to_string(at_.port()));
    }

    endpoint at_;
    lines* story_;
};

class telling_engine final : public test::manual_engine {
public:
    explicit telling_engine(lines& story) noexcept : story_(&story) {}

    result<std::unique_ptr<acceptor>>
    listen(const endpoint& at, const socket_options& /*options*/) override {
        return std::unique_ptr<acceptor>(std::make_unique<quiet_acceptor>(at, *story_));
    }

private:
    lines* story_;
};

TEST_CASE(
    "server: drained, all listeners stop, then each looks once more and closes, the last first",
    "[server][drain]"
) {
    lines story;
    loop here(std::make_unique<telling_engine>(story));
    server tested(here, {});
    for (const auto* each : {"tcp://10.0.0.1:1", "tcp://10.0.0.1:2", "tcp://10.0.0.1:3"}) {
        tested.serve(each, [](session&) -> task<> { co_return; });
    }
    tested.start();
    here.turn();
    CHECK(story == lines{"accept 1", "accept 2", "accept 3"});
    story.clear();

    tested.request_drain();
    here.run(tested.stopped());

    CHECK(
        story ==
        lines{
            "cancel 1",
            "cancel 2",
            "cancel 3", //
            "accept 3",
            "cancel 3",
            "close 3", //
            "accept 2",
            "cancel 2",
            "close 2", //
            "accept 1",
            "cancel 1",
            "close 1"
        }
    );
}

TEST_CASE("server: forced, its listeners close without another look", "[server][drain]") {
    lines story;
    loop here(std::make_unique<telling_engine>(story));
    server tested(here, {.drain_delay = std::chrono::seconds(1)});
    tested.serve("tcp://10.0.0.1:1", [](session&) -> task<> { co_return; });
    tested.start();
    here.turn();
    story.clear();

    tested.request_drain(); // a lame duck
    tested.request_drain();
    here.run(tested.stopped());

    CHECK(story == lines{"cancel 1", "close 1"});
}

} // namespace
} // namespace eddy
