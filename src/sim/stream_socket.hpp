// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <eddy/net/endpoint.hpp>
#include <eddy/net/socket_options.hpp>
#include <eddy/net/stream.hpp>
#include <eddy/sim/link.hpp>
#include <eddy/sim/trace.hpp>

#include "sim/byte_queue.hpp"
#include "sim/kernel.hpp"

#include <memory>
#include <vector>

namespace eddy::sim::detail {

class engine_of_host;

/// What a connection is made of, seen from one side.
struct stream_setup {
    endpoint::transport kind = endpoint::transport::tcp;
    address local;
    address peer;
    socket_options options;
    sim::link* out = nullptr;
    link::flow in_order; ///< What this side sends.
};

/// One side of a connection in the kernel of its host. Outlives the program's stream until the
/// connection has ended.
///
/// A reliable pipe with windows instead of packets with sequence numbers: the link delivers
/// segments in order and late instead of twice. What a program can observe follows Linux:
///
/// | event | then |
/// |---|---|
/// | close, everything read | FIN after what was written; later data is answered by a reset |
/// | close with unread data, or after abort | reset at once; what was not sent is lost |
/// | reset arrives | unread data stays readable, then `errc::reset` once, then the end of stream |
/// | reset after the end of stream | the end of stream; only writes tell |
/// | written to after a reset | `errc::reset` |
/// | Unix socket: peer closed | end of stream, or a reset when it left data unread |
/// | Unix socket: written to after that | `errc::reset` at once, also left to be read |
class stream_socket : public std::enable_shared_from_this<stream_socket> {
public:
    stream_socket(kernel& home, stream_setup setup);
    stream_socket(const stream_socket&) = delete;
    stream_socket& operator=(const stream_socket&) = delete;

    /// Makes the two the sides of one connection, which is established from now on.
    static void
    pair(const std::shared_ptr<stream_socket>& a, const std::shared_ptr<stream_socket>& b);

    [[nodiscard]] std::uint64_t number() const noexcept { return number_; }
    [[nodiscard]] const stream_setup& setup() const noexcept { return setup_; }
    [[nodiscard]] std::size_t memory() const noexcept {
        return outgoing_.size() + in_flight_ + incoming_.size();
    }

    // What the program does.
    enum class ending : std::uint8_t { orderly, reset };

    void attach(engine_of_host& driver) noexcept { engine_ = &driver; }
    /// True when it broke before the program has got it.
    [[nodiscard]] bool is_broken() const noexcept { return is_dead_; }
    bool start_read(read_op& op);
    bool start_write(write_op& op);
    void cancel_read() noexcept { reading_ = nullptr; }
    void cancel_write() noexcept { writing_ = nullptr; }
    void shutdown_send();
    void close(ending how);

    // What arrives from the network.
    void heard() noexcept;
    void arrive_segment(std::span<const std::byte> bytes);
    void arrive_end(bool peer_has_closed);
    void arrive_reset();

private:
    using self_ptr = std::shared_ptr<stream_socket>;

    [[nodiscard]] world& owner() const noexcept { return home_->home().owner(); }
    [[nodiscard]] bool is_tcp() const noexcept { return setup_.kind == endpoint::transport::tcp; }
    [[nodiscard]] std::size_t room() const noexcept;
    void record(occurrence what, std::uint64_t amount = 0);

    bool try_read(read_op& op);
    bool try_write(write_op& op, std::span<const std::span<const std::byte>> buffers);
    void wake_reader();
    void wake_writer();
    void read_ready();
    void write_ready();

    void pump();
    void send_segment(std::size_t bytes);
    /// Calls `(peer.*arrive)` when it has come there in order; a peer that is gone answers a
    /// segment by a reset.
    template <class Arrive>
    void send(std::size_t bytes, Arrive arrive);
    void acknowledged(std::size_t bytes);
    void window_opened(std::size_t bytes);
    void send_reset();
    void fail(error_code why);
    void end_if_done();

    void watch_acknowledgements();
    void schedule_probe(duration after);
    void probe();

    kernel* home_;
    stream_setup setup_;
    std::uint64_t number_;
    std::weak_ptr<stream_socket> peer_;
    sim::link* back_ = nullptr;
    engine_of_host* engine_ = nullptr;

    byte_queue outgoing_;       // written, not sent
    std::size_t in_flight_ = 0; // sent, not acknowledged
    std::size_t window_ = 0;    // what the peer still has room for
    std::size_t send_capacity_;
    byte_queue incoming_;
    std::size_t receive_capacity_;

    error_code error_;     // pending, told once
    bool is_open_ = true;  // the program has it, or will
    bool is_dead_ = false; // reset or timed out
    bool end_queued_ = false;
    bool end_sent_ = false;
    bool end_received_ = false;
    bool peer_has_closed_ = false; // as Unix sockets know at once

    read_op* reading_ = nullptr;
    write_op* writing_ = nullptr;
    std::vector<std::span<const std::byte>> to_write_; // the buffers of `writing_`
    bool read_wake_pending_ = false;
    bool write_wake_pending_ = false;

    time_point last_heard_;
    time_point last_progress_;
    bool watching_ = false;
    unsigned unanswered_probes_ = 0;
};

/// The program's end of a socket.
[[nodiscard]] std::unique_ptr<stream>
make_stream(std::shared_ptr<stream_socket> socket, descriptor held);

} // namespace eddy::sim::detail
