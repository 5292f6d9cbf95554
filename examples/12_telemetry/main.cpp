// SPDX-License-Identifier: BSL-1.0

// Collects counters that come by UDP, "requests 3" in a line of a datagram, and tells them to whom
// asks by TCP: "requests" gives its sum, an empty line gives all of them. Nothing is answered by
// UDP, so nobody can be hurt by a forged source.
//   example_12_telemetry [UDP_ENDPOINT [TCP_ENDPOINT]]

#include <eddy/server.hpp>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <iostream>
#include <map>
#include <string>
#include <string_view>

namespace {

/// Sums by key. On one loop, so without a lock.
class counters {
public:
    /// Takes "key number"; false for anything else, and for a new key when there are too many: what
    /// strangers send must not take all memory.
    bool add(std::string_view line) {
        const auto key = line.substr(0, line.find(' '));
        const auto digits = line.substr(std::min(key.size() + 1, line.size()));
        const auto* end = digits.data() + digits.size();
        std::uint64_t amount = 0;
        const auto read = std::from_chars(digits.data(), end, amount);
        if (read.ec != std::errc() || read.ptr != end || key.empty() || key.size() > longest_key) {
            return false;
        }
        const auto found = sums_.find(key);
        if (found != sums_.end()) {
            found->second += amount;
            return true;
        }
        return sums_.size() != most_keys && sums_.emplace(key, amount).second;
    }

    [[nodiscard]] std::string describe(std::string_view key) const {
        std::string text;
        for (const auto& [name, sum] : sums_) {
            if (key.empty() || name == key) {
                text += name + ' ' + std::to_string(sum) + '\n';
            }
        }
        return text.empty() ? "no such counter\n" : text;
    }

private:
    static constexpr std::size_t most_keys = 10'000;
    static constexpr std::size_t longest_key = 100;

    std::map<std::string, std::uint64_t, std::less<>> sums_;
};

/// [collect]
eddy::task<> collect(eddy::datagrams& socket, counters& into) {
    while (const auto batch = co_await socket.receive()) { // what has arrived, in one call
        for (const eddy::datagram& each : *batch) {
            std::string_view rest = eddy::byte_view(each.data).text();
            while (!rest.empty()) {
                const auto line = rest.substr(0, rest.find('\n'));
                rest.remove_prefix(std::min(line.size() + 1, rest.size()));
                into.add(into.add(line) ? "telemetry.lines 1" : "telemetry.refused 1");
            }
        }
    }
}
/// [collect]

eddy::task<> tell(eddy::session& peer, const counters& from) {
    while (const auto key = co_await peer.read_line()) {
        co_await peer.write(from.describe(*key));
    }
}

} // namespace

int main(int argc, char** argv) {
    try {
        counters sums;
        eddy::server server; // with one loop, which both handlers run on
        server.serve(argc > 1 ? argv[1] : "udp://127.0.0.1:7013", [&](eddy::datagrams& socket) {
            return collect(socket, sums);
        });
        server.serve(argc > 2 ? argv[2] : "tcp://127.0.0.1:7013", [&](eddy::session& peer) {
            return tell(peer, sums);
        });
        server.on_ready([&] { std::cout << server.endpoints().front().port() << std::endl; });
        return server.run();
    } catch (const eddy::error& failure) {
        std::cerr << failure.what() << '\n';
        return 2;
    }
}
