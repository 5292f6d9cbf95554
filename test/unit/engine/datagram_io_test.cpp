// SPDX-License-Identifier: BSL-1.0
#include "engine/posix/datagram_io.hpp"

#include "engine/posix/socket.hpp"
#include "engine/posix/socket_address.hpp"
#include "support/catch.hpp"

#include <array>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <string>
#include <sys/socket.h>
#include <vector>

namespace eddy::posix {
namespace {

constexpr auto udp = endpoint::transport::udp;

struct socket_pair_end {
    platform::unique_fd fd;
    address at;
    datagram_io io;

    explicit socket_pair_end(std::size_t max_datagram = 65'535)
        : fd(std::move(*open_datagram_socket(udp, address({127, 0, 0, 1}, 0), {}))),
          at(local_address(fd.get())), io(max_datagram, udp, at.port()) {
        std::array<datagram, 1> none;
        CHECK_FALSE(io.receive(fd.get(), none)); // from now on blocks stay whole
    }
};

using texts = std::vector<std::string>;

std::vector<datagram> to(const address& peer, const texts& messages) {
    std::vector<datagram> made;
    for (const auto& each : messages) {
        made.push_back({.data = std::as_bytes(std::span(each)), .peer = peer, .local = {}});
    }
    return made;
}

void send_all(socket_pair_end& from, std::span<const datagram> datagrams) {
    while (!datagrams.empty()) {
        const auto sent = from.io.send(from.fd.get(), datagrams);
        REQUIRE(sent);
        datagrams = datagrams.subspan(*sent);
    }
}

/// Loopback delivers before the send returns.
texts receive_all(socket_pair_end& at, std::size_t room = 32) {
    texts received;
    std::vector<datagram> batch(room);
    while (const auto count = at.io.receive(at.fd.get(), batch)) {
        for (const auto& each : std::span(batch).first(*count)) {
            received.emplace_back(
                reinterpret_cast<const char*>(each.data.data()), each.data.size()
            );
            received.back() += each.is_truncated ? "..." : "";
        }
    }
    CHECK_FALSE(at.io.has_more());
    return received;
}

/// `count` messages of that size, each with a number.
texts numbered(std::size_t count, std::size_t size) {
    texts made;
    for (std::size_t i = 0; i != count; ++i) {
        made.push_back(std::to_string(1000 + i) + std::string(size - 4, 'x'));
    }
    return made;
}

TEST_CASE("datagram io: what is sent comes as it was, in order, whatever its sizes", "[engine]") {
    texts mixed = numbered(5, 100);
    mixed.insert(mixed.end(), {"", "short", "longer than that", "", std::string(60'000, 'l')});
    const auto more = numbered(3, 50);
    mixed.insert(mixed.end(), more.begin(), more.end());
    for (const std::size_t size : {100U, 60U, 80U}) { // a short one ends its block
        mixed.emplace_back(size, 's');
    }
    const texts sent = GENERATE_COPY(
        texts{"alone"},
        numbered(16, 64),
        numbered(100, 64),
        numbered(64, 1'400),
        numbered(50, 1'401),
        mixed
    );
    const std::size_t room = GENERATE(std::size_t(1), std::size_t(7), std::size_t(32));
    socket_pair_end from;
    socket_pair_end at;
    send_all(from, to(at.at, sent));
    CHECK(receive_all(at, room) == sent);
}

TEST_CASE("datagram io: says when the system may have more", "[engine]") {
    socket_pair_end from;
    socket_pair_end at;
    texts growing; // none fits behind the one before: 40 blocks, and a last one of three
    for (std::size_t size = 1; size != 41; ++size) {
        growing.emplace_back(size, 'x');
    }
    growing.insert(growing.end(), 2, growing.back());
    send_all(from, to(at.at, growing));
    std::vector<datagram> batch(32);
    const auto receive = [&] { return *at.io.receive(at.fd.get(), batch); };
    CHECK(receive() == 32);
    CHECK(at.io.has_more());
    batch.resize(9);
    CHECK(receive() == 9);
    CHECK(at.io.has_more());
    CHECK(receive() == 1);
    CHECK_FALSE(at.io.has_more());
}

TEST_CASE("datagram io: each peer gets its own", "[engine]") {
    socket_pair_end from;
    socket_pair_end one;
    socket_pair_end other;
    const texts messages = numbered(12, 64);
    std::vector<datagram> all = to(one.at, messages);
    for (const auto i : {3U, 4U, 5U, 9U}) {
        all[i].peer = other.at;
    }
    send_all(from, all);
    CHECK(receive_all(other) == texts{messages[3], messages[4], messages[5], messages[9]});
    CHECK(receive_all(one).size() == 8);
}

TEST_CASE("datagram io: those to one peer pass the kernel as one block", "[engine]") {
    socket_pair_end from;
    socket_pair_end at;
    const int on = 1;
    REQUIRE(::setsockopt(at.fd.get(), SOL_UDP, UDP_GRO, &on, sizeof on) == 0); // Linux 5.0
    send_all(from, to(at.at, numbered(20, 64)));
    std::string whole(65'535, '\0');
    CHECK(::recv(at.fd.get(), whole.data(), whole.size(), MSG_DONTWAIT) == 20 * 64);
    CHECK(::recv(at.fd.get(), whole.data(), whole.size(), MSG_DONTWAIT) == -1);
}

TEST_CASE("datagram io: a datagram of a block that is too long is cut", "[engine]") {
    socket_pair_end from;
    socket_pair_end at(100);
    send_all(
        from, to(at.at, {std::string(101, 'a'), std::string(101, 'b'), std::string(100, 'c')})
    );
    CHECK(
        receive_all(at) ==
        texts{std::string(100, 'a') + "...", std::string(100, 'b') + "...", std::string(100, 'c')}
    );
}

TEST_CASE("datagram io: the source of a group is the address that was asked", "[engine]") {
    socket_pair_end at;
    socket_pair_end from;
    platform::unique_fd any = std::move(*open_datagram_socket(udp, address({0, 0, 0, 0}, 0), {}));
    datagram_io io(65'535, udp, local_address(any.get()).port());
    const texts messages = numbered(4, 64);
    auto sent = to(at.at, messages);
    const std::array<address, 2> sources{address({127, 0, 0, 9}, 0), address({127, 0, 0, 8}, 0)};
    for (std::size_t i = 0; i != sent.size(); ++i) {
        sent[i].local = sources[i / 2];
    }
    REQUIRE(io.send(any.get(), sent));
    std::vector<datagram> batch(32);
    const auto count = at.io.receive(at.fd.get(), batch);
    REQUIRE(count);
    CHECK(*count == 4);
    for (std::size_t i = 0; i != 4; ++i) {
        CHECK(batch[i].peer.host_string() == sources[i / 2].host_string());
        CHECK(batch[i].local.host_string() == "127.0.0.1");
    }
}

} // namespace
} // namespace eddy::posix
