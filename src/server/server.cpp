// SPDX-License-Identifier: BSL-1.0
#include <eddy/server/server.hpp>

#include "server/server_state.hpp"

#include <stdexcept>
#include <vector>

namespace eddy {
namespace {

using detail::server_state;

constexpr unsigned workers_max = 1024;
constexpr std::size_t memory_min = 1024 * 1024; // loops are looked at in steps of 68 KiB

/// Below this the watchdog would have the processor more often than it is worth.
constexpr duration watchdog_min = std::chrono::milliseconds(10);

[[noreturn]] void refuse(const std::string& message) {
    throw error(make_error_code(std::errc::invalid_argument), message);
}

server_config checked(server_config config) {
    if (config.workers == 0 || config.workers > workers_max) {
        refuse(
            "server_config: workers: " + std::to_string(config.workers) +
            " is out of range; choose 1 to 1024"
        );
    }
    const auto refuse_negative = [](const char* name, duration value, const char* remedy) {
        if (value < duration::zero()) {
            refuse(std::string("server_config: ") + name + ": it is negative; " + remedy);
        }
    };
    refuse_negative("drain_delay", config.drain_delay, "zero stops accepting at once");
    refuse_negative("drain_timeout", config.drain_timeout, "zero ends sessions at once");
    refuse_negative("drain_idle_grace", config.drain_idle_grace, "zero gives idle sessions none");
    refuse_negative("drain_spread", config.drain_spread, "zero ends idle sessions together");
    refuse_negative("watchdog", config.watchdog, "zero switches it off");
    if (config.watchdog != duration::zero() && config.watchdog < watchdog_min) {
        refuse("server_config: watchdog: it is below 10 ms; choose more, or zero for none");
    }
    for (const std::size_t mark : {config.memory_soft, config.memory_hard}) {
        if (mark != 0 && mark < memory_min) {
            refuse(
                "server_config: memory_soft, memory_hard: " + std::to_string(mark) +
                " bytes are too few; choose 1 MiB or more, or zero for no mark"
            );
        }
    }
    if (config.memory_hard != 0 && config.memory_soft > config.memory_hard) {
        refuse("server_config: memory_soft is above memory_hard");
    }
    return config;
}

void check_listener(const endpoint& at, const listen_options& options) {
    const auto refuse_option = [&at](const std::string& complaint) {
        refuse("endpoint \"" + at.to_string() + "\": listen_options: " + complaint);
    };
    const auto& deadlines = options.limits.deadlines;
    for (const duration each :
         {deadlines.proxy_header,
          deadlines.handshake,
          deadlines.first_byte,
          deadlines.idle,
          deadlines.frame,
          deadlines.write_stall,
          deadlines.lifetime,
          options.linger}) {
        if (each < duration::zero()) {
            refuse_option("a deadline, or linger, is negative; zero switches it off");
        }
    }
    if (options.limits.low > options.limits.high) {
        refuse_option("limits: low is above high");
    }
    if (options.limits.high > options.limits.hard) {
        refuse_option("limits: high is above hard");
    }
    using transport = endpoint::transport;
    if (options.accepting == accept_on::every_loop && at.kind() != transport::tcp &&
        at.kind() != transport::udp) {
        refuse_option("accepting: every_loop needs a port, which several sockets can share; use "
                      "accept_on::first_loop, or a tcp:// or udp:// endpoint");
    }
    if (options.full == when_full::reply && options.refusal.empty()) {
        refuse_option("full: reply has nothing to say; set refusal, or choose when_full::refuse");
    }
    if (options.proxy.mode == proxy_protocol::require) {
        if (at.is_datagram()) {
            refuse_option("proxy: datagrams have no PROXY header; switch it off");
        }
        if (options.proxy.trusted.empty() && at.kind() != transport::unix_stream) {
            refuse_option(
                "proxy: require trusts nobody; set trusted to the addresses of the proxies"
            );
        }
    } else if (!options.proxy.trusted.empty()) {
        refuse_option("proxy: trusted is set and mode is off; set mode to require, or clear it");
    }
}

/// A blocking call on a loop's thread would wait for itself.
void must_not_be_on_a_loop(const char* function) {
    if (loop::current_or_null()) {
        throw std::logic_error(
            std::string("eddy: server::") + function +
            " waits for the loops, so it must not be called on one; use request_drain() and "
            "co_await stopped()"
        );
    }
}

/// Nobody but its driver knows on which thread a foreign loop runs, and it is most likely this one,
/// between two turns.
void must_drive_its_loops(const server_state& state, const char* function) {
    if (state.is_foreign() && state.is_running()) {
        throw std::logic_error(
            std::string("eddy: server::") + function +
            " waits for a loop that somebody else drives; use request_drain(), which forces when "
            "called again, and co_await stopped()"
        );
    }
}

} // namespace

server::server() : server(server_config()) {}

server::server(server_config config)
    : state_(new server_state(checked(std::move(config)), nullptr)) {}

server::server(loop& foreign, server_config config)
    : state_(new server_state(checked(std::move(config)), &foreign)) {}

server::~server() {
    if (!state_->is_foreign() && state_->is_running()) {
        stop();
    }
}

void server::serve(const endpoint& at, handler what) {
    serve(at, std::move(what), listen_options());
}

void server::serve(const endpoint& at, handler what, listen_options options) {
    if (state_->is_running()) {
        throw std::logic_error(
            "eddy: server::serve: the server runs already; add listeners before start"
        );
    }
    const bool fits = at.kind() == endpoint::transport::fd
                          ? what.takes_sessions() || what.takes_datagrams()
                      : at.is_datagram() ? what.takes_datagrams()
                                         : what.takes_sessions();
    if (!fits) {
        refuse(
            "endpoint \"" + at.to_string() + "\": the handler does not take " +
            (at.is_datagram() ? "datagrams; give one of the form task<>(eddy::datagrams&)"
                              : "sessions; give one of the form task<>(eddy::session&)")
        );
    }
    check_listener(at, options);
    state_->serve(at, std::move(what), std::move(options));
}

void server::on_ready(action announce) {
    if (state_->is_running()) {
        throw std::logic_error(
            "eddy: server::on_ready: the server runs already; call it before start"
        );
    }
    state_->on_ready(std::move(announce));
}

int server::run() {
    if (state_->is_foreign()) {
        throw std::logic_error("eddy: server::run: the loop is driven by somebody else; call start"
        );
    }
    must_not_be_on_a_loop("run");
    state_->open();
    try {
        state_->begin(
            state_->config().handle_signals ? server_state::signals::drain
                                            : server_state::signals::ignore
        );
        state_->group()->run();
    } catch (...) {
        state_->give_up();
        throw;
    }
    state_->clear();
    return report().is_clean() ? 0 : 1;
}

void server::start() {
    if (state_->is_running()) {
        throw std::logic_error("eddy: server::start: the server runs already");
    }
    state_->open();
    try {
        state_->begin(server_state::signals::ignore);
        if (auto* group = state_->group()) {
            group->start();
        }
    } catch (...) {
        state_->give_up();
        throw;
    }
}

std::vector<endpoint> server::endpoints() const {
    return state_->endpoints();
}

server_report server::drain() {
    return drain(state_->config().drain_timeout);
}

server_report server::drain(duration timeout) {
    must_not_be_on_a_loop("drain");
    must_drive_its_loops(*state_, "drain");
    state_->request_drain(timeout, server_state::repeated::changes_nothing);
    return finished();
}

void server::request_drain() noexcept {
    state_->request_drain(state_->config().drain_timeout, server_state::repeated::forces);
}

server_report server::stop() {
    must_not_be_on_a_loop("stop");
    must_drive_its_loops(*state_, "stop");
    state_->request_force();
    return finished();
}

server_report server::finished() {
    state_->wait_until_stopped();
    if (auto* group = state_->group()) {
        group->join();
    }
    state_->clear();
    return report();
}

task<> server::stopped() {
    co_await state_->stopped().wait();
}

bool server::is_ready() const noexcept {
    return state_->is_ready();
}

server_report server::report() const {
    return state_->report();
}

} // namespace eddy
