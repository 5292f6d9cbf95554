// SPDX-License-Identifier: BSL-1.0
#include "engine/posix/byte_io.hpp"

#include "platform/unique_fd.hpp"
#include "support/catch.hpp"

#include <array>
#include <string>
#include <sys/socket.h>
#include <vector>

namespace eddy::posix {
namespace {

struct two_ends {
    platform::unique_fd near;
    platform::unique_fd far;
};

two_ends connected() {
    std::array<int, 2> ends{};
    REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) == 0);
    return {platform::unique_fd(ends[0]), platform::unique_fd(ends[1])};
}

moved send_texts(int socket, const std::vector<std::string>& texts) {
    std::vector<std::span<const std::byte>> parts;
    for (const auto& each : texts) {
        parts.push_back(std::as_bytes(std::span(each)));
    }
    return send(socket, parts);
}

struct quiet_read : read_op {
    quiet_read() : read_op([](io_op&) noexcept {}) {}
};
struct quiet_write : write_op {
    quiet_write() : write_op([](io_op&) noexcept {}) {}
};

TEST_CASE("byte_io: bytes of one part and of several, arrive in order", "[engine][byte_io]") {
    const two_ends pair = connected();
    CHECK(send_texts(pair.near.get(), {"one"}).bytes == 3);
    CHECK(send_texts(pair.near.get(), {"two", "", "three"}).bytes == 8);

    std::string into(20, '\0');
    const moved got = receive(pair.far.get(), std::as_writable_bytes(std::span(into)));

    CHECK(got.failure == 0);
    CHECK(into.substr(0, got.bytes) == "onetwothree");
}

TEST_CASE("byte_io: nothing to receive and no room, wait on no socket", "[engine][byte_io]") {
    const two_ends pair = connected(); // in blocking mode
    std::array<std::byte, 16> into{};
    CHECK(receive(pair.far.get(), into).failure == EAGAIN);

    const std::string much(64 * 1024, 'x');
    moved last;
    for (int sent = 0; sent != 1000 && last.failure == 0; ++sent) {
        last = send_texts(pair.near.get(), {much});
    }
    CHECK(last.failure == EAGAIN);
    CHECK(last.bytes == 0);
}

TEST_CASE("byte_io: a peer that is gone, is a failure and no signal", "[engine][byte_io]") {
    two_ends pair = connected();
    pair.far.reset();

    CHECK(send_texts(pair.near.get(), {"x"}).failure == EPIPE);
    CHECK(send_texts(pair.near.get(), {"x", "y"}).failure == EPIPE);
    std::array<std::byte, 16> into{};
    const moved end = receive(pair.near.get(), into);
    CHECK(end.bytes == 0);
    CHECK(end.failure == 0);
}

TEST_CASE("byte_io: outcomes, are noted in operations", "[engine][byte_io]") {
    quiet_read reading;
    CHECK(note(reading, {5, 0}));
    CHECK(reading.bytes == 5);
    CHECK_FALSE(reading.error);
    CHECK_FALSE(note(reading, {0, EAGAIN}));
    CHECK_FALSE(reading.error);
    CHECK(note(reading, {0, 0}));
    CHECK(reading.error == errc::end_of_stream);
    CHECK(note(reading, {0, ECONNRESET}));
    CHECK(reading.error == errc::reset);

    quiet_write writing;
    CHECK(note(writing, {5, 0}));
    CHECK(writing.bytes == 5);
    CHECK_FALSE(writing.error);
    CHECK_FALSE(note(writing, {0, EAGAIN}));
    CHECK_FALSE(writing.error);
    CHECK(note(writing, {0, 0})); // a file without a byte: its source has the reason
    CHECK_FALSE(writing.error);
    CHECK(note(writing, {0, ENOBUFS}));
    CHECK(writing.error == std::errc::no_buffer_space);
}

} // namespace
} // namespace eddy::posix
