// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <eddy/net/datagram_port.hpp>

#include <algorithm>
#include <deque>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace eddy::test {

/// A datagram socket that does what the test says. What the test looks at outlives the port.
struct port_script {
    struct sent_datagram {
        std::string data;
        address peer;
        address local;
    };

    void feed(std::string_view data, const address& from, bool is_truncated = false);
    void fail_receive(error_code how);
    void take(std::size_t count);

    std::deque<std::pair<std::string, datagram>> arrived;
    std::deque<error_code> receive_errors;
    std::vector<sent_datagram> sent;
    std::vector<std::string> refused; ///< Messages that `start_send` answers with an error.
    std::size_t room = 1'000'000;
    unsigned sends = 0;
    class scripted_port* port = nullptr;
};

class scripted_port final : public datagram_port {
public:
    explicit scripted_port(port_script& script) noexcept : script_(&script) { script.port = this; }
    ~scripted_port() override { script_->port = nullptr; }

    bool start_receive(receive_op& op) override {
        if (receive(op)) {
            return true;
        }
        if (!op.wait) {
            op.error = errc::would_block;
            return true;
        }
        receive_ = &op;
        return false;
    }

    bool start_send(send_op& op) override {
        if (script_->room == 0) {
            send_ = &op;
            return false;
        }
        ++script_->sends;
        for (const auto& each : op.datagrams) {
            const std::string text(
                reinterpret_cast<const char*>(each.data.data()), each.data.size()
            );
            if (std::find(script_->refused.begin(), script_->refused.end(), text) !=
                script_->refused.end()) {
                op.error = make_error_code(std::errc::permission_denied);
                return true;
            }
            if (script_->room == 0) {
                return true;
            }
            --script_->room;
            ++op.sent;
            script_->sent.push_back({text, each.peer, each.local});
        }
        return true;
    }

    void cancel_receive() noexcept override { receive_ = nullptr; }
    void cancel_send() noexcept override { send_ = nullptr; }
    [[nodiscard]] endpoint local() const override { return "udp://127.0.0.1:7007"; }

    void readable() {
        if (receive_ && receive(*receive_)) {
            auto& op = *std::exchange(receive_, nullptr);
            op.complete(op);
        }
    }

    void writable() {
        if (send_) {
            auto& op = *std::exchange(send_, nullptr);
            op.sent = 0;
            op.error = {};
            op.complete(op);
        }
    }

private:
    bool receive(receive_op& op) {
        op.received = 0;
        op.error = {};
        if (!script_->receive_errors.empty()) {
            op.error = script_->receive_errors.front();
            script_->receive_errors.pop_front();
            return true;
        }
        lent_.clear();
        while (!script_->arrived.empty() && op.received != op.datagrams.size()) {
            lent_.push_back(std::move(script_->arrived.front()));
            script_->arrived.pop_front();
            auto& [text, made] = lent_.back();
            made.data = std::as_bytes(std::span(text));
            op.datagrams[op.received++] = made;
        }
        return op.received != 0;
    }

    port_script* script_;
    std::deque<std::pair<std::string, datagram>> lent_;
    receive_op* receive_ = nullptr;
    send_op* send_ = nullptr;
};

inline void port_script::feed(std::string_view data, const address& from, bool is_truncated) {
    datagram made;
    made.peer = from;
    made.local = address(address::ipv4_bytes{127, 0, 0, 9}, 7007);
    made.is_truncated = is_truncated;
    arrived.emplace_back(data, made);
    if (port) {
        port->readable();
    }
}

inline void port_script::fail_receive(error_code how) {
    receive_errors.push_back(how);
    if (port) {
        port->readable();
    }
}

inline void port_script::take(std::size_t count) {
    room += count;
    if (port) {
        port->writable();
    }
}

} // namespace eddy::test
