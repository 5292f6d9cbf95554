// SPDX-License-Identifier: BSL-1.0
#include <eddy/core/error.hpp>
#include <eddy/core/result.hpp>

#include <boost/system/system_error.hpp>

#include <cstddef>

namespace eddy {
namespace {

namespace conditions = boost::system::errc;

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
    }
    return "unknown error";
}

class eddy_category final : public boost::system::error_category {
public:
    // The number makes the category equal to itself when a process has it twice, in two libraries.
    constexpr eddy_category() noexcept : error_category(0xEDD1'ED64'0E4A'7C35) {}

    const char* name() const noexcept override { return "eddy"; }

    std::string message(int value) const override { return message_of(value); }

    const char* message(int value, char*, std::size_t) const noexcept override {
        return message_of(value);
    }

    boost::system::error_condition default_error_condition(int value) const noexcept override {
        switch (static_cast<errc>(value)) {
        case errc::reset:
            return conditions::make_error_condition(conditions::connection_reset);
        case errc::timed_out:
            return conditions::make_error_condition(conditions::timed_out);
        case errc::cancelled:
            return conditions::make_error_condition(conditions::operation_canceled);
        case errc::too_long:
            return conditions::make_error_condition(conditions::message_size);
        case errc::would_block:
            return conditions::make_error_condition(conditions::operation_would_block);
        case errc::not_supported:
            return conditions::make_error_condition(conditions::not_supported);
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

constinit const eddy_category category;

} // namespace

const boost::system::error_category& error_category() noexcept {
    return category;
}

void detail::throw_error(error_code error) {
    throw boost::system::system_error(error);
}

} // namespace eddy
