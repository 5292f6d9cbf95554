// SPDX-License-Identifier: BSL-1.0
// What every engine must do with a TCP connection that it has accepted, seen at the seam: above all
// that no byte is lost, doubled or out of its order, whatever is cancelled when.
#include <eddy/core/block_pool.hpp>
#include <eddy/core/engine.hpp>
#include <eddy/core/loop.hpp>
#include <eddy/core/sleep.hpp>
#include <eddy/net/acceptor.hpp>
#include <eddy/net/stream.hpp>

#include "engine/posix/socket.hpp"
#ifdef EDDY_HAS_URING
#include "engine/uring/uring_engine.hpp"
#endif
#include "platform/byte_pipe.hpp"
#include "platform/unique_fd.hpp"
#include "support/catch.hpp"
#include "support/engines.hpp"
#include "support/stream_probes.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <sys/resource.h>
#include <sys/socket.h>
#include <thread>
#include <utility>
#include <vector>

using namespace std::chrono_literals;

namespace eddy {
namespace {

using platform::unique_fd;
using test::accept_probe;
using test::read_now;
using test::read_probe;
using test::write_probe;

std::unique_ptr<loop> make_loop() {
    const std::string name = GENERATE(from_range(test::real_engines()));
    INFO("engine " << name);
    return std::make_unique<loop>(make_engine(name));
}

/// One side is the engine's, the other an ordinary socket that does not block.
struct connection {
    unique_fd peer;
    std::unique_ptr<stream> ours;

    void put(std::string_view text) const {
        REQUIRE(
            ::send(peer.get(), text.data(), text.size(), 0) == static_cast<ssize_t>(text.size())
        );
    }

    /// What has come back; "reset" or "end" behind it when that has, too.
    [[nodiscard]] std::string heard() const {
        std::string text;
        std::array<char, 4096> room;
        for (;;) {
            const ssize_t count = ::recv(peer.get(), room.data(), room.size(), MSG_DONTWAIT);
            if (count <= 0) {
                return text + (count == 0 ? "end" : errno == ECONNRESET ? "reset" : "");
            }
            text.append(room.data(), static_cast<std::size_t>(count));
        }
    }
};

unique_fd dial(const address& at) {
    auto fd = posix::open_socket(endpoint::transport::tcp, at);
    REQUIRE(fd);
    static_cast<void>(posix::connect(fd->get(), at));
    return std::move(*fd);
}

std::unique_ptr<stream> accept_one(acceptor& from, loop& where) {
    accept_probe accepted;
    while (!from.start_accept(accepted)) {
        from.cancel_accept();
    }
    REQUIRE_FALSE(accepted.error);
    REQUIRE_FALSE(accepted.accepted->attach(where));
    return std::move(accepted.accepted);
}

std::vector<connection> connect(loop& where, std::size_t count) {
    auto listener = where.driver().listen(endpoint("tcp://127.0.0.1:0"), {});
    REQUIRE(listener);
    std::vector<connection> made(count);
    for (connection& each : made) {
        each.peer = dial(*(*listener)->local().numeric());
        each.ours = accept_one(**listener, where);
    }
    return made;
}

/// Lets the loop do what there is to do: the sockets are local, and peers are not waited for. Some
/// rounds, because what the last turn of a run has begun is told in the next.
void settle(loop& where) {
    const auto program = []() -> task<> {
        for (int round = 0; round < 4; ++round) {
            co_await sleep(500us);
        }
    };
    where.run(program());
    where.run(program());
}

/// Runs the loop until `is_there()`, for some two seconds at most.
template <class Condition>
void run_until(loop& where, Condition is_there) {
    const auto program = [](const Condition& has_come) -> task<> {
        for (int round = 0; round < 4'000 && !has_come(); ++round) {
            co_await sleep(500us);
        }
    };
    where.run(program(is_there));
}

/// How many of the buffers that the connections of a loop share hold bytes.
std::size_t buffers_out([[maybe_unused]] loop& where) {
#ifdef EDDY_HAS_URING
    if (auto* driver = dynamic_cast<detail::uring_engine*>(&where.driver())) {
        return driver->buffers().out();
    }
#endif
    return 0;
}

/// Reads, and does with what came what the test wants.
struct acting_read : read_op {
    acting_read() : read_op([](io_op& op) noexcept { static_cast<acting_read&>(op).act(); }) {}

