// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <eddy/net/stream.hpp>

#include "engine/uring/buffer_ring.hpp"
#include "engine/uring/ring_user.hpp"
#include "platform/unique_fd.hpp"

#include <cstdint>
#include <span>

namespace eddy::detail {

class uring_engine;

/// A connected socket of this process alone, on a ring.
///
/// One request receives again and again (IORING_RECV_MULTISHOT), into buffers that all streams of
/// the loop share. What it has brought waits here for the next read; a reader that lags behind ends
/// the request, and the kernel's window closes. A send goes out at once, or, when many are to be
/// made, together with them by the ring; it does not wait there for room, so that its bytes are the
/// caller's again as soon as the ring has been entered.
///
/// A peer that has filled such a buffer sends much. The ring only tells of its bytes then, and they
/// are received by calls, where the session wants them; as is sent what is not small.
class uring_stream final : public stream, ring_user {
public:
    explicit uring_stream(platform::unique_fd socket) noexcept;
    ~uring_stream() override;

    error_code attach(loop& owner) override;
    bool start_read(read_op& op) override;
    bool start_write(write_op& op) override;
    void cancel_read() noexcept override { read_ = nullptr; }
    void cancel_write() noexcept override;
    void shutdown_send() noexcept override;
    void abort() noexcept override;
    [[nodiscard]] address local() const override;
    [[nodiscard]] address peer() const override;
    [[nodiscard]] native_handle native() const noexcept override { return fd_.get(); }
    [[nodiscard]] bool can_splice() const noexcept override { return true; }

private:
    /// Where the write is.
    enum class sending : std::uint8_t {
        nothing,
        prepared, ///< The kernel has not seen it.
        made,     ///< Its outcome is noted.
        blocked,  ///< Waits for room.
    };

    // Outcomes of the ring.
    bool note(const outcome& what) noexcept override;
    bool note_receive(const outcome& what) noexcept;
    bool note_send(const outcome& what) noexcept;
    bool tell() noexcept override;
    void tell_reader() noexcept;
    void tell_writer() noexcept;
    void ask_again(bool ring_is_new) noexcept override;

    // Receiving.
    void ask_for(const read_op& op) noexcept;
    void ask_receive() noexcept;
    void ask_readable() noexcept;
    bool take_arrived(read_op& op);
    bool receive_now(read_op& op);
    void weigh(std::size_t received) noexcept;
    bool splice_now(read_op& op) const noexcept;
    void move_chunk(read_op& op) noexcept;
    void push_chunk(ring_buffer& chunk) noexcept;
    ring_buffer& pop_chunk() noexcept;
    std::size_t copy_chunks(std::span<std::byte> into) noexcept;

    // Sending.
    bool send_now(write_op& op, std::span<const std::span<const std::byte>> buffers) const noexcept;
    bool splice_out_now(write_op& op) const noexcept;
    void ask_room() noexcept;

    platform::unique_fd fd_;
    loop* owner_ = nullptr;
    uring_engine* engine_ = nullptr;
    std::uint32_t slot_ = 0;

    sending sending_ = sending::nothing;
    std::uint8_t large_ = 0;       // > 0: messages are large, and received one by one
    bool is_receiving_ = false;    // the request is under way
    bool is_starved_ = false;      // it ended for want of buffers
    bool lags_ = false;            // bytes have found no reader
    bool asked_readable_ = false;  // a poll is under way
    bool likely_readable_ = false; // it has told of bytes, or a receive was full
    bool may_end_ = false;         // it has told of an end
    bool asked_room_ = false;      // the same for a writer
    bool was_full_ = false;        // the ring's last send found no room: the next one is a call
    bool read_is_noted_ = false;
    bool write_is_noted_ = false;

    read_op* read_ = nullptr;
    ring_buffer* first_ = nullptr; // what has arrived, linked
    ring_buffer* last_ = nullptr;
    error_code end_; // what comes behind it

    write_op* write_ = nullptr;
    std::span<const std::byte> prepared_;
    int sent_ = 0; // the outcome of the write that is made
};

} // namespace eddy::detail
