// SPDX-License-Identifier: BSL-1.0
// Files to real sockets, where the system moves the bytes by itself.
#include <eddy/core/loop.hpp>
#include <eddy/core/scope.hpp>
#include <eddy/core/sleep.hpp>
#include <eddy/net/send_file.hpp>
#include <eddy/net/session.hpp>

#include "support/catch.hpp"
#include "support/socket_pairs.hpp"

#include <cstdio>
#include <fcntl.h>
#include <string>
#include <unistd.h>

using namespace std::chrono_literals;

namespace eddy {
namespace {

/// A file without a name that has this text.
file file_of(const std::string& text) {
    std::FILE* made = std::tmpfile();
    REQUIRE(made != nullptr);
    REQUIRE(std::fwrite(text.data(), 1, text.size(), made) == text.size());
    REQUIRE(std::fflush(made) == 0);
    file opened(::fcntl(::fileno(made), F_DUPFD_CLOEXEC, 3));
    std::fclose(made);
    return opened;
}

task<> send_all(session& to, file from, result<std::uint64_t>& sent) {
    co_await to.write("head ");
    sent = co_await send_file(to, from);
    co_await to.write(" tail");
    to.shutdown_send();
}

TEST_CASE("send_file: megabytes, arrive whole and in order", "[integration][file]") {
    const auto kind = GENERATE(endpoint::transport::tcp, endpoint::transport::unix_stream);
    loop here;

    here.run([](endpoint::transport over) -> task<> {
        const std::string text = test::random_text(8 * 1024 * 1024 + 1);
        const file from = file_of(text);
        auto ends = test::connected(over);
        result<std::uint64_t> sent = std::uint64_t(0);
        scope sending;
        sending.spawn(send_all(ends.near, from, sent));
        const auto heard = co_await ends.far.read_all(text.size() + 10);
        REQUIRE(heard.has_value());
        CHECK(byte_view(*heard).text() == "head " + text + " tail");
        co_await sending.join();
        CHECK(sent.value() == text.size());
        CHECK(ends.near.stats().bytes_sent == text.size() + 10);
    }(kind));
    CHECK(here.blocks().outbox_bytes().value() == 0);
}

/// A large file on its way to a peer that does not read yet.
struct stuck_file {
    file from = file_of(std::string(16 * 1024 * 1024, 'x'));
    test::two_sessions ends = test::connected(endpoint::transport::tcp);
    result<std::uint64_t> sent = std::uint64_t(0);
    scope sending;

    task<> begin() {
        sending.spawn(send_all(ends.near, from, sent));
        while (ends.near.stats().bytes_sent <= 5 || ends.near.outbox_size() == 0) {
            co_await sleep(1ms);
        }
    }
};

TEST_CASE("send_file: the file shrinks on the way, the session goes on", "[integration][file]") {
    loop here;

    here.run([]() -> task<> {
        stuck_file whole;
        co_await whole.begin();
        REQUIRE(::ftruncate(whole.from.native(), 1000) == 0);
        const auto heard = co_await whole.ends.far.read_all(32UL * 1024 * 1024);
        REQUIRE(heard.has_value());
        CHECK(byte_view(*heard).text().ends_with(" tail"));
        co_await whole.sending.join();
        CHECK(whole.sent.error() == errc::truncated);
    }());
}

TEST_CASE("send_file: stopped in the middle, nothing more goes out", "[integration][file]") {
    loop here;

    here.run([]() -> task<> {
        stuck_file whole;
        co_await whole.begin();
        const auto before = whole.ends.near.stats().bytes_sent;
        whole.sending.request_stop();
        co_await whole.sending.join();
        CHECK(whole.sent.error() == errc::cancelled);
        CHECK(whole.ends.near.outbox_size() <= 5);
        const auto heard = co_await whole.ends.far.read_all(32UL * 1024 * 1024);
        REQUIRE(heard.has_value());
        CHECK(heard->size() == before + 5);
    }());
}

} // namespace
} // namespace eddy
