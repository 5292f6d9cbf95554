// SPDX-License-Identifier: BSL-1.0
#include <eddy/core/error.hpp>
#include <eddy/core/result.hpp>

#include <cstddef>
#include <system_error>

namespace eddy {
namespace {

const char* message_of(int value) noexcept {
    switch (static_cast<errc>(value)) {
    case errc::end_of_stream:
        return "end of stream";
    case errc::reset:
        return "reset by peer";
    case errc::timed_out:
        return "timed out";
    case errc::cancelled:
        return "cancelled";
    case errc::draining:
        return "the server is draining";
    case errc::closed:
        return "closed on this side";
    case errc::truncated:
        return "ended in the middle of a message";
    case errc::too_long:
        return "message longer than allowed";
    case errc::would_block:
        return "would block";
    case errc::no_such_host:
        return "no such host";
    case errc::not_supported:
        return "not supported here";
    case errc::malformed:
        return "not a message of the protocol";
    }
    return "unknown error";
}

class eddy_category final : public std::error_category {
public:
    const char* name() const noexcept override { return "eddy"; }

    std::string message(int value) const override { return message_of(value); }

    std::error_condition default_error_condition(int value) const noexcept override {
        switch (static_cast<errc>(value)) {
        case errc::reset:
            return std::make_error_condition(std::errc::connection_reset);
        case errc::timed_out:
            return std::make_error_condition(std::errc::timed_out);
        case errc::cancelled:
            return std::make_error_condition(std::errc::operation_canceled);
        case errc::too_long:
            return std::make_error_condition(std::errc::message_size);
        case errc::would_block:
            return std::make_error_condition(std::errc::operation_would_block);
        case errc::not_supported:
            return std::make_error_condition(std::errc::not_supported);
        case errc::malformed:
            return std::make_error_condition(std::errc::bad_message);
        case errc::end_of_stream:
        case errc::draining:
        case errc::closed:
        case errc::truncated:
        case errc::no_such_host:
            break; // POSIX has no word for these
        }
        return {value, *this};
    }
};

// Never destroyed: a code may be looked at while the process ends.
union immortal_category {
    constexpr immortal_category() noexcept : category() {}
    ~immortal_category() {}

    eddy_category category;
};

constinit const immortal_category immortal;

} // namespace

const std::error_category& error_category() noexcept {
    return immortal.category;
}

void detail::throw_error(error_code error) {
    throw std::system_error(error);
}

} // namespace eddy
