// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <eddy/core/awaiter.hpp>
#include <eddy/core/block.hpp>
#include <eddy/core/byte_view.hpp>
#include <eddy/core/deadline.hpp>
#include <eddy/core/result.hpp>
#include <eddy/core/timer.hpp>
#include <eddy/net/message_finder.hpp>

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

/// What `session`'s operations return. Users await them and need not name them.
namespace eddy::detail {

class session_state;

/// What a read waits for.
struct read_request {
    enum class until : std::uint8_t { any, size, delimiter, end, message };

    until kind = until::any;
    bool is_line = false; ///< A carriage return before the delimiter goes too.
    std::string_view delimiter = {};
    std::size_t size = 0; ///< The size for `size`; otherwise the most bytes that may be gathered.
    message_finder* finder = nullptr; ///< Of `message`.
};

/// A read through the session's inbox; the result is lent until the next read.
class EDDY_EXPORT read_awaiter : public waiter {
public:
    read_awaiter(session_state& from, const read_request& wanted, deadline limit) noexcept
        : state_(&from), request_(wanted), limit_(limit) {}

    [[nodiscard]] bool await_ready();

protected:
    ~read_awaiter();
    result<std::span<const std::byte>> finish();
    [[nodiscard]] bool is_line() const noexcept { return request_.is_line; }

private:
    friend class session_state;

    bool start() override;
    void on_stop() noexcept override;

    session_state* state_;
    read_request request_;
    deadline limit_;
    error_code failure_;
    std::size_t size_ = 0;     // of the message that was found
    std::size_t consumed_ = 0; // the same with its delimiter
    bool is_done_ = false;
};

class EDDY_EXPORT read_bytes_awaiter final : public read_awaiter {
public:
    using read_awaiter::read_awaiter;
    result<std::span<const std::byte>> await_resume() { return finish(); }
};

/// The same as text, without the delimiter.
class EDDY_EXPORT read_text_awaiter final : public read_awaiter {
public:
    using read_awaiter::read_awaiter;
    result<std::string_view> await_resume();
};

/// The same, copied into the caller's buffer.
class EDDY_EXPORT read_into_awaiter final : public read_awaiter {
public:
    read_into_awaiter(
        session_state& from, std::span<std::byte> into, read_request::until wanted, deadline limit
    ) noexcept
        : read_awaiter(from, read_request{.kind = wanted, .size = into.size()}, limit),
          into_(into) {}
    result<std::size_t> await_resume();

private:
    std::span<std::byte> into_;
};

class write_awaiter;

/// A part of the outbox: bytes in a block that the session owns, or the bytes of a writer that
/// waits for them to go.
struct out_segment : list_node {
    const std::byte* begin = nullptr;
    std::size_t size = 0;
    block* owned = nullptr;
    write_awaiter* writer = nullptr;
};

/// A whole message on its way into the outbox.
class EDDY_EXPORT write_awaiter final : public waiter {
public:
    static constexpr std::size_t parts_max = 3;

    write_awaiter(session_state& to, byte_view a, byte_view b = {}, byte_view c = {}) noexcept
        : state_(&to), parts_{a.bytes(), b.bytes(), c.bytes()} {}
    ~write_awaiter();

    [[nodiscard]] bool await_ready();
    result<void> await_resume() noexcept;

private:
    friend class outbox;
    friend class session_state;

    bool start() override;
    void on_stop() noexcept override;

    session_state* state_;
    std::array<std::span<const std::byte>, parts_max> parts_;
    std::array<out_segment, parts_max>
        segments_;           // linked while the bytes are sent from where they are
    std::size_t unsent_ = 0; // bytes in segments_ that are still to go
    bool is_done_ = false;
    bool is_suspended_ = false;
    error_code failure_;
};

/// Waits until the transport has taken everything that was written.
class EDDY_EXPORT flush_awaiter final : public waiter {
public:
    flush_awaiter(session_state& of, deadline limit) noexcept : state_(&of), limit_(limit) {}

    [[nodiscard]] bool await_ready();
    result<void> await_resume() noexcept;

private:
    friend class session_state;

    struct limit_timer final : timer {
        explicit limit_timer(flush_awaiter& waiting) noexcept
            : timer([](timer& due) noexcept {
                  static_cast<limit_timer&>(due).self->give_up(errc::timed_out);
              }),
              self(&waiting) {}
        flush_awaiter* self;
    };

    bool start() override;
    void on_stop() noexcept override;
    void give_up(errc why) noexcept;

    session_state* state_;
    deadline limit_;
    error_code failure_;
    limit_timer timer_{*this};
};

/// Waits until the session is asked to come to its end.
class EDDY_EXPORT drain_awaiter final : public waiter {
public:
    explicit drain_awaiter(session_state& of) noexcept : state_(&of) {}

    [[nodiscard]] bool await_ready() const noexcept;
    void await_resume() const;

private:
    bool start() override;
    void on_stop() noexcept override;

    session_state* state_;
    bool was_stopped_ = false;
};

} // namespace eddy::detail