    std::function<void()> act;
};

std::string numbered(std::size_t size) {
    std::string text;
    for (unsigned i = 0; text.size() < size; ++i) {
        text += std::to_string(i) + " ";
    }
    text.resize(size);
    return text;
}

TEST_CASE("connection: bytes that were taken for a cancelled read wait for the next one") {
    const auto here = make_loop();
    const auto ends = connect(*here, 1);
    read_probe given_up;
    REQUIRE_FALSE(ends[0].ours->start_read(given_up));
    settle(*here);
    ends[0].ours->cancel_read();
    ends[0].put("one ");
    settle(*here);
    ends[0].put("two ");
    settle(*here);

    CHECK(given_up.completions == 0);
    const std::string first = read_now(*ends[0].ours, 2); // in parts
    const std::string rest = read_now(*ends[0].ours);
    CHECK(first + rest + read_now(*ends[0].ours) == "one two ");
    ends[0].put("three");
    CHECK(read_now(*ends[0].ours) == "three"); // without the loop in between
}

TEST_CASE("connection: what is spliced comes behind what was received before") {
    const auto here = make_loop();
    const auto ends = connect(*here, 1);
    auto pipe = platform::byte_pipe::open();
    REQUIRE(pipe);
    REQUIRE(ends[0].ours->can_splice());
    read_probe given_up;
    REQUIRE_FALSE(ends[0].ours->start_read(given_up));
    settle(*here);
    ends[0].ours->cancel_read();
    ends[0].put("received ");
    settle(*here);

    splice_target target{.pipe = pipe->input(), .room = pipe->capacity()};
    const auto piped = [&] {
        std::array<char, 256> room;
        const ssize_t count = ::read(pipe->output(), room.data(), room.size());
        return std::string(room.data(), count > 0 ? static_cast<std::size_t>(count) : 0);
    };
    std::string text;
    for (const char* word : {"at once ", "and again "}) {
        read_probe ready;
        ready.pipe = &target;
        ready.wait = false; // not every engine looks by itself
        REQUIRE(ends[0].ours->start_read(ready));
        text += piped();
        ends[0].put(word);
    }
    CHECK(text + read_now(*ends[0].ours) == "received at once and again ");

    read_probe waiting;
    waiting.pipe = &target;
    REQUIRE_FALSE(ends[0].ours->start_read(waiting));
    settle(*here);
    ends[0].put("later");
    settle(*here);
    CHECK(waiting.completions == 1);
    CHECK(piped() == "later");

    read_probe ordinary;
    REQUIRE_FALSE(ends[0].ours->start_read(ordinary));
    settle(*here);
    ends[0].put("the rest");
    settle(*here);
    CHECK(ordinary.text() == "the rest");
}

TEST_CASE("connection: a lent block has the bytes, also after the stream is gone") {
    const auto here = make_loop();
    auto ends = connect(*here, 1);
    const std::size_t size = GENERATE(as<std::size_t>(), 5, 9000);
    const std::string text = numbered(size);
    read_probe lent;
    lent.into = {};
    REQUIRE_FALSE(ends[0].ours->start_read(lent));
    settle(*here);
    ends[0].put(text);
    settle(*here);

    REQUIRE(lent.completions == 1);
    REQUIRE(lent.lent);
    ends[0].ours.reset();
    const std::string_view bytes(reinterpret_cast<const char*>(lent.lent->data), lent.bytes);
    CHECK(bytes == text);
}

TEST_CASE("connection: a peer that nobody reads from is held up, and nothing is lost") {
    const auto here = make_loop();
    const auto ends = connect(*here, 1);
    read_probe given_up;
    REQUIRE_FALSE(ends[0].ours->start_read(given_up));
    settle(*here);
    ends[0].ours->cancel_read();
    const std::string much = numbered(32 << 20);
    std::size_t sent = 0;
    for (int idle = 0; idle < 3;) { // until it is refused, however long the loop goes on
        const ssize_t count =
            ::send(ends[0].peer.get(), much.data() + sent, much.size() - sent, MSG_DONTWAIT);
        sent += count > 0 ? static_cast<std::size_t>(count) : 0;
        idle = count > 0 ? 0 : idle + 1;
        settle(*here);
    }
    REQUIRE(sent < much.size());

    std::string text;
    while (text.size() < sent) {
        const std::string part = read_now(*ends[0].ours);
        text += part;
        if (part.empty()) {
            settle(*here);
        }
    }
    CHECK(text == much.substr(0, sent));
}

TEST_CASE("connection: one that nobody reads from leaves the others their buffers") {
    const auto here = make_loop();
    const auto ends = connect(*here, 1);
    read_probe given_up;
    REQUIRE_FALSE(ends[0].ours->start_read(given_up));
    settle(*here);
    ends[0].ours->cancel_read();
    std::string sent;
    for (char each = 'a'; each <= 'p'; ++each) {
        ends[0].put({&each, 1});
        sent += each;
        settle(*here);
    }

    CHECK(buffers_out(*here) <= 2);
    std::string text;
    while (text.size() < sent.size()) {
        const std::string part = read_now(*ends[0].ours);
        REQUIRE_FALSE(part.empty());
        text += part;
    }
    CHECK(text == sent);
}

TEST_CASE("connection: more of them have bytes at once than there are buffers, each gets its own") {
    const auto here = make_loop();
    const auto ends = connect(*here, 150);
    std::vector<std::unique_ptr<read_probe>> reads;
    for (const auto& each : ends) {
        reads.push_back(std::make_unique<read_probe>());
        REQUIRE_FALSE(each.ours->start_read(*reads.back()));
    }
    settle(*here);
    const bool is_held = GENERATE(false, true);
    if (is_held) { // buffers stay with streams that nobody reads from
        for (const auto& each : ends) {
            each.ours->cancel_read();
        }
    }
    for (int turn = 0; turn < 3; ++turn) {
        for (std::size_t i = 0; i < ends.size(); ++i) {
            ends[i].put(std::to_string(i) + " ");
        }
        settle(*here);
    }
    for (std::size_t i = 0; i < ends.size(); ++i) {
        CHECK(reads[i]->completions == (is_held ? 0 : 1));
        std::string text = is_held ? "" : reads[i]->text();
        for (std::string more = read_now(*ends[i].ours); !more.empty();
             more = read_now(*ends[i].ours)) {
            text += more;
        }
        const std::string word = std::to_string(i) + " ";
        CHECK(text == word + word + word);
    }
}

TEST_CASE("connection: a reader gets its bytes while those that nobody reads fill all buffers") {
    const auto here = make_loop();
    const auto idle = connect(*here, 100);
    for (const auto& each : idle) {
        read_probe given_up;
        REQUIRE_FALSE(each.ours->start_read(given_up));
        each.ours->cancel_read();
        each.put("unread");
    }
    const auto busy = connect(*here, 1);
    read_probe read;
    REQUIRE_FALSE(busy[0].ours->start_read(read));
    settle(*here);

    busy[0].put("wanted");
    settle(*here);

    CHECK(read.text() == "wanted");
}

/// Connections that answer in one round, so that an engine may send their answers together.
struct chorus {
    explicit chorus(loop& where, std::size_t count) : ends(connect(where, count)), here(&where) {
        for (auto& each : ends) {
            reads.push_back(std::make_unique<acting_read>());
            answers.push_back(std::make_unique<write_probe>("answer"));
            acting_read& read = *reads.back();
            write_probe& answer = *answers.back();
            read.act = [&each, &answer] { answer.completions += each.ours->start_write(answer); };
            const bool at_once = each.ours->start_read(read);
            REQUIRE_FALSE(at_once);
        }
        settle(where);
    }

