// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <eddy/core/loop.hpp>
#include <eddy/net/stream.hpp>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <limits>
#include <memory>
#include <string>
#include <string_view>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace eddy::test {

/// What a test does to a `scripted_stream` and sees of it. Outlives the stream.
class stream_script {
public:
    /// Bytes arrive; each call is one segment.
    void feed(std::string_view bytes) {
        arrived += bytes;
        notify_read();
    }
    void feed_end(error_code how = errc::end_of_stream) {
        end = how;
        notify_read();
    }
    /// The transport takes this many bytes more.
    void take(std::size_t count) {
        room += count;
        notify_write();
    }
    /// The next write fails, also one that waits.
    void fail_writes(error_code how) {
        write_error = how;
        notify_write();
    }

    std::string arrived; ///< Not received yet.
    error_code end;
    std::string sent;
    std::size_t room = std::numeric_limits<std::size_t>::max();
    error_code write_error;
    unsigned reads = 0;  ///< Receives that gave bytes.
    unsigned writes = 0; ///< Sends that took bytes.
    std::size_t read_max =
        std::numeric_limits<std::size_t>::max(); ///< Most bytes that one receive gives.
    bool is_on_its_way = false;                  ///< What a write that waits says of itself.
    bool can_splice = false;                     ///< Takes part in moving bytes by a pipe.
    bool has_fin = false;
    bool is_reset = false;
    bool is_closed = false;

private:
    friend class scripted_stream;
    void notify_read();
    void notify_write();
    class scripted_stream* stream = nullptr;
};

/// A transport that does what its script says.
class scripted_stream final : public stream {
public:
    explicit scripted_stream(stream_script& script) noexcept : script_(&script) {
        script.stream = this;
    }
    ~scripted_stream() override {
        script_->stream = nullptr;
        script_->is_closed = true;
    }

    error_code attach(loop& owner) override {
        owner_ = &owner;
        return {};
    }

    bool start_read(read_op& op) override {
        if (receive(op)) {
            return true;
        }
        if (!op.wait) {
            op.error = errc::would_block;
            return true;
        }
        read_ = &op;
        return false;
    }

    bool start_write(write_op& op) override {
        op.error = script_->write_error;
        op.bytes = 0;
        for (const auto part : op.buffers) {
            const auto count = std::min(part.size(), op.error ? 0 : script_->room);
            script_->sent.append(reinterpret_cast<const char*>(part.data()), count);
            script_->room -= count;
            op.bytes += count;
        }
        if (op.source && !op.error) {
            op.bytes = drain(*op.source, std::min(op.source_size, script_->room));
        }
        script_->writes += op.bytes != 0;
        if (op.bytes != 0 || op.error) {
            return true;
        }
        op.is_on_its_way = script_->is_on_its_way;
        write_ = &op;
        return false;
    }

    void cancel_read() noexcept override { read_ = nullptr; }
    void cancel_write() noexcept override { write_ = nullptr; }
    void shutdown_send() noexcept override { script_->has_fin = true; }
    void abort() noexcept override { script_->is_reset = true; }
    [[nodiscard]] address local() const override { return {}; }
    [[nodiscard]] address peer() const override { return {}; }
    [[nodiscard]] bool can_splice() const noexcept override { return script_->can_splice; }

    void readable() {
        if (read_ && receive(*read_)) {
            auto& op = *std::exchange(read_, nullptr);
            op.complete(op);
        }
    }

    void writable() {
        if (write_) {
            auto& op = *std::exchange(write_, nullptr);
            op.bytes = 0;
            op.error = script_->write_error;
            op.complete(op);
        }
    }

private:
    bool receive(read_op& op) {
        if (script_->arrived.empty()) {
            op.error = script_->end;
            return static_cast<bool>(op.error);
        }
        op.error = {};
        const auto most = std::min(script_->arrived.size(), script_->read_max);
        if (op.pipe) {
            op.bytes = fill(*op.pipe, most);
        } else {
            if (op.into.empty()) {
                op.lent = owner_->blocks().take();
            }
            const auto into = op.into.empty() ? std::span(op.lent->data, op.lent->size) : op.into;
            op.bytes = std::min(into.size(), most);
            std::memcpy(into.data(), script_->arrived.data(), op.bytes);
        }
        script_->arrived.erase(0, op.bytes);
        ++script_->reads;
        return true;
    }

    [[nodiscard]] std::size_t fill(const splice_target& into, std::size_t most) const {
        const auto count = ::write(into.pipe, script_->arrived.data(), std::min(into.room, most));
        if (count < 0) { // the operation outlives its pipe
            throw std::system_error(errno, std::system_category(), "scripted_stream: pipe");
        }
        return static_cast<std::size_t>(count);
    }

    std::size_t drain(const splice_source& from, std::size_t most) {
        std::string taken(most, '\0');
        const auto count = ::read(from.descriptor, taken.data(), most);
        taken.resize(static_cast<std::size_t>(std::max<::ssize_t>(count, 0)));
        script_->sent += taken;
        script_->room -= taken.size();
        return taken.size();
    }

    stream_script* script_;
    loop* owner_ = nullptr;
    read_op* read_ = nullptr;
    write_op* write_ = nullptr;
};

inline void stream_script::notify_read() {
    if (stream) {
        stream->readable();
    }
}

inline void stream_script::notify_write() {
    if (stream) {
        stream->writable();
    }
}

} // namespace eddy::test
