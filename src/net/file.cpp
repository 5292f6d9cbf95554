// SPDX-License-Identifier: BSL-1.0
#include <eddy/core/offload.hpp>
#include <eddy/net/file.hpp>

#include "platform/file_io.hpp"

#include <utility>

namespace eddy {
namespace {

result<file> open_now(const std::string& path) {
    error_code failure;
    auto opened = platform::open_for_reading(path, failure);
    if (failure) {
        return failure;
    }
    if (!platform::is_regular(opened.get())) {
        return errc::not_supported;
    }
    return file(opened.release());
}

} // namespace

class file::handle {
public:
    explicit handle(native_handle owned) noexcept : fd_(owned) {}
    [[nodiscard]] native_handle get() const noexcept { return fd_.get(); }

private:
    platform::unique_fd fd_;
};

file::file(native_handle owned) : handle_(std::make_shared<const handle>(owned)) {}

task<result<file>> file::open(std::string path) {
    auto opening = [path = std::move(path)] { return open_now(path); };
    try {
        co_return co_await offload(std::move(opening));
    } catch (const cancelled&) {
        co_return errc::cancelled;
    }
}

result<std::uint64_t> file::size() const noexcept {
    error_code failure;
    const auto bytes = platform::size_of(native(), failure);
    return failure ? result<std::uint64_t>(failure) : result<std::uint64_t>(bytes);
}

native_handle file::native() const noexcept {
    return handle_->get();
}

} // namespace eddy
