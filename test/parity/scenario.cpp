// SPDX-License-Identifier: BSL-1.0
#include "parity/scenario.hpp"

namespace parity {
namespace {

/// Closes the listener with the part, also one that fails: it must not outlive its loop.
struct curtain {
    actor* player;
    ~curtain() { player->close_listener(); }
};

eddy::task<> perform(const script& part, actor& player) {
    const curtain falls{&player};
    co_await part(player);
}

} // namespace

std::string tell(stage& where, const script& server, const script& client) {
    plot shared(where);
    actor first(shared);
    actor second(shared);
    where.run([&] { return perform(server, first); }, [&] { return perform(client, second); });
    return joined(first.told(), second.told());
}

void play(
    std::initializer_list<scene> scenes,
    std::string_view moral,
    const script& server,
    const script& client
) {
    for (const scene over : scenes) {
        std::string reference;
        std::string expected;
        for (const auto& where : all_stages(over)) {
            CAPTURE(name_of(over), where->name());
            const auto told = tell(*where, server, client);
            if (reference.empty()) {
                reference = where->name();
                expected = told;
                INFO(told);
                const bool has_moral = told.find(std::string(moral) + "\n") != std::string::npos;
                CHECK(has_moral);
            }
            INFO(reference << " told:\n" << expected << where->name() << " told:\n" << told);
            CHECK(first_difference(expected, told) == "");
        }
    }
}

} // namespace parity
