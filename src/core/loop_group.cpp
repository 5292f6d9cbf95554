// SPDX-License-Identifier: BSL-1.0
#include <eddy/core/error.hpp>
#include <eddy/core/loop_group.hpp>

#include "platform/start_thread.hpp"

#include <memory>
#include <stdexcept>
#include <string>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

namespace eddy {
namespace {

std::vector<std::unique_ptr<engine>> make_engines(std::size_t size, std::string_view name) {
    std::vector<std::unique_ptr<engine>> engines;
    engines.reserve(size);
    while (engines.size() < size) {
        engines.push_back(make_engine(name));
    }
    return engines;
}

} // namespace

struct loop_group::threads {
    std::vector<std::thread> started;
};

loop_group::loop_group(std::size_t size, std::string_view engine)
    : loop_group(make_engines(size, engine)) {}

loop_group::loop_group(std::vector<std::unique_ptr<engine>> engines)
    : failures_(engines.size()), threads_(std::make_unique<threads>()) {
    if (engines.empty()) {
        throw std::invalid_argument("eddy: a loop group needs at least one loop");
    }
    loops_.reserve(engines.size());
    for (auto& driver : engines) {
        loops_.push_back(std::make_unique<detail::on_own_lines<loop>>(std::move(driver)));
        loops_.back()->value.number_sessions(loops_.size(), engines.size());
    }
}

loop_group::~loop_group() {
    stop();
    join_threads();
}

void loop_group::start() {
    start_from(0);
}

void loop_group::run() {
    start_from(1);
    run_loop(0);
    join();
}

void loop_group::stop() noexcept {
    for (auto& each : loops_) {
        each->value.stop();
    }
}

void loop_group::join() {
    join_threads();
    for (auto& failure : failures_) {
        if (failure) {
            std::rethrow_exception(std::exchange(failure, nullptr));
        }
    }
}

void loop_group::start_from(std::size_t first) {
    threads_->started.reserve(size());
    for (std::size_t index = first; index < size(); ++index) {
        const std::string name = "eddy/" + std::to_string(index);
        try {
            threads_->started.push_back(platform::start_thread(name, [this, index] {
                run_loop(index);
            }));
        } catch (const std::system_error& failure) {
            stop();
            join_threads();
            throw error(
                error_code(failure.code().value(), std::system_category()),
                "cannot start thread " + name + " of " + std::to_string(size()) + ": " +
                    failure.code().message() +
                    "; ask for fewer loops, or raise the limits on processes and memory (ulimit "
                    "-u, -v)"
            );
        }
    }
}

void loop_group::run_loop(std::size_t index) noexcept {
    try {
        loops_[index]->value.run();
    } catch (...) {
        failures_[index] = std::current_exception();
        stop();
    }
}

void loop_group::join_threads() noexcept {
    for (auto& thread : threads_->started) {
        thread.join();
    }
    threads_->started.clear();
}

} // namespace eddy
