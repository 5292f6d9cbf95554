// SPDX-License-Identifier: BSL-1.0
#include <eddy/core/scope.hpp>
#include <eddy/net/send_file.hpp>

#include "support/catch.hpp"
#include "support/session_fixture.hpp"

#include <filesystem>
#include <fstream>
#include <string>
#include <unistd.h>

using namespace std::chrono_literals;

namespace eddy {
namespace {

/// A file with this text, for the length of a test.
class temporary_file {
public:
    explicit temporary_file(const std::string& text) {
        std::string pattern = (std::filesystem::temp_directory_path() / "eddy.XXXXXX").string();
        const int made = ::mkstemp(pattern.data());
        REQUIRE(made >= 0);
        ::close(made);
        path_ = pattern;
        std::ofstream(path_, std::ios::binary) << text;
    }
    temporary_file(const temporary_file&) = delete;
    temporary_file& operator=(const temporary_file&) = delete;
    ~temporary_file() { std::filesystem::remove(path_); }

    [[nodiscard]] const std::string& path() const noexcept { return path_; }
    void shrink_to(std::size_t size) const { std::filesystem::resize_file(path_, size); }

private:
    std::string path_;
};

std::string numbers(std::size_t size) {
    std::string text(size, '\0');
    for (std::size_t i = 0; i != size; ++i) {
        text[i] = static_cast<char>('a' + i * 7 % 23);
    }
    return text;
}

TEST_CASE("send_file: a part of a file, goes out behind what was written", "[net][file]") {
    struct row {
        std::uint64_t offset;
        std::uint64_t count;
        std::uint64_t sent;
    };
    constexpr std::uint64_t size = 200'000; // several pieces
    const auto given = GENERATE(values<row>({
        {0, to_end_of_file, size},
        {1, to_end_of_file, size - 1},
        {100'000, 50'000, 50'000},
        {size, to_end_of_file, 0},
        {size + 1, to_end_of_file, 0},
        {size, 0, 0},
    }));
    const std::string text = numbers(size);
    const temporary_file made(text);
    test::session_fixture f;

    f.run([&](session& peer, test::stream_script& script) -> task<> {
        const auto opened = co_await file::open(made.path());
        REQUIRE(opened.has_value());
        CHECK(opened->size().value() == size);
        co_await peer.write("head ");
        const auto sent = co_await send_file(peer, *opened, given.offset, given.count);
        CHECK(sent.value() == given.sent);
        co_await peer.write(" tail");
        co_await peer.flush();
        const auto part = given.sent == 0 ? "" : text.substr(given.offset, given.sent);
        CHECK(script.sent == "head " + part + " tail");
    });
}

TEST_CASE("send_file: the file is too short, says so and sends nothing", "[net][file]") {
    const temporary_file made(std::string(100'000, 'x')); // more than a piece
    test::session_fixture f;

    f.run([&](session& peer, test::stream_script& script) -> task<> {
        const auto opened = co_await file::open(made.path());
        const auto longer = co_await send_file(peer, *opened, 0, 100'001);
        CHECK(longer.error() == errc::truncated);
        const auto beyond = co_await send_file(peer, *opened, 100'001, 1);
        CHECK(beyond.error() == errc::truncated);
        co_await peer.flush();
        CHECK(script.sent.empty());
        co_await peer.write("usable");
        co_await peer.flush();
        CHECK(script.sent == "usable");
    });
}

task<> send_whole(session& to, std::string path, error_code& end) {
    const auto opened = co_await file::open(path);
    end = (co_await send_file(to, *opened)).error();
}

TEST_CASE("send_file: the file shrinks on the way, says so", "[net][file]") {
    const temporary_file made(numbers(200'000));
    test::session_fixture f;
    f.script.room = 100;

    f.run([&](session& peer, test::stream_script& script) -> task<> {
        error_code end;
        scope tasks;
        tasks.spawn(send_whole(peer, made.path(), end));
        co_await sleep(1s);
        made.shrink_to(70'000);
        script.take(1'000'000);
        co_await tasks.join();
        CHECK(end == errc::truncated);
        CHECK(script.sent == numbers(200'000).substr(0, 64UL * 1024));
        CHECK(peer.is_open());
    });
}

TEST_CASE("send_file: stopped or closed meanwhile, gives the error", "[net][file]") {
    const temporary_file made(numbers(200'000));
    const bool is_closed = GENERATE(false, true);
    test::session_fixture f;
    f.script.room = 100;

    f.run([&](session& peer, test::stream_script& script) -> task<> {
        error_code end;
        scope tasks;
        tasks.spawn(send_whole(peer, made.path(), end));
        co_await sleep(1s);
        if (is_closed) {
            peer.abort();
        } else {
            tasks.request_stop();
        }
        co_await tasks.join();
        CHECK(end == (is_closed ? errc::closed : errc::cancelled));
        CHECK(script.sent.size() == 100);
    });
}

TEST_CASE("file: what is no regular file, is refused", "[net][file]") {
    test::session_fixture f;

    f.run([](session& /*peer*/, test::stream_script& /*script*/) -> task<> {
        const auto folder = co_await file::open("/");
        CHECK(folder.error() == errc::not_supported);
        const auto device = co_await file::open("/dev/null");
        CHECK(device.error() == errc::not_supported);
        const auto nothing = co_await file::open("/nothing/of/the/kind");
        CHECK(nothing.error() == std::errc::no_such_file_or_directory);
    });
}

} // namespace
} // namespace eddy
