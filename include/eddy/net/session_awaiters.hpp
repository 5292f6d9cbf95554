// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <eddy/core/awaiter.hpp>
#include <eddy/core/block.hpp>
#include <eddy/core/byte_view.hpp>
#include <eddy/core/deadline.hpp>
#include <eddy/core/noted_error.hpp>
#include <eddy/core/result.hpp>
#include <eddy/core/timer.hpp>
#include <eddy/net/message_finder.hpp>

#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

/// What `session`'s operations return. Users await them and need not name them.
namespace eddy {

class session;
struct splice_source;
struct splice_target;

namespace detail {

class session_state;

/// For those of Eddy who need to know more of a session.
session_state& state_of(const session& whole) noexcept;

/// What a read waits for.
struct read_request {
    enum class until : std::uint8_t { any, size, delimiter, end, message };

    read_request(until what, std::size_t bytes) noexcept : size(bytes), kind(what) {}
    explicit read_request(message_finder& of_message) noexcept
        : finder(&of_message), kind(until::message) {}
    read_request(std::string_view until_this, std::size_t max) noexcept
        : size(max), delimiter(until_this.data()),
          delimiter_size(static_cast<std::uint32_t>(until_this.size())), kind(until::delimiter) {}

    // The large ones first: behind a gap g++ 12 writes them in pieces that a load right after has
    // to wait for.
    std::size_t size = 0; ///< The size for `size`; otherwise the most bytes that may be gathered.
    // Every waiting session holds one of these, and no kind of request needs two of them.
    union {
        /// Of `any`: where the bytes go when the inbox is empty, if not null. They leave the inbox
        /// alone then.
        splice_target* pipe = nullptr;
        message_finder* finder; ///< Of `message`.
        const char* delimiter;  ///< Of `delimiter`.
    };
    std::uint32_t delimiter_size = 0; ///< Of `delimiter`, in bytes.
    until kind;
    bool is_line = false;          ///< A carriage return before the delimiter goes too.
    bool goes_on_in_drain = false; ///< Waits for bytes in a drain too.

    [[nodiscard]] splice_target* pipe_if_any() const noexcept {
        return kind == until::any ? pipe : nullptr;
    }
    [[nodiscard]] std::string_view delimiter_text() const noexcept {
        return {delimiter, delimiter_size};
    }
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

    bool is_done_ = false; // first: it stands where the base class has room left
    session_state* state_;
    read_request request_;
    deadline limit_;
    noted_error failure_;
    std::size_t size_ = 0;     // of the message that was found
    std::size_t consumed_ = 0; // the same with its delimiter
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
        : read_awaiter(from, {wanted, into.size()}, limit), into_(into) {}
    result<std::size_t> await_resume();

private:
    std::span<std::byte> into_;
};

class write_awaiter;

/// A part of the outbox: bytes in a block that the session owns, or the bytes of a writer that
/// waits for them to go.
struct out_segment : list_node {
    out_segment() noexcept = default;
    explicit out_segment(byte_view bytes) noexcept
        : begin(bytes.bytes().data()), size(bytes.size()) {}
    out_segment(splice_source& from, std::size_t bytes) noexcept : size(bytes), source(&from) {}

    const std::byte* begin = nullptr;
    std::size_t size = 0;
    block* owned = nullptr;
    splice_source* source = nullptr; ///< Has the bytes, in place of `begin`.
    write_awaiter* writer = nullptr;
};

/// A whole message on its way into the outbox. The parts are in the derived class, `write_of`,
/// which a handler's frame holds for each write: one of a single part need not have room for three.
class EDDY_EXPORT write_awaiter : public waiter {
public:
    static constexpr std::size_t parts_max = 3;

    [[nodiscard]] bool await_ready();
    result<void> await_resume() noexcept;

protected:
    write_awaiter(session_state& to, bool keeps) noexcept : keeps_(keeps), state_(&to) {}
    ~write_awaiter() = default;
    void take(std::span<out_segment> parts) noexcept {
        parts_ = parts.data();
        count_ = static_cast<std::uint8_t>(parts.size());
    }
    void leave() noexcept;

private:
    friend class outbox;
    friend class session_state;

    bool start() override;
    void on_stop() noexcept override;

    [[nodiscard]] std::span<out_segment> parts() const noexcept { return {parts_, count_}; }

    // The small ones first: they stand where the base class has room left.
    bool keeps_;
    bool is_done_ = false;
    bool is_suspended_ = false;
    bool is_begun_ = false; // some of the bytes that were linked are gone
    std::uint8_t count_ = 0;
    session_state* state_;
    out_segment* parts_ = nullptr; // linked while their bytes are sent from where they are
    std::size_t unsent_ = 0;       // bytes that were linked and are still to go
    noted_error failure_;
};

template <std::size_t Count>
class write_of final : public write_awaiter {
    static_assert(Count != 0 && Count <= write_awaiter::parts_max);

public:
    enum class when_cancelled : std::uint8_t { keep };

    template <std::same_as<byte_view>... Parts>
        requires(sizeof...(Parts) == Count)
    explicit write_of(session_state& to, Parts... parts) noexcept
        : write_awaiter(to, false), segments_{{out_segment(parts)...}} {
        take(segments_);
    }
    /// Bytes that stay in the outbox when the write is cancelled.
    write_of(session_state& to, byte_view kept, when_cancelled /*keep*/) noexcept
        requires(Count == 1)
        : write_awaiter(to, true), segments_{{out_segment(kept)}} {
        take(segments_);
    }
    /// The next `size` bytes, one or more, of `source`, which must outlive the await. Those of a
    /// pipe are kept too.
    write_of(session_state& to, splice_source& source, std::size_t size) noexcept
        requires(Count == 1)
        : write_awaiter(to, true), segments_{{out_segment(source, size)}} {
        take(segments_);
    }
    ~write_of() { leave(); }

private:
    std::array<out_segment, Count> segments_;
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

} // namespace detail
} // namespace eddy
