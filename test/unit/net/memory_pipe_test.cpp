// SPDX-License-Identifier: BSL-1.0
#include "net/memory_pipe.hpp"

#include <eddy/core/loop.hpp>

#include "support/catch.hpp"
#include "support/manual_engine.hpp"
#include "support/stream_probes.hpp"

#include <memory>
#include <optional>

using namespace eddy;
using eddy::detail::memory_pipe;
using eddy::test::read_now;
using eddy::test::read_probe;
using eddy::test::write_now;
using eddy::test::write_probe;

namespace {

/// A pipe whose ends live on two loops, both driven by the test.
struct two_ends {
    two_ends() {
        std::tie(near, far) = memory_pipe::make();
        near->attach(*near_loop);
        far->attach(*far_loop);
    }

    void run() {
        near_loop->run();
        far_loop->run();
    }

    test::manual_loop near_loop;
    test::manual_loop far_loop;
    std::unique_ptr<stream> near;
    std::unique_ptr<stream> far;
};

/// What the far end does, and how the near end learns of it.
struct ending {
    const char* what;
    bool leaves_bytes_unread;
    void (*act)(std::unique_ptr<stream>& far);
    const char* arrives; // of the "abc" that the far end had sent
    errc read_error;
    std::optional<errc> write_error;
};

constexpr std::array endings{
    ending{
        "half-close", false, [](auto& far) { far->shutdown_send(); }, "abc", errc::end_of_stream, {}
    },
    ending{
        "half-close, bytes unread",
        true,
        [](auto& far) { far->shutdown_send(); },
        "abc",
        errc::end_of_stream,
        {}
    },
    ending{"close", false, [](auto& far) { far.reset(); }, "abc", errc::end_of_stream, errc::reset},
    ending{
        "half-close, then close",
        false,
        [](auto& far) {
            far->shutdown_send();
            far.reset();
        },
        "abc",
        errc::end_of_stream,
        errc::reset
    },
    ending{
        "close over unread bytes",
        true,
        [](auto& far) { far.reset(); },
        "",
        errc::reset,
        errc::reset
    },
    ending{
        "abort",
        false,
        [](auto& far) {
            far->abort();
            far.reset();
        },
        "",
        errc::reset,
        errc::reset
    },
    ending{
        "half-close, then abort",
        false,
        [](auto& far) {
            far->shutdown_send();
            far->abort();
            far.reset();
        },
        "",
        errc::reset,
        errc::reset
    },
};

} // namespace

TEST_CASE("memory_pipe: the far end ends, the near end learns how", "[net][memory_pipe]") {
    const auto& row = endings[GENERATE(range(std::size_t(0), endings.size()))];
    CAPTURE(row.what);
    two_ends pipe;

    SECTION("with bytes in the pipe") {
        write_now(*pipe.far, "abc");
        if (row.leaves_bytes_unread) {
            write_now(*pipe.near, "unread");
        }

        row.act(pipe.far);

        std::string arrived;
        read_probe read;
        while (pipe.near->start_read(read) && !read.error) {
            arrived += read.text();
        }
        CHECK(arrived == row.arrives);
        CHECK(read.error == row.read_error);
        write_probe write("x");
        CHECK(pipe.near->start_write(write));
        CHECK(write.error == (row.write_error ? make_error_code(*row.write_error) : error_code()));
        CHECK(write.bytes == (row.write_error ? 0 : 1));
    }
    SECTION("while the near end waits for bytes") {
        if (row.leaves_bytes_unread) {
            write_now(*pipe.near, "unread");
        }
        read_probe read;
        REQUIRE_FALSE(pipe.near->start_read(read));

        row.act(pipe.far);

        CHECK(read.completions == 0);
        pipe.run();
        CHECK(read.completions == 1);
        CHECK(read.error == row.read_error);
    }
    SECTION("while the near end waits for room") {
        while (write_now(*pipe.near, "fill it") != 0) {
        }
        write_probe write("x");
        REQUIRE_FALSE(pipe.near->start_write(write));

        row.act(pipe.far);
        pipe.run();

        CHECK(write.completions == (row.write_error ? 1 : 0));
        if (row.write_error) {
            CHECK(write.error == errc::reset);
        }
        pipe.near->cancel_write();
    }
}

TEST_CASE(
    "memory_pipe: bytes arrive, the waiting read gets them on its loop", "[net][memory_pipe]"
) {
    two_ends pipe;
    read_probe read;
    REQUIRE_FALSE(pipe.near->start_read(read));

    write_now(*pipe.far, "ab");
    write_now(*pipe.far, "cd");

    pipe.far_loop->run();
    CHECK(read.completions == 0);
    pipe.near_loop->run();
    CHECK(read.completions == 1);
    CHECK(read.text() == "abcd");
    CHECK_FALSE(read.error);
}

TEST_CASE(
    "memory_pipe: no buffer given, lends a block of the reader's loop", "[net][memory_pipe]"
) {
    two_ends pipe;
    read_probe read;
    read.into = {};
    REQUIRE_FALSE(pipe.near->start_read(read));
    CHECK(pipe.near_loop->blocks().lent() == 0);

    write_now(*pipe.far, "abc");
    pipe.run();

    REQUIRE(read.lent);
    CHECK(read.bytes == 3);
    CHECK(read.lent->data[2] == std::byte{'c'});
    CHECK(pipe.near_loop->blocks().lent() == 1);
}

