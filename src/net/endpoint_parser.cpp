// SPDX-License-Identifier: BSL-1.0
#include "net/endpoint_parser.hpp"

#include "core/nearest.hpp"
#include "net/host_name.hpp"
#include "net/numbers.hpp"

#include <algorithm>
#include <array>
#include <cassert>
#include <cstddef>
#include <utility>

namespace eddy::detail {
namespace {

using transport = endpoint::transport;

/// The longest path that fits into a Unix socket's address together with its final zero.
constexpr std::size_t longest_unix_path = 107;

struct scheme {
    std::string_view word;
    transport kind;
    std::string_view form; // how such an endpoint is written
};

constexpr auto schemes = std::to_array<scheme>({
    {"tcp", transport::tcp, "tcp://host:port"},
    {"udp", transport::udp, "udp://host:port"},
    {"icmp", transport::icmp, "icmp://host"},
    {"unix", transport::unix_stream, "unix:/run/name.sock"},
    {"unixgram", transport::unix_datagram, "unixgram:/run/name.sock"},
    {"fd", transport::fd, "fd:3"},
    {"stdio", transport::stdio, "stdio:"},
    {"mem", transport::mem, "mem:name"},
});

struct missing_scheme {
    std::string_view word;
    std::string_view remedy;
};

constexpr auto missing_schemes = std::to_array<missing_scheme>({
    {"tls", "use \"tcp://\" behind a proxy that speaks TLS"},
    {"systemd", "use \"fd:3\" for the first socket of the unit"},
});

template <class Table>
auto* find(const Table& table, std::string_view word) noexcept {
    const auto* found =
        std::find_if(table.begin(), table.end(), [&](const auto& row) { return row.word == word; });
    return found == table.end() ? nullptr : found;
}

bool starts_as_path(std::string_view text) noexcept {
    return text.front() == '/' || text.front() == '.' || text.front() == '@';
}

std::string_view without_slashes(std::string_view text) noexcept {
    return text.substr(std::min(text.find_first_not_of('/'), text.size()));
}

std::string write(std::string_view better) {
    return "write " + quoted(better);
}

class endpoint_parser {
public:
    explicit endpoint_parser(std::string_view text) noexcept : text_(text) {}

    endpoint_parts parse();

private:
    const scheme& parse_scheme() const;
    void fail_if_unknown(std::string_view word, std::string_view rest) const;
    [[noreturn]] void fail_without_scheme() const;

    void parse_authority(std::string_view rest);
    std::string_view after_slashes(std::string_view rest) const;
    void check_rest(std::string_view rest) const;
    void check_brackets(std::string_view rest) const;
    void parse_host(std::string_view host, std::string_view after);
    void parse_port(std::string_view host, std::string_view after);

    void parse_path(std::string_view rest);
    void parse_memory_name(std::string_view rest);
    void parse_descriptor(std::string_view rest);
    void parse_stdio(std::string_view rest) const;

    /// "tcp://" and what should have followed.
    std::string better(std::string_view rest) const;
    [[noreturn]] void fail(const std::string& cause, const std::string& remedy) const;

