// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <eddy/net/connect_op.hpp>

#include "sim/kernel.hpp"
#include "sim/listen_socket.hpp"
#include "sim/stream_socket.hpp"

#include <memory>

namespace eddy::sim::detail {

class engine_of_host;

/// One connect on its way: SYN, SYN and ACK, ACK, as a chain of events that keeps the attempt
/// alive.
///
/// | at the target | outcome |
/// |---|---|
/// | somebody listens | connected after one round trip; in the backlog after one and a half |
/// | nobody listens | ECONNREFUSED after one round trip |
/// | accepted and reset before the program has looked | ECONNRESET |
/// | the backlog is full | the SYN is sent again after 1, 2, 4 … s |
/// | no such host | EHOSTUNREACH after 3 s |
/// | no answer | ETIMEDOUT after `host_options::connect_timeout` |
class connect_attempt : public std::enable_shared_from_this<connect_attempt> {
public:
    connect_attempt(engine_of_host& driver, connect_op& op, descriptor held);

    /// True when it has finished already, as it has for Unix sockets.
    bool start();
    void cancel() noexcept;

private:
    bool start_local();
    bool start_tcp();
    void send_syn();
    void syn_arrives();
    void answer_arrives(const std::shared_ptr<listen_socket>& listener);
    void finish(error_code error);
    void make_sides(const listen_socket& listener);

    engine_of_host* engine_; // gone with the process, so only for a connect that is not cancelled
    host* home_;
    connect_op* op_;
    descriptor held_;
    address asked_; ///< The target as it was given: `ours_` has no IPv4 mapped into IPv6.
    stream_setup ours_;
    host* target_ = nullptr;
    unsigned tries_ = 0;
    bool is_answered_ = false;
    bool is_connected_ = false; // and the program will hear of it
    std::shared_ptr<stream_socket> here_;
    std::shared_ptr<stream_socket> there_;
};

} // namespace eddy::sim::detail
