// SPDX-License-Identifier: BSL-1.0
// Three kinds of conversation, each with a right handler and with bugs of the kind that people
// write: question and answer (netstrings), many who hear each other (a chat), two sessions that
// belong together (a relay).
#include <eddy/core/loop.hpp>
#include <eddy/core/scope.hpp>
#include <eddy/core/sleep.hpp>
#include <eddy/net/connect.hpp>
#include <eddy/server/server.hpp>
#include <eddy/sim/conform.hpp>
#include <eddy/sim/world.hpp>

#include "support/catch.hpp"

#include <algorithm>
#include <charconv>
#include <deque>
#include <memory>
#include <string>
#include <vector>

namespace {

using namespace std::chrono_literals;
using namespace std::string_literals;
using eddy::errc;
using eddy::session;
using eddy::task;
namespace sim = eddy::sim;

std::string verdict(
    const eddy::handler& tested,
    const sim::conversation& talk,
    const sim::conform_options& options = {}
) {
    try {
        sim::conform(tested, talk, options);
    } catch (const sim::failure& broken) {
        return broken.what();
    }
    return "";
}

struct planted_bug {
    const char* name;
    eddy::handler handler;
    const char* rule;
};

void check_named(
    const std::vector<planted_bug>& bugs,
    const sim::conversation& talk,
    const sim::conform_options& options = {}
) {
    for (const auto& [name, handler, rule] : bugs) {
        const auto said = verdict(handler, talk, options);
        INFO(name << ": " << said);
        CHECK(said.starts_with("conform: "s + rule + ": with "));
    }
}

// Netstrings: https://cr.yp.to/proto/netstrings.txt, at most 1,000 bytes each.

sim::conversation netstrings() {
    sim::conversation talk;
    talk.send("5:hello,").expect("5:hello,");
    talk.send("0:,").expect("0:,");
    talk.refuse("99999999:").refuse("x:").refuse("5:hello;").refuse("hello");
    return talk;
}

enum class netstring_bug { none, reads_once, believes_length, ignores_comma, explains_after_close };

task<> echo_netstrings(session& peer, netstring_bug bug) {
    for (;;) {
        const auto prefix =
            co_await peer.read_until(":", bug == netstring_bug::believes_length ? 9 : 4);
        if (!prefix) {
            co_return;
        }
        std::size_t size = 0;
        const char* end = prefix->data() + prefix->size();
        const auto parsed = std::from_chars(prefix->data(), end, size);
        const bool is_right = parsed.ptr == end && parsed.ec == std::errc();
        const bool is_short = size <= 1'000 || bug == netstring_bug::believes_length;
        if (!is_right || !is_short) {
            if (bug == netstring_bug::explains_after_close) {
                peer.shutdown_send();
                co_await peer.write("malformed");
            }
            co_return;
        }
        const std::string head = std::to_string(size) + ':';
        if (bug == netstring_bug::reads_once) {
            const auto part = co_await peer.read();
            if (!part) {
                co_return;
            }
            co_await peer.write(head, *part);
            continue;
        }
        const auto body = co_await peer.read_exactly(size + 1);
        if (!body) {
            co_return;
        }
        if (body->back() != std::byte{','} && bug != netstring_bug::ignores_comma) {
            co_return;
        }
        co_await peer.write(head, *body);
    }
}

eddy::handler netstring_echo(netstring_bug bug = netstring_bug::none) {
    return [bug](session& peer) { return echo_netstrings(peer, bug); };
}

TEST_CASE("conform: a netstring echo, passes, and its bugs are named", "[sim][conform]") {
    CHECK(verdict(netstring_echo(), netstrings()) == "");

    check_named(
        {{"reads once", netstring_echo(netstring_bug::reads_once), "forgets a partial frame"},
         {"length", netstring_echo(netstring_bug::believes_length), "takes what it must refuse"},
         {"comma", netstring_echo(netstring_bug::ignores_comma), "takes what it must refuse"},
         {"late", netstring_echo(netstring_bug::explains_after_close), "writes after close"}},
        netstrings()
    );
}

// A chat: each line goes to everybody who is there. Who does not keep up misses lines.

enum class chat_bug { none, waits_for_all, queues, stays, greets_itself_only };

class chat {
public:
    explicit chat(chat_bug bug = chat_bug::none) : bug_(bug) {}

