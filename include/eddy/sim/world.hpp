// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <eddy/sim/event_queue.hpp>
#include <eddy/sim/failure.hpp>
#include <eddy/sim/fault.hpp>
#include <eddy/sim/host.hpp>
#include <eddy/sim/link.hpp>
#include <eddy/sim/name_table.hpp>
#include <eddy/sim/profile.hpp>
#include <eddy/sim/random.hpp>
#include <eddy/sim/trace.hpp>

#include <exception>
#include <functional>
#include <map>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

namespace eddy::sim {

/// What a world is made of, and when it gives up.
struct world_options {
    /// All that is random follows from it.
    std::uint64_t seed = 1;
    /// How its links and hosts behave, until a scenario changes them.
    sim::profile profile = sim::profile::lan();
    /// Virtual time after which the world gives up: something waits for what never comes.
    duration time_limit = std::chrono::hours(24);
    /// Events after which it gives up: something runs in circles.
    std::uint64_t event_limit = 10'000'000;
    /// The same for events without any time passing.
    std::uint64_t instant_limit = 100'000;
};

/// A network in a box: hosts, the links between them, and one virtual time that jumps to whatever
/// happens next.
///
/// Everything runs in the calling thread, and the same seed gives the same events in the same
/// order.
///
/// @par Thread safety
/// Distinct objects: safe, one thread each. Shared objects: not safe.
///
/// @par Example
/// @snippet test/sim/world_test.cpp first-world
class EDDY_EXPORT world {
public:
    /// An empty world.
    explicit world(const world_options& options = {});
    world(const world&) = delete;
    world& operator=(const world&) = delete;
    ~world();

    /// Adds a machine. Its name resolves to its addresses.
    host& add_host(std::string_view name);

    /// The direction `from` → `to`, with the options of the profile until they are changed.
    sim::link& link(host& from, host& to);
    /// Cuts or heals both directions.
    void cut(host& a, host& b);
    /// @copydoc cut
    void heal(host& a, host& b);

    /// What names resolve to.
    [[nodiscard]] name_table& names() noexcept { return names_; }

    /// The world's clock, which begins at one hour: a minute ago is a time like any other. For
    /// hosts see `host::now`.
    [[nodiscard]] time_point now() const noexcept { return now_; }
    /// Virtual time since the world began.
    [[nodiscard]] duration elapsed() const noexcept;
    /// Calls `happens` after that much virtual time.
    void after(
        duration delay,
        std::function<void()> happens,
        event_queue::kind is = event_queue::kind::ordinary
    ) {
        events_.add(now_ + delay, std::move(happens), is);
    }

    /// Runs until every task of `host::spawn` has finished (those of killed hosts excepted).
    ///
    /// @par Errors
    /// Throws what a task threw, or `failure` that says where the tasks wait when they cannot
    /// finish: nothing is left to happen, or a limit of the options has been reached.
    void run();
    /// Runs for that much virtual time.
    void run_for(duration length);
    /// Runs until nothing but housekeeping is left to happen.
    void run_until_idle();
    /// Runs until `reached()`, which is asked after each event. False when nothing is left to
    /// happen before that.
    bool run_until(const std::function<bool()>& reached);

    /// Makes an operation fail: `world.fail({sim::operation::accept, 2,
    /// sim::system_error(EMFILE)})` has the second accept from now on fail.
    void fail(const fault& planted) { faults_.plant(planted); }
    /// The faults so far: `faults().all_fired()` tells whether they have happened.
    [[nodiscard]] fault_plan& faults() noexcept { return faults_; }

    /// Adds a line of the scenario's own to the trace.
    void note(std::string_view text);
    /// What has happened.
    [[nodiscard]] sim::trace& trace() noexcept { return trace_; }
    /// What has happened.
    [[nodiscard]] const sim::trace& trace() const noexcept { return trace_; }
    /// The source of all that is random; scenarios take `pick`.
    [[nodiscard]] sim::random& random() noexcept { return random_; }
    /// For the scenario's own decisions: a number below `bound`.
    [[nodiscard]] std::uint64_t pick(std::uint64_t bound) {
        return random_.below(choice::scenario, bound);
    }

    /// @name What hosts, links and sockets use
    /// @{

    /// As given to the constructor.
    [[nodiscard]] const world_options& options() const noexcept { return options_; }
    /// What is going to happen.
    [[nodiscard]] event_queue& events() noexcept { return events_; }
    /// The host with that address, seen from `from`; null when there is none.
    [[nodiscard]] host* find(const host& from, const address& at) const;
    /// A number for a new socket, from 1.
    [[nodiscard]] std::uint64_t next_object() noexcept { return ++objects_; }
    /// Adds an event to the trace, at the current time.
    void record(const trace::record& event, std::string_view text = {});
    /// Has the run under way throw `failed`; the first one counts.
    void report(std::exception_ptr failed) noexcept;

    /// @}

private:
    void step();
    [[noreturn]] void give_up(std::string_view reason) const;
    void throw_reported();
    [[nodiscard]] bool has_unfinished() const noexcept;

    world_options options_;
    sim::random random_;
    sim::trace trace_;
    time_point now_{};
    std::uint64_t steps_ = 0;
    std::uint64_t steps_now_ = 0; // without time passing
    std::uint64_t objects_ = 0;
    bool stepping_ = false;
    fault_plan faults_;
    name_table names_;
    std::exception_ptr failed_;
    std::map<std::pair<std::uint32_t, std::uint32_t>, std::unique_ptr<sim::link>> links_;
    std::vector<std::unique_ptr<host>> hosts_;
    event_queue events_; // declared last: what it holds may own anything above
};

} // namespace eddy::sim