    void sing() {
        for (const auto& each : ends) {
            each.put("x");
        }
        settle(*here);
    }

    std::vector<connection> ends;
    std::vector<std::unique_ptr<acting_read>> reads;
    std::vector<std::unique_ptr<write_probe>> answers;
    loop* here;
};

TEST_CASE("connection: many answers of one round, each arrives once") {
    const auto here = make_loop();
    chorus all(*here, 100);

    all.sing();

    for (std::size_t i = 0; i < all.ends.size(); ++i) {
        CHECK(all.answers[i]->completions == 1);
        CHECK(all.answers[i]->bytes == 6);
        CHECK(all.ends[i].heard() == "answer");
    }
}

TEST_CASE("connection: among many answers the one for a peer without room waits for it") {
    const auto here = make_loop();
    chorus all(*here, 10);
    const connection& full = all.ends[5];
    const write_probe& held_up = *all.answers[5];
    const auto write = all.reads[5]->act;
    std::size_t sent = 0;
    all.reads[5]->act = [&] {
        const std::string much(1 << 20, 'x');
        for (const std::size_t size : {much.size(), std::size_t(1)}) { // which may fit still
            ssize_t taken = 0;
            while ((taken = ::send(full.ours->native(), much.data(), size, MSG_DONTWAIT)) > 0) {
                sent += static_cast<std::size_t>(taken);
            }
        }
        write();
    };

    all.sing();

    for (std::size_t i = 0; i < all.ends.size(); ++i) {
        CHECK((i == 5 || all.ends[i].heard() == "answer"));
    }
    for (std::size_t heard = 0; heard < sent;) {
        heard += full.heard().size();
        settle(*here);
    }
    CHECK(held_up.completions == 1);
    CHECK(held_up.bytes == 0); // a hint to start again
    CHECK_FALSE(held_up.error);
}

TEST_CASE("connection: a cancelled write tells what was taken of it, and that arrives once") {
    const auto here = make_loop();
    chorus all(*here, 100);
    enum class moment { at_once, when_the_next_writes, when_the_one_before_is_done };
    const auto when = GENERATE(
        moment::at_once, moment::when_the_next_writes, moment::when_the_one_before_is_done
    );
    const auto cancel = [&all](std::size_t i) {
        if (all.answers[i]->completions == 0) {
            all.ends[i].ours->cancel_write();
        }
    };
    for (std::size_t i = 0; i < all.ends.size(); ++i) {
        const auto write = all.reads[i]->act;
        if (when == moment::at_once) {
            all.reads[i]->act = [write, cancel, i] { write(), cancel(i); };
        } else if (when == moment::when_the_next_writes && i != 0) {
            all.reads[i]->act = [write, cancel, i] { write(), cancel(i - 1); };
        } else if (i % 2 == 1) {
            // Told behind the outcome of the round's sends, the last of which is this one's.
            all.reads[i]->act = [write, cancel, i, &all] {
                write();
                all.here->post([cancel, i] { cancel(i); });
            };
        }
    }

    all.sing();

    for (std::size_t i = 0; i < all.ends.size(); ++i) {
        CHECK(all.ends[i].heard() == std::string("answer").substr(0, all.answers[i]->bytes));
        CHECK(all.answers[i]->completions <= 1);
    }
}

TEST_CASE("connection: what a stream was told to send before it was destroyed, arrives once") {
    const auto here = make_loop();
    chorus all(*here, 20);
    for (std::size_t i = 0; i < all.ends.size(); ++i) {
        const auto write = all.reads[i]->act;
        all.reads[i]->act = [write, &all, i] {
            write();
            all.ends[i].ours.reset();
        };
    }

    all.sing();

    for (const auto& each : all.ends) {
        CHECK(each.heard() == "answerend");
    }
}

TEST_CASE("connection: an outcome for a destroyed stream reaches nobody, nor its number's heir") {
    const auto here = make_loop();
    auto ends = connect(*here, 40);
    std::vector<std::unique_ptr<read_probe>> reads;
    for (int turn = 0; turn < 5; ++turn) {
        reads.clear();
        for (auto& each : ends) {
            reads.push_back(std::make_unique<read_probe>());
            REQUIRE_FALSE(each.ours->start_read(*reads.back()));
        }
        settle(*here);
        for (const auto& each : ends) {
            each.put("for the old one");
        }
        for (auto& each : ends) {
            each.ours.reset();
        }
        ends = connect(*here, 40); // on the same numbers
        std::vector<read_probe> heirs(ends.size());
        for (std::size_t i = 0; i < ends.size(); ++i) {
            REQUIRE_FALSE(ends[i].ours->start_read(heirs[i]));
        }
        settle(*here);
        for (std::size_t i = 0; i < ends.size(); ++i) {
            CHECK(reads[i]->completions == 0);
            CHECK(heirs[i].completions == 0);
            ends[i].ours->cancel_read();
        }
    }
    CHECK(buffers_out(*here) == 0); // what came for those that are gone is back
}

TEST_CASE("connection: the heir of a descriptor loses nothing to what its last owner asked for") {
    const auto here = make_loop();
    auto listener = here->driver().listen(endpoint("tcp://127.0.0.1:0"), {});
    REQUIRE(listener);
    const auto at = *(*listener)->local().numeric();
    const unique_fd first = dial(at);
    const connection heir{.peer = dial(at), .ours = nullptr};
    heir.put("for the heir");
    std::unique_ptr<stream> ours;
    const auto replace = [&] { // in one turn, so that the system has seen nothing of the first
        ours = accept_one(**listener, *here);
        const auto number = ours->native();
        read_probe given_up;
        REQUIRE_FALSE(ours->start_read(given_up));
        ours.reset();
        ours = accept_one(**listener, *here);
        REQUIRE(ours->native() == number);
    };
    const bool has_run = GENERATE(false, true);
    if (has_run) {
        here->post(replace);
    } else {
        replace();
    }
    settle(*here);

    CHECK(read_now(*ours) == "for the heir");
}

/// Reads from more connections than a ring takes requests for at once.
struct crowd {
    explicit crowd(loop& where) : ends(connect(where, 300)) {}

