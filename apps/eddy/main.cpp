// SPDX-License-Identifier: BSL-1.0
#include <eddy/core/log.hpp>
#include <eddy/server/process.hpp>

#include "command_line.hpp"
#include "failure.hpp"

#include <cstdio>

namespace {

using client::exit_status;

exit_status show(const client::answer& text) {
    std::fputs(text.text.c_str(), text.status == exit_status::success ? stdout : stderr);
    return text.status;
}

exit_status run(const client::command_line& line) {
    if (const auto* text = std::get_if<client::answer>(&line.wanted)) {
        return show(*text);
    }
    auto status = exit_status::success;
    try {
        std::get<client::command>(line.wanted)();
    } catch (const client::failure& why) {
        status = why.status();
        std::fprintf(stderr, "eddy %s: %s\n", line.name.c_str(), why.what());
    } catch (const std::exception& why) {
        status = exit_status::failed;
        std::fprintf(stderr, "eddy %s: %s\n", line.name.c_str(), why.what());
    }
    return status;
}

} // namespace

int main(int argc, char** argv) {
    eddy::prepare_process();
    eddy::log::set_level(eddy::log::level::warning); // which engine it is, is of no interest here
    return static_cast<int>(run(client::parse_command_line(argc, argv)));
}
