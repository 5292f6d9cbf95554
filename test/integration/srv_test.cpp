// SPDX-License-Identifier: BSL-1.0
// SRV records by the system's resolver library, from name servers of the test's own.
#include <eddy/core/loop.hpp>
#include <eddy/core/scope.hpp>
#include <eddy/core/sleep.hpp>
#include <eddy/net/connect.hpp>
#include <eddy/net/datagrams.hpp>
#include <eddy/net/resolve_srv.hpp>
#include <eddy/server/server.hpp>

#include "support/catch.hpp"

#include <cstdlib>
#include <set>
#include <string>
#include <utility>
#include <vector>

using namespace std::chrono_literals;
using namespace std::string_literals;

namespace eddy {
namespace {

using found_endpoints = result<std::vector<endpoint>>;

/// What is sent back to any question, behind a copy of its number and of the question itself.
struct scripted_answer {
    unsigned char code = 0; // of the answer: 0 found, 3 no such name
    unsigned char records = 0;
    std::string rest = {};
    bool is_silent = false;
};

std::string record(const std::string& data) {
    return "\xC0\x0C\0\x21\0\x01\0\0\0\x3C\0"s + static_cast<char>(data.size()) + data;
}

/// A name server that knows one answer.
class scripted_name_server {
public:
    explicit scripted_name_server(scripted_answer answer) {
        server_.serve("udp://127.0.0.1:0", [answer](datagrams& socket) -> task<> {
            while (auto batch = co_await socket.receive()) {
                for (const auto& each : *batch) {
                    const std::string asked(byte_view(each.data).text());
                    const std::string said = reply_to(asked, answer);
                    if (!answer.is_silent) {
                        co_await socket.reply(each, said);
                    }
                }
            }
        });
        server_.start();
    }
    ~scripted_name_server() { server_.stop(); }

    [[nodiscard]] address at() const { return *server_.endpoints().front().numeric(); }

private:
    static std::string reply_to(const std::string& asked, const scripted_answer& answer) {
        // The name ends with a zero byte; type and class follow.
        const auto question = asked.substr(12, asked.find('\0', 12) + 5 - 12);
        return asked.substr(0, 2) + '\x81' + static_cast<char>(0x80U | answer.code) + "\0\x01\0"s +
               static_cast<char>(answer.records) + "\0\0\0\0"s + question + answer.rest;
    }

    server server_;
};

found_endpoints
ask(const scripted_name_server& of, const std::string& name = "_http._tcp.example") {
    loop main;
    const auto body = [](std::string asked, address server) -> task<found_endpoints> {
        co_return co_await resolve_srv(std::move(asked), 5s, server);
    };
    return main.run(body(name, of.at()));
}

TEST_CASE("resolve_srv: a name server answers, endpoints in their order", "[integration][srv]") {
    const scripted_name_server of({
        .records = 2,
        .rest = record("\0\x02\0\0\0\x50\x03two\x07"s + "example\0"s) +
                record("\0\x01\0\0\x1F\x90\x03one\x07"s + "example\0"s),
    });

    const auto found = ask(of);
    if (found.error() == errc::not_supported) {
        WARN("built without the resolver library");
        return;
    }

    REQUIRE(found.has_value());
    CHECK(*found == std::vector<endpoint>{"tcp://one.example:8080", "tcp://two.example:80"});
    const auto datagrams = ask(of, "_dns._udp.example");
    CHECK(datagrams->front() == endpoint("udp://one.example:8080"));
}

TEST_CASE("resolve_srv: what name servers may say, each its error", "[integration][srv]") {
    struct row {
        const char* name;
        scripted_answer said;
        error_code error;
    };
    const auto each = GENERATE(values<row>({
        {"no such name", {.code = 3}, errc::no_such_host},
        {"no record of that kind", {}, errc::no_such_host},
        {"not to be had", {.records = 1, .rest = record("\0\0\0\0\0\0\0"s)}, errc::no_such_host},
        {"half a record", {.records = 1, .rest = record("\0\0\0\0\0\0"s)}, errc::malformed},
        {"a host that cannot be",
         {.records = 1, .rest = record("\0\0\0\0\0\x01\x05/etc/\0"s)},
         errc::malformed},
    }));
    INFO(each.name);

    const auto found = ask(scripted_name_server(each.said));
    if (found.error() != errc::not_supported) {
        CHECK(found.error() == each.error);
    }
}

TEST_CASE("resolve_srv: a name server that is silent, times out", "[integration][srv]") {
    loop main;
    const scripted_name_server silent({.is_silent = true});
    const auto body = [](address at) -> task<> {
        const auto found = co_await resolve_srv("_http._tcp.example", 20ms, at);
        CHECK((found.error() == errc::timed_out || found.error() == errc::not_supported));
    };

    main.run(body(silent.at()));
}

TEST_CASE("resolve_srv: no name of a service, refused by name", "[integration][srv]") {
    using Catch::Contains;
    const auto name = GENERATE(
        as<std::string>(),
        "",
        "example",
        "http._tcp.a",
        "_http._sctp.a",
        "_._tcp.a",
        "_http._tcp",
        "_http._tcp."
    );
    loop main;
    const auto body = [](std::string asked) -> task<> { co_await resolve_srv(std::move(asked)); };

    CHECK_THROWS_WITH(
        main.run(body(name)), Contains("service \"" + name + "\"") && Contains("_service._tcp")
    );
}

TEST_CASE(
    "resolve_srv: a name server that cannot be asked, refused by name", "[integration][srv]"
) {
    using Catch::Contains;
    const auto at = GENERATE(*address::parse("[::1]:53"), address::local("/run/dns"));
    loop main;
    const auto body = [](address asked) -> task<> {
        co_await resolve_srv("_http._tcp.example", 5s, asked);
    };

    CHECK_THROWS_WITH(
        main.run(body(at)), Contains("\"" + at.to_string() + "\"") && Contains("IPv4")
    );
}

/// [connect-to-service]
task<result<session>> connect_to_service(std::string name, address name_server) {
    auto where = co_await resolve_srv(std::move(name), 5s, std::move(name_server));
    if (!where) {
        co_return where.error();
    }
    co_return co_await connect_any(std::move(*where)); // in the order of RFC 2782
}
/// [connect-to-service]

/// Run by srv_dnsmasq.sh, which starts that name server with these records.
TEST_CASE("resolve_srv: dnsmasq answers", "[.dnsmasq]") {
    const char* at = std::getenv("EDDY_TEST_NAME_SERVER");
    REQUIRE(at);
    loop main;
    const auto body = [](address dns) -> task<> {
        std::set<std::string> firsts;
        for (int i = 0; i != 200; ++i) {
            const auto found = co_await resolve_srv("_eddy._tcp.test.example", 5s, dns);
            INFO(found.error().message());
            REQUIRE(found.has_value());
            REQUIRE(found->size() == 3);
            firsts.insert(found->front().to_string());
            CHECK(found->back() == endpoint("tcp://last.test.example:7003"));
        }
        CHECK(firsts.size() == 2); // of one priority, both have a weight
        const auto missing = co_await resolve_srv("_none._tcp.test.example", 5s, dns);
        CHECK(missing.error() == errc::no_such_host);
        const auto refused = co_await connect_to_service("_local._tcp.test.example", dns);
        CHECK(refused.error() == std::errc::connection_refused);
        const auto many = co_await resolve_srv("_many._tcp.test.example", 5s, dns);
        REQUIRE(many.has_value());
        CHECK(many->size() == 100); // more than a datagram holds: asked again over TCP
    };

    main.run(body(*address::parse(at)));
}

} // namespace
} // namespace eddy