    void read() {
        for (auto& each : ends) {
            reads.push_back(std::make_unique<read_probe>());
            REQUIRE_FALSE(each.ours->start_read(*reads.back()));
        }
    }

    std::vector<connection> ends;
    std::vector<std::unique_ptr<read_probe>> reads;
};

TEST_CASE("connection: a crowd that waits before the loop has run is read from") {
    const auto here = make_loop();
    crowd all(*here);
    all.read();
    settle(*here);
    for (const auto& each : all.ends) {
        each.put("x");
    }
    run_until(*here, [&all] {
        return std::all_of(all.reads.begin(), all.reads.end(), [](const auto& each) {
            return each->text() == "x";
        });
    });
    for (const auto& each : all.reads) {
        CHECK(each->text() == "x");
    }
}

TEST_CASE("connection: a write cancelled behind a crowd of requests arrives once") {
    const auto here = make_loop();
    chorus all(*here, 10);
    crowd others(*here);
    const auto write = all.reads.back()->act;
    all.reads.back()->act = [&] {
        write();
        others.read();
        if (all.answers.back()->completions == 0) {
            all.ends.back().ours->cancel_write();
        }
    };

    all.sing();

    CHECK(all.ends.back().heard() == "answer");
    CHECK(all.answers.back()->bytes == 6);
}

TEST_CASE("connection: what came behind a crowd of requests is in its order") {
    const auto here = make_loop();
    auto ends = connect(*here, 2);
    crowd others(*here);
    std::array<read_probe, 2> given_up;
    for (std::size_t i = 0; i < 2; ++i) {
        REQUIRE_FALSE(ends[i].ours->start_read(given_up[i]));
    }
    settle(*here);
    for (const auto& each : ends) {
        each.ours->cancel_read();
        each.put("first ");
    }
    others.read(); // the ring is entered for them
    ends[0].put("second");
    std::string text = read_now(*ends[0].ours);
    CHECK(text + read_now(*ends[0].ours) == "first second");

    ends[1].ours.reset();
    CHECK(ends[1].heard() == "reset"); // it had bytes that nobody has read
}

TEST_CASE("connection: closed with bytes unread the peer is reset, with none it sees the end") {
    const auto here = make_loop();
    auto ends = connect(*here, 2);
    for (auto& each : ends) {
        read_probe given_up;
        REQUIRE_FALSE(each.ours->start_read(given_up));
        settle(*here);
        each.ours->cancel_read();
    }
    ends[0].put("unread");
    settle(*here);
    ends[0].ours.reset();
    ends[1].ours.reset();

    CHECK(ends[0].heard() == "reset");
    CHECK(ends[1].heard() == "end");
}

TEST_CASE("connection: destroyed while it is read, the peer hears of it at once") {
    const auto here = make_loop();
    auto ends = connect(*here, 2);
    std::array<read_probe, 2> reads;
    for (std::size_t i = 0; i < 2; ++i) {
        REQUIRE_FALSE(ends[i].ours->start_read(reads[i]));
    }
    settle(*here);
    ends[1].ours->abort();
    for (auto& each : ends) {
        each.ours.reset();
    }

    CHECK(ends[0].heard() == "end");
    CHECK(ends[1].heard() == "reset");
    CHECK(reads[0].completions + reads[1].completions == 0);
}

TEST_CASE("connection: a listener destroyed while it waits refuses at once") {
    const auto here = make_loop();
    auto listener = here->driver().listen(endpoint("tcp://127.0.0.1:0"), {});
    REQUIRE(listener);
    const auto at = *(*listener)->local().numeric();
    accept_probe waiting;
    REQUIRE_FALSE((*listener)->start_accept(waiting));
    settle(*here);

    listener->reset();

    auto late = posix::open_socket(endpoint::transport::tcp, at);
    REQUIRE(late);
    static_cast<void>(posix::connect(late->get(), at));
    CHECK(posix::connect_outcome(late->get()) == std::errc::connection_refused);
}

TEST_CASE("connection: a slow peer holds up the writer, who goes on when there is room") {
    const auto here = make_loop();
    const auto ends = connect(*here, 1);
    std::size_t sent = 0;
    const std::string much(1 << 20, 'x');
    while (const std::size_t taken = test::write_now(*ends[0].ours, much)) {
        sent += taken;
    }
    write_probe more("more");
    REQUIRE_FALSE(ends[0].ours->start_write(more));
    settle(*here);
    CHECK(more.completions == 0);
    std::size_t heard = 0;
    while (heard < sent) {
        heard += ends[0].heard().size();
        settle(*here);
    }
    CHECK(more.completions == 1);
    CHECK(more.bytes == 0); // a hint to start again
    CHECK(test::write_now(*ends[0].ours, "more") == 4);
}

TEST_CASE("connection: goes on when its loop runs on another thread than before") {
    const auto here = make_loop();
    const auto ends = connect(*here, 3);
    std::array<read_probe, 3> reads;
    for (std::size_t i = 0; i < 3; ++i) {
        REQUIRE_FALSE(ends[i].ours->start_read(reads[i]));
    }
    settle(*here);
    ends[0].put("before");
    std::thread([&] { settle(*here); }).join();
    CHECK(reads[0].text() == "before");
    ends[1].put("between");
    std::thread([&] { settle(*here); }).join();
    CHECK(reads[1].text() == "between");
    ends[2].put("after");
    settle(*here);
    CHECK(reads[2].text() == "after");
}

/// No descriptor can be opened for the life of the object.
class no_descriptors {
public:
    no_descriptors() {
        REQUIRE(::getrlimit(RLIMIT_NOFILE, &before_) == 0);
        const ::rlimit none{0, before_.rlim_max};
        REQUIRE(::setrlimit(RLIMIT_NOFILE, &none) == 0);
    }
    no_descriptors(const no_descriptors&) = delete;
    no_descriptors& operator=(const no_descriptors&) = delete;
    ~no_descriptors() { ::setrlimit(RLIMIT_NOFILE, &before_); }

private:
    ::rlimit before_{};
};

TEST_CASE("connection: outlives a thread on which its loop could not run") {
    const auto here = make_loop();
    auto ends = connect(*here, 2);
    std::array<read_probe, 2> reads;
    for (std::size_t i = 0; i < 2; ++i) {
        REQUIRE_FALSE(ends[i].ours->start_read(reads[i]));
    }
    settle(*here);
    std::thread([&] {
        try {
            const no_descriptors
                shortage; // over in the handler: UBSan opens a pipe to judge a type
            settle(*here);
        } catch (const error& failure) { // not every engine opens something
            CHECK(failure.code() == std::errc::too_many_files_open);
        }
    }).join();

    ends[0].ours.reset();
    CHECK(ends[0].heard() == "end");
    ends[1].put("after");
    settle(*here);
    CHECK(reads[1].text() == "after");
}

} // namespace
} // namespace eddy
