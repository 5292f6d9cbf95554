// SPDX-License-Identifier: BSL-1.0
// What every engine must do when it sends to TCP connections, seen at the seam: each answer arrives
// once, and an outcome reaches nobody but whom it is for.
#include "platform/unique_fd.hpp"
#include "support/connections.hpp"
#include "support/engines.hpp"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace eddy {
namespace {

using platform::unique_fd;
using test::accept_one;
using test::buffers_out;
using test::connect;
using test::connection;
using test::crowd;
using test::dial;
using test::loop_of_each_engine;
using test::read_now;
using test::read_probe;
using test::settle;
using test::write_probe;

/// Reads, and does with what came what the test wants.
struct acting_read : read_op {
    acting_read() : read_op([](io_op& op) noexcept { static_cast<acting_read&>(op).act(); }) {}

    std::function<void()> act;
};
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
    const auto here = loop_of_each_engine();
    chorus all(*here, 100);

    all.sing();

    for (std::size_t i = 0; i < all.ends.size(); ++i) {
        CHECK(all.answers[i]->completions == 1);
        CHECK(all.answers[i]->bytes == 6);
        CHECK(all.ends[i].heard() == "answer");
    }
}

TEST_CASE("connection: among many answers the one for a peer without room waits for it") {
    const auto here = loop_of_each_engine();
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
    const auto here = loop_of_each_engine();
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
    const auto here = loop_of_each_engine();
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
    const auto here = loop_of_each_engine();
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
    const auto here = loop_of_each_engine();
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

TEST_CASE("connection: a write cancelled behind a crowd of requests arrives once") {
    const auto here = loop_of_each_engine();
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

} // namespace
} // namespace eddy
