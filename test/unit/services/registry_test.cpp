// SPDX-License-Identifier: BSL-1.0
#include <eddy/net/session.hpp>
#include <eddy/services/registry.hpp>

#include "support/catch.hpp"

#include <set>
#include <string>

using eddy::services::option_values;
using eddy::services::registry;
using eddy::services::service;

namespace {

eddy::task<> say_nothing(eddy::session& /*peer*/) {
    co_return;
}

service quiet(std::string name) {
    return {
        .name = std::move(name),
        .summary = "Says nothing.",
        .options = {},
        .make = [](const option_values& /*none*/) { return eddy::handler(&say_nothing); },
    };
}

} // namespace

TEST_CASE(
    "registry: standard services, serve streams and datagrams as their RFCs have it",
    "[services][registry]"
) {
    const auto known = registry::standard();
    std::string names;
    for (const auto& each : known.services()) {
        names += each.name + ' ';
        CHECK(each.summary.ends_with('.'));
        if (each.name == "relay") {
            continue; // needs to be told where to
        }
        const auto made = known.make(each.name);
        CHECK(made.takes_sessions());
        CHECK(made.takes_datagrams() == (each.name != "chargen"));
    }

    CHECK(names == "echo message-reply discard chargen daytime time relay ");
}

TEST_CASE("registry: standard options, fit their own descriptions", "[services][registry]") {
    const auto known = registry::standard();

    for (const auto& each : known.services()) {
        std::set<std::string> names;
        for (const auto& described : each.options) {
            CAPTURE(each.name, described.name);
            CHECK(described.checked(described.standard) == described.standard);
            CHECK(described.effect.ends_with('.'));
            CHECK(names.insert(described.name).second);
        }
    }
}

TEST_CASE("registry: chargen asked for udp, takes datagrams", "[services][registry]") {
    CHECK(registry::standard().make("chargen", {{"udp", true}}).takes_datagrams());
}

TEST_CASE("registry: unknown service, suggests a near one", "[services][registry]") {
    const auto known = registry::standard();

    CHECK_THROWS_WITH(
        known.make("ehco"), "service: there is no service \"ehco\"; did you mean \"echo\"?"
    );
    CHECK_THROWS_WITH(
        known.find("qotd"),
        "service: there is no service \"qotd\"; write \"echo\", \"message-reply\", \"discard\", "
        "\"chargen\", \"daytime\", \"time\" or \"relay\""
    );
    CHECK_THROWS_WITH(registry().find("echo"), "service: there is no service \"echo\"; remove it");
}

TEST_CASE(
    "registry: option that is unknown or of the wrong type, is refused", "[services][registry]"
) {
    const auto known = registry::standard();

    CHECK_THROWS_WITH(
        known.make("message-reply", {{"framin", std::string("line")}}),
        "framin: the service \"message-reply\" has no such option; did you mean \"framing\"?"
    );
    CHECK_THROWS_WITH(
        known.make("discard", {{"log", true}}),
        "log: the service \"discard\" has no such option; remove it"
    );
    CHECK_THROWS_WITH(
        known.make("message-reply", {{"log", std::int64_t(1)}}),
        "log: it is a whole number; write true or false"
    );
}

TEST_CASE("registry: whom datagrams are answered, is checked", "[services][registry]") {
    const auto known = registry::standard();
    const std::string remedy =
        "; write ranges, as in \"192.0.2.0/24 2001:db8::/32\", or loopback, site or any";
    const auto complaint = [&](const std::string& service, const std::string& allow) {
        try {
            static_cast<void>(known.make(service, {{"allow", allow}}));
            return std::string();
        } catch (const eddy::services::option_error& fault) {
            return std::string(fault.what());
        }
    };

    for (const auto* service : {"echo", "message-reply", "chargen", "daytime", "time"}) {
        CAPTURE(service);
        for (const auto* good :
             {"any",
              "loopback",
              "site",
              " site, loopback ",
              "192.0.2.1",
              "10.0.0.0/8,::/0",
              "any ::1"}) {
            CHECK(complaint(service, good).empty());
        }
        CHECK(complaint(service, "") == "allow: nobody is in it" + remedy);
        CHECK(complaint(service, " , ") == "allow: nobody is in it" + remedy);
        CHECK(
            complaint(service, "loopback 10.0.0.0/33") ==
            "allow: \"10.0.0.0/33\" is no range of addresses" + remedy
        );
    }
}

TEST_CASE("registry: service of the application, is made by its name", "[services][registry]") {
    auto known = registry::standard();
    known.add(quiet("quiet"));

    CHECK(known.make("quiet").takes_sessions());
    CHECK_FALSE(known.make("quiet").takes_datagrams());
    CHECK(known.services().back().name == "quiet");
}

TEST_CASE("registry: service without a name of its own, is not added", "[services][registry]") {
    auto known = registry::standard();

    CHECK_THROWS_WITH(known.add(quiet("echo")), "eddy: there are two services \"echo\"");
    CHECK_THROWS_AS(known.add(quiet("")), std::invalid_argument);
    CHECK_THROWS_AS(known.add(service{.name = "x"}), std::invalid_argument);
}

TEST_CASE("registry: values left out, come from the description", "[services][registry]") {
    const auto known = registry::standard();
    const auto all = known.find("message-reply").complete({{"max", std::int64_t(10)}});

    CHECK(all.size() == 3 + 5); // five are about answering datagrams
    CHECK(std::get<std::int64_t>(all.at("max")) == 10);
    CHECK(std::get<std::string>(all.at("framing")) == "read");
    CHECK(std::get<bool>(all.at("log")));
}
