// SPDX-License-Identifier: BSL-1.0
#include "platform/file_io.hpp"

#include "support/catch.hpp"

#include <sys/mman.h>
#include <unistd.h>

namespace eddy::platform {
namespace {

// A file system that keeps its files in memory does not answer the question that others are asked.
TEST_CASE("is_in_memory: a file of tmpfs is") {
    const unique_fd file(::memfd_create("eddy", MFD_CLOEXEC)); // on a tmpfs of the kernel's own
    REQUIRE(::write(file.get(), "text", 4) == 4);

    CHECK(is_in_memory(file.get(), 0));
    CHECK(is_in_memory(file.get(), 3));
}

TEST_CASE("is_in_memory: what is no file, is not") {
    CHECK_FALSE(is_in_memory(-1, 0));
}

} // namespace
} // namespace eddy::platform
