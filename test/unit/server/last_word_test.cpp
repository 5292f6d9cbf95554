// SPDX-License-Identifier: BSL-1.0
#include "server/last_word.hpp"

#include "server/server_state.hpp"
#include "support/catch.hpp"
#include "support/manual_engine.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <utility>

namespace eddy::detail {
namespace {

TEST_CASE("last_word: sent while it is on its way, goes once", "[server][last_word]") {
    test::manual_loop loop;
    server_state whole({}, &*loop); // which is not open
    const std::unique_ptr<last_word, post_node_deleter> word(new last_word(whole, {}));

    word->send_to(*loop);
    word->send_to(*loop);
    loop->run();
    CHECK(loop->counts().posted.value() == 1);

    word->send_to(*loop);
    loop->run();
    CHECK(loop->counts().posted.value() == 2);
}

/// Tells when the server has ended, and when its loop is woken.
class telling_engine final : public test::manual_engine {
public:
    void watch_signals(signal_sink* /*sink*/) override { tell(on_end); }
    void wake() noexcept override {
        manual_engine::wake();
        tell(on_wake);
    }

    std::function<void()> on_end;
    std::function<void()> on_wake;

private:
    static void tell(const std::function<void()>& whom) {
        if (whom) {
            whom();
        }
    }
};

TEST_CASE("last_word: sent while it is heard, is heard once more", "[server][last_word]") {
    auto made = std::make_unique<telling_engine>();
    auto& engine = *made;
    loop here(std::move(made));
    server_state whole({}, &here);
    whole.open();
    const auto anchor = std::make_shared<server_state*>(&whole);
    const std::unique_ptr<last_word, post_node_deleter> word(new last_word(whole, anchor));
    engine.on_end = [&] { word->send_to(here); };

    word->send_to(here);
    here.run();

    CHECK(here.counts().posted.value() == 2);
}

TEST_CASE("work_token: of a session, its place is free when its end is told", "[server]") {
    auto made = std::make_unique<telling_engine>();
    auto& engine = *made;
    loop here(std::move(made));
    server_state whole({}, &here);
    listen_options options;
    options.max_sessions = 1;
    listener at("tcp://127.0.0.1:0", handler([](session&) -> task<> { co_return; }), options);
    whole.open();
    admission_slot place;
    REQUIRE(
        whole.admits().take(at, {}, here.now(), admission::rule::all, place) ==
        admission::lack::nothing
    );
    std::optional<work_token> ending(std::in_place, whole, std::move(place));
    CHECK(at.places.value == 1);
    std::size_t taken = 1;
    engine.on_wake = [&] { taken = at.places.value; };

    ending.reset();

    CHECK(taken == 0);
    engine.on_wake = nullptr;
}

TEST_CASE("last_word: the server is gone before it arrives, it does nothing") {
    test::manual_loop loop;
    auto whole = std::make_unique<server_state>(server_config{}, &*loop);
    auto anchor = std::make_shared<server_state*>(whole.get());
    std::unique_ptr<last_word, post_node_deleter> word(new last_word(*whole, anchor));

    word->send_to(*loop);
    word.reset();
    anchor.reset();
    whole.reset();
    CHECK_NOTHROW(loop->run());
    CHECK(loop->counts().posted.value() == 1);
}

TEST_CASE("last_word: the loop is gone before it arrives, it goes too") {
    auto loop = std::make_unique<test::manual_loop>();
    server_state whole({}, &**loop);
    const auto anchor = std::make_shared<server_state*>(&whole);
    const std::unique_ptr<last_word, post_node_deleter> word(new last_word(whole, anchor));

    word->send_to(**loop);
    CHECK_NOTHROW(loop.reset()); // a sanitizer sees to the rest
}

} // namespace
} // namespace eddy::detail
