// SPDX-License-Identifier: BSL-1.0
// Ends well when the library that is loaded is the one whose headers were found.
#include <eddy/version.hpp>

#include <string>

int main() {
    const auto headers = std::to_string(EDDY_VERSION_MAJOR) + "." +
                         std::to_string(EDDY_VERSION_MINOR) + "." +
                         std::to_string(EDDY_VERSION_PATCH);
    return eddy::version() == headers ? 0 : 1;
}