TEST_CASE("memory_pipe: a read that must not wait, finishes at once", "[net][memory_pipe]") {
    two_ends pipe;
    read_probe read;
    read.wait = false;

    CHECK(pipe.near->start_read(read));

    CHECK(read.error == errc::would_block);
    write_now(*pipe.far, "late");
    pipe.run();
    CHECK(read.completions == 0);
    CHECK(read_now(*pipe.near) == "late");
}

TEST_CASE("memory_pipe: full, the writer waits until half of it is free", "[net][memory_pipe]") {
    two_ends pipe;
    const std::string much(memory_pipe::capacity + 1, 'x');
    CHECK(write_now(*pipe.near, much) == memory_pipe::capacity);
    write_probe write("y");
    REQUIRE_FALSE(pipe.near->start_write(write));

    read_now(*pipe.far, memory_pipe::capacity / 2 - 1);
    pipe.run();
    CHECK(write.completions == 0);

    read_now(*pipe.far, 1);
    CHECK(write.completions == 0);
    pipe.run();
    CHECK(write.completions == 1);
    CHECK_FALSE(write.error);
    CHECK(write.bytes == 0); // a hint to start again
    CHECK(pipe.near->start_write(write));
    CHECK(write.bytes == 1);
    CHECK(read_now(*pipe.far).back() == 'y');
}

TEST_CASE("memory_pipe: read cancelled, is left alone and loses no byte", "[net][memory_pipe]") {
    two_ends pipe;
    std::optional<read_probe> read(std::in_place);
    REQUIRE_FALSE(pipe.near->start_read(*read));

    SECTION("before bytes arrive") {
        pipe.near->cancel_read();
        read.reset();
        write_now(*pipe.far, "abc");
    }
    SECTION("when they are announced already") {
        write_now(*pipe.far, "abc");
        pipe.near->cancel_read();
        read.reset();
    }

    pipe.run();
    CHECK(read_now(*pipe.near) == "abc");
}

TEST_CASE(
    "memory_pipe: read cancelled and another begun, the late message finishes no read twice",
    "[net][memory_pipe]"
) {
    two_ends pipe;
    read_probe first;
    REQUIRE_FALSE(pipe.near->start_read(first));
    write_now(*pipe.far, "abc");
    pipe.near->cancel_read();
    CHECK(read_now(*pipe.near) == "abc");
    read_probe second;
    REQUIRE_FALSE(pipe.near->start_read(second));

    pipe.run(); // the message about "abc" finds nothing
    CHECK(second.completions == 0);

    write_now(*pipe.far, "d");
    pipe.run();
    CHECK(first.completions == 0);
    CHECK(second.completions == 1);
    CHECK(second.text() == "d");
}

TEST_CASE("memory_pipe: write cancelled, is left alone", "[net][memory_pipe]") {
    two_ends pipe;
    write_now(*pipe.near, std::string(memory_pipe::capacity, 'x'));
    std::optional<write_probe> write(std::in_place, "y");
    REQUIRE_FALSE(pipe.near->start_write(*write));

    SECTION("before there is room") {
        pipe.near->cancel_write();
        write.reset();
        read_now(*pipe.far);
    }
    SECTION("when the room is announced already") {
        read_now(*pipe.far);
        pipe.near->cancel_write();
        write.reset();
    }

    pipe.run();
    CHECK(read_now(*pipe.far).empty());
    CHECK(write_now(*pipe.near, "z") == 1);
}

TEST_CASE("memory_pipe: destroyed while operations wait, completes none", "[net][memory_pipe]") {
    two_ends pipe;
    std::optional<read_probe> read(std::in_place);
    std::optional<write_probe> write(std::in_place, "y");
    write_now(*pipe.near, std::string(memory_pipe::capacity, 'x'));
    REQUIRE_FALSE(pipe.near->start_read(*read));
    REQUIRE_FALSE(pipe.near->start_write(*write));

    SECTION("with nothing on its way") {}
    SECTION("with both announced") {
        write_now(*pipe.far, "abc");
        read_now(*pipe.far);
    }
    pipe.near.reset();
    read.reset();
    write.reset();

    pipe.run();
    read_probe end;
    CHECK(pipe.far->start_read(end));
}

TEST_CASE(
    "memory_pipe: a loop destroyed with a message in its queue, forgets it", "[net][memory_pipe]"
) {
    auto [near, far] = memory_pipe::make();
    test::manual_loop far_loop;
    far->attach(*far_loop);
    read_probe read;
    {
        test::manual_loop near_loop;
        near->attach(*near_loop);
        REQUIRE_FALSE(near->start_read(read));
        write_now(*far, "abc");
        near.reset();
    }

    CHECK(read.completions == 0);
    CHECK(write_now(*far, "x") == 0);
}

TEST_CASE("memory_pipe: not attached yet, takes bytes and can be dropped", "[net][memory_pipe]") {
    auto [near, far] = memory_pipe::make();
    test::manual_loop near_loop;
    near->attach(*near_loop);
    CHECK(write_now(*near, "early") == 5);
    read_probe read;
    REQUIRE_FALSE(near->start_read(read));

    far.reset();
    near_loop->run();

    CHECK(read.completions == 1);
    CHECK(read.error == errc::reset);
}