    std::string_view text_;
    const scheme* scheme_ = nullptr;
    endpoint_parts parts_;
};

endpoint_parts endpoint_parser::parse() {
    if (text_.find('\0') != std::string_view::npos) {
        fail("it contains a zero byte", "remove it");
    }
    scheme_ = &parse_scheme();
    parts_.kind = scheme_->kind;
    const auto rest = text_.substr(scheme_->word.size() + 1);
    switch (scheme_->kind) {
    case transport::tcp:
    case transport::udp:
    case transport::icmp:
        parse_authority(after_slashes(rest));
        break;
    case transport::unix_stream:
    case transport::unix_datagram:
        parse_path(rest);
        break;
    case transport::fd:
        parse_descriptor(rest);
        break;
    case transport::stdio:
        parse_stdio(rest);
        break;
    case transport::mem:
        parse_memory_name(rest);
        break;
    }
    return std::move(parts_);
}

const scheme& endpoint_parser::parse_scheme() const {
    const auto colon = text_.find(':');
    const auto word = text_.substr(0, colon);
    if (const auto* missing = find(missing_schemes, word)) {
        fail(quoted(word) + " is not built into this version", std::string(missing->remedy));
    }
    if (const auto* known = find(schemes, word)) {
        if (colon == std::string_view::npos) {
            fail("it ends after the scheme", write(known->form));
        }
        return *known;
    }
    if (colon != std::string_view::npos) {
        fail_if_unknown(word, text_.substr(colon + 1));
    }
    fail_without_scheme();
}

/// Returns when it is rather a host and its port that stand around the colon.
void endpoint_parser::fail_if_unknown(std::string_view word, std::string_view rest) const {
    std::array<std::string_view, schemes.size()> words;
    std::transform(schemes.begin(), schemes.end(), words.begin(), [](const scheme& known) {
        return known.word;
    });
    const auto near = nearest(word, words);
    if (!near.empty() && !is_digits(rest)) {
        fail("there is no scheme " + quoted(word), "did you mean " + quoted(near) + '?');
    }
    if (!word.empty() && !rest.empty() && starts_as_path(rest)) {
        fail(
            "there is no scheme " + quoted(word),
            "use tcp, udp, icmp, unix, unixgram, fd, stdio or mem"
        );
    }
}

void endpoint_parser::fail_without_scheme() const {
    constexpr std::string_view every_address = "tcp://[::]:";
    if (text_.empty()) {
        fail("it is empty", "write scheme, host and port, as in \"tcp://127.0.0.1:7007\"");
    }
    std::string better;
    if (starts_as_path(text_)) {
        better = "unix:";
        better += text_;
    } else if (is_digits(text_)) {
        better = every_address;
        better += text_;
    } else if (text_.front() == ':' && is_digits(text_.substr(1))) {
        better = every_address;
        better += text_.substr(1);
    } else {
        better = "tcp://";
        better += text_;
    }
    fail("the scheme is missing", write(better));
}

std::string_view endpoint_parser::after_slashes(std::string_view rest) const {
    if (!rest.starts_with("//")) {
        const auto host = without_slashes(rest);
        fail(
            "\"//\" is missing after the scheme",
            write(host.empty() ? std::string(scheme_->form) : better(host))
        );
    }
    return rest.substr(2);
}

void endpoint_parser::parse_authority(std::string_view rest) {
    check_rest(rest);
    if (rest.front() == '[') {
        check_brackets(rest);
        const auto end = rest.find(']');
        parse_host(rest.substr(0, end + 1), rest.substr(end + 1));
    } else {
        const auto end = std::min(rest.find(':'), rest.size());
        parse_host(rest.substr(0, end), rest.substr(end));
    }
}

void endpoint_parser::check_rest(std::string_view rest) const {
    const auto path = rest.find_first_of("/?#");
    if (rest.empty() || path == 0) {
        fail(
            scheme_->kind == transport::icmp ? "the host is missing" : "host and port are missing",
            write(scheme_->form)
        );
    }
    if (path != std::string_view::npos) {
        fail(
            quoted(rest.substr(path)) + " has no meaning here", write(better(rest.substr(0, path)))
        );
    }
    if (rest.front() == '[') {
        return;
    }
    const bool has_port = scheme_->kind != transport::icmp;
    const auto last = rest.rfind(':');
    std::string address;
    if (last != std::string_view::npos && is_ipv6(rest.substr(0, last))) {
        address = '[' + std::string(rest.substr(0, last)) + ']';
        address += has_port ? rest.substr(last) : std::string_view();
    }
    if (is_ipv6(rest) && (!has_port || address.empty())) {
        address = '[' + std::string(rest) + (has_port ? "]:port" : "]");
    }
    if (!address.empty()) {
        fail("an IPv6 address needs brackets", write(better(address)));
    }
}

void endpoint_parser::check_brackets(std::string_view rest) const {
    const auto end = rest.find(']');
    if (end == std::string_view::npos) {
        fail("the bracket is not closed", "write \"]\" after the address");
    }
    if (const auto fault = find_fault_in_brackets(rest.substr(1, end - 1))) {
        fail(fault->cause, fault->remedy);
    }
    const auto after = rest.substr(end + 1);
    if (!after.empty() && after.front() != ':') {
        fail(
            quoted(after) + " follows the bracket",
            scheme_->kind == transport::icmp ? "remove it" : "write a colon and the port after it"
        );
    }
}

void endpoint_parser::parse_host(std::string_view host, std::string_view after) {
    if (host.empty() || host == "*") {
        const auto every = scheme_->kind == transport::icmp ? std::string("0.0.0.0")
                           : after.size() > 1               ? "[::]" + std::string(after)
                                                            : std::string("[::]:port");
        fail(
            host.empty() ? "the host is missing" : "\"*\" is not a host",
            write(better(every)) + " for every address"
        );
    }
    parse_port(host, after);
    if (host.front() == '[') {
        host = host.substr(1, host.size() - 2);
    } else if (const auto fault = find_fault_in_host(host)) {
        fail(fault->cause, fault->remedy);
    }
    parts_.name = canonical_host(host);
}

void endpoint_parser::parse_port(std::string_view host, std::string_view after) {
    if (scheme_->kind == transport::icmp) {
        if (!after.empty()) {
            fail("ICMP has no ports", write(better(host)));
        }
        return;
    }
    if (after.size() <= 1) {
        fail("the port is missing", write(better(std::string(host) + ":port")));
    }
    const auto digits = after.substr(1);
    if (const auto port = parse_number<std::uint16_t>(digits)) {
        parts_.port = *port;
        return;
    }
    fail(
        "port " + quoted(digits) + (is_digits(digits) ? " is too large" : " is not a number"),
        "write one from 0 to 65535; the system chooses for 0"
    );
}

void endpoint_parser::parse_path(std::string_view rest) {
    if (without_slashes(rest).empty()) {
        fail("the path is missing", write(scheme_->form));
    }
    if (rest == "@") {
        fail("the name after \"@\" is missing", "write \"unix:@name\"");
    }
    if (rest.starts_with("//")) {
        fail(
            "the path begins right after the colon",
            write(std::string(scheme_->word) + ":/" + std::string(without_slashes(rest)))
        );
    }
    if (rest.size() > longest_unix_path) {
        fail(
            "the path has " + std::to_string(rest.size()) + " bytes, and 107 fit",
            "use a shorter one, or a relative one"
        );
    }
    parts_.name = rest;
}

void endpoint_parser::parse_memory_name(std::string_view rest) {
    const auto name = without_slashes(rest);
    if (name.empty()) {
        fail("the name is missing", write(scheme_->form));
    }
    if (rest.starts_with("//")) {
        fail("the name begins right after the colon", write("mem:" + std::string(name)));
    }
    parts_.name = rest;
}

void endpoint_parser::parse_descriptor(std::string_view rest) {
    const std::string remedy = "write the number of an open socket, as in \"fd:3\"";
    if (rest.empty()) {
        fail("the number is missing", remedy);
    }
    if (const auto number = parse_number<int>(rest)) {
        parts_.descriptor = *number;
        return;
    }
    if (is_digits(rest)) {
        fail(quoted(rest) + " is too large", remedy);
    }
    fail(
        quoted(rest) + (rest.front() == '-' && is_digits(rest.substr(1)) ? " is negative"
                                                                         : " is not a number"),
        remedy
    );
}

void endpoint_parser::parse_stdio(std::string_view rest) const {
    if (!rest.empty()) {
        fail(quoted(rest) + " has no meaning here", write(scheme_->form));
    }
}

std::string endpoint_parser::better(std::string_view rest) const {
    return std::string(scheme_->word) + "://" + std::string(rest);
}

void endpoint_parser::fail(const std::string& cause, const std::string& remedy) const {
    throw error(
        make_error_code(std::errc::invalid_argument),
        "endpoint " + quoted(text_) + ": " + cause + "; " + remedy
    );
}

} // namespace

endpoint_parts parse_endpoint(std::string_view text) {
    return endpoint_parser(text).parse();
}

std::string_view scheme_of(transport kind) noexcept {
    const auto* found = std::find_if(schemes.begin(), schemes.end(), [&](const scheme& known) {
        return known.kind == kind;
    });
    assert(found != schemes.end());
    return found->word;
}

} // namespace eddy::detail