    task<> serve(session& peer) {
        const guest entry(*this, peer);
        if (bug_ == chat_bug::stays) {
            eddy::spawn_on(eddy::loop::current(), stay());
        }
        while (auto line = co_await peer.read_line()) {
            const std::string text = std::string(*line) + '\n';
            co_await peer.write(text);
            if (bug_ == chat_bug::queues) {
                kept_.push_back(text);
            }
            if (bug_ == chat_bug::greets_itself_only) {
                continue;
            }
            for (std::size_t i = 0; i < guests_.size(); ++i) {
                if (guests_[i] == &peer) {
                    continue;
                }
                if (bug_ == chat_bug::waits_for_all) {
                    co_await guests_[i]->write(text);
                } else {
                    (void)guests_[i]->try_write(text);
                }
            }
        }
    }

private:
    class guest {
    public:
        guest(chat& at, session& one) : at_(&at), one_(&one) { at.guests_.push_back(&one); }
        guest(const guest&) = delete;
        guest& operator=(const guest&) = delete;
        ~guest() { std::erase(at_->guests_, one_); }

    private:
        chat* at_;
        session* one_;
    };

    static task<> stay() {
        for (;;) {
            co_await eddy::sleep(1h);
        }
    }

    chat_bug bug_;
    std::vector<session*> guests_;
    std::deque<std::string> kept_;
};

eddy::handler chat_room(chat_bug bug = chat_bug::none) {
    return [room = std::make_shared<chat>(bug)](session& peer) { return room->serve(peer); };
}

sim::conversation chatter() {
    sim::conversation talk;
    talk.send("hello\n").expect("hello\n");
    talk.send("anybody there?\n").expect("anybody there?\n");
    return talk;
}

/// Another guest, who hears what is said, and says nothing.
task<> listen() {
    auto there = co_await eddy::connect("tcp://service:1");
    sim::expect(there.has_value(), "the guest gets in");
    while (auto line = co_await there->read_line(100)) {
        sim::expect(*line == "hello" || *line == "anybody there?", "the guest hears what is said");
    }
}

/// A guest who left the telephone off the hook.
task<> be_deaf() {
    auto there = co_await eddy::connect("tcp://service:1");
    co_await there->on_drain();
}

TEST_CASE("conform: a chat among others, passes, and its bugs are named", "[sim][conform]") {
    sim::conform_options among_others;
    among_others.surroundings = [](sim::world& world) {
        world.add_host("listener").spawn_daemon(listen());
        world.add_host("deaf").spawn_daemon(be_deaf());
    };

    CHECK(verdict(chat_room(), chatter(), among_others) == "");

    check_named(
        {{"waits", chat_room(chat_bug::waits_for_all), "ignores the end"},
         {"queues", chat_room(chat_bug::queues), "holds too much"},
         {"stays", chat_room(chat_bug::stays), "leaks a task"}},
        chatter(),
        among_others
    );
}

TEST_CASE("conform: a chat whose others hear nothing, named by one of them", "[sim][conform]") {
    struct listener {
        static task<> hear(int& heard) {
            auto there = co_await eddy::connect("tcp://service:1");
            while (auto line = co_await there->read_line(100)) {
                ++heard;
            }
            sim::expect(heard == 2, "the guest hears both lines");
        }
    };
    int heard = 0;
    sim::conform_options among_others;
    among_others.surroundings = [&](sim::world& world) {
        heard = 0;
        world.add_host("listener").spawn_daemon(listener::hear(heard));
    };

    const auto said = verdict(chat_room(chat_bug::greets_itself_only), chatter(), among_others);

    INFO(said);
    CHECK(said.find("wrong surroundings: with as it stands") != said.npos);
    CHECK(said.find("the guest hears both lines") != said.npos);
}

// SOCKS 5: RFC 1928, connect to a name, without authentication.

enum class relay_bug { none, reads_once, keeps_half_open, leaves_other_way, explains_after_close };

task<> pump(session& from, session& to, eddy::scope& both, relay_bug bug) {
    for (;;) {
        const auto bytes = co_await from.read();
        if (!bytes && bytes.error() == errc::end_of_stream) {
            if (bug != relay_bug::keeps_half_open) {
                to.shutdown_send();
            }
            co_return;
        }
        if (!bytes) {
            break;
        }
        const auto written = co_await to.write(*bytes);
        if (!written) {
            break;
        }
    }
    if (bug != relay_bug::leaves_other_way) {
        both.request_stop();
    }
}

/// The endpoint that a client asks for; none when it asks for something else.
task<std::string> read_request(session& peer, relay_bug bug) {
    const auto methods = co_await peer.read_exactly(2);
    if (!methods) {
        co_return "";
    }
    const auto count = std::to_integer<std::size_t>((*methods)[1]);
    const auto offered = co_await peer.read_exactly(count);
    if (!offered) {
        co_return "";
    }
    co_await peer.write("\x05\x00"s);
    if (bug == relay_bug::reads_once) {
        const auto all = co_await peer.read();
        if (!all || all->size() < 13) {
            co_return "";
        }
        co_return "tcp://target:7";
    }
    const auto head = co_await peer.read_exactly(5);
    if (!head || (*head)[3] != std::byte{3}) {
        co_return "";
    }
    const auto size = std::to_integer<std::size_t>((*head)[4]);
    const auto rest = co_await peer.read_exactly(size + 2);
    if (!rest) {
        co_return "";
    }
    const std::string name(reinterpret_cast<const char*>(rest->data()), size);
    const auto port = std::to_integer<unsigned>((*rest)[size]) << 8U |
                      std::to_integer<unsigned>((*rest)[size + 1]);
    co_return "tcp://" + name + ':' + std::to_string(port);
}

task<> relay(session& peer, relay_bug bug) {
    const std::string where = co_await read_request(peer, bug);
    if (where.empty()) {
        if (bug == relay_bug::explains_after_close) {
            peer.shutdown_send();
            co_await peer.write("\x05\x01\x00\x01\x00\x00\x00\x00\x00\x00"s);
        }
        co_return;
    }
    auto target = co_await eddy::connect(where);
    if (!target) {
        co_await peer.write("\x05\x04\x00\x01\x00\x00\x00\x00\x00\x00"s);
        co_return;
    }
    co_await peer.write("\x05\x00\x00\x01\x00\x00\x00\x00\x00\x00"s);
    eddy::scope both;
    both.spawn(pump(peer, *target, both, bug));
    both.spawn(pump(*target, peer, both, bug));
    co_await both.join();
}

eddy::handler socks(relay_bug bug = relay_bug::none) {
    return [bug](session& peer) { return relay(peer, bug); };
}

sim::conversation through_socks() {
    sim::conversation talk;
    talk.send("\x05\x01\x00"s).expect("\x05\x00"s);
    talk.send("\x05\x01\x00\x03\x06target\x00\x07"s);
    talk.expect("\x05\x00\x00\x01\x00\x00\x00\x00\x00\x00"s);
    talk.send("hello, ").expect("hello, ");
    talk.send("target").expect("target");
    return talk;
}

task<> echo(session& peer) {
    while (auto bytes = co_await peer.read()) {
        co_await peer.write(*bytes);
    }
}

task<> be_target() {
    eddy::server server(eddy::loop::current(), {});
    eddy::listen_options patient; // its deadlines would end what the relay has to end
    patient.limits = {};
    server.serve("tcp://[::]:7", echo, patient);
    server.start();
    co_await server.stopped();
}

TEST_CASE("conform: a SOCKS relay, passes, and its bugs are named", "[sim][conform]") {
    sim::conform_options with_target;
    with_target.surroundings = [](sim::world& world) {
        world.add_host("target").spawn_daemon(be_target());
    };

    CHECK(verdict(socks(), through_socks(), with_target) == "");

    check_named(
        {{"reads once", socks(relay_bug::reads_once), "forgets a partial frame"},
         {"half open", socks(relay_bug::keeps_half_open), "ignores the end"},
         {"one way", socks(relay_bug::leaves_other_way), "ignores the end"},
         {"late", socks(relay_bug::explains_after_close), "writes after close"}},
        through_socks(),
        with_target
    );
}

} // namespace
