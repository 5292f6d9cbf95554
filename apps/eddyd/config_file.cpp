// SPDX-License-Identifier: BSL-1.0
#include "config_file.hpp"

#include <eddy/core/escape.hpp>

#include "config_error.hpp"
#include "keys.hpp"
#include "listen.hpp"
#include "toml_text.hpp"

#include <toml++/toml.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <memory>
#include <system_error>
#include <utility>
#include <vector>

namespace eddyd {
namespace {

using eddy::services::option;
using eddy::services::option_error;
using eddy::services::option_value;
using eddy::services::registry;

constexpr std::size_t longest_file = 1 << 20;

std::string_view kind_of(const toml::node& node) {
    switch (node.type()) {
    case toml::node_type::table:
        return "a table";
    case toml::node_type::array:
        return "an array";
    case toml::node_type::floating_point:
        return "a number with a fraction";
    case toml::node_type::date:
    case toml::node_type::time:
    case toml::node_type::date_time:
        return "a date or time";
    default:
        return "something else";
    }
}

option_value value_of(const toml::node& node, const option& described) {
    if (const auto* truth = node.as_boolean()) {
        return truth->get();
    }
    if (const auto* number = node.as_integer()) {
        return number->get();
    }
    if (const auto* text = node.as_string()) {
        return text->get();
    }
    throw described.wrong_type(kind_of(node));
}

/// The entries of a table as they stand in the file; toml++ sorts them by name.
std::vector<std::pair<const toml::key*, const toml::node*>> in_file_order(const toml::table& table
) {
    std::vector<std::pair<const toml::key*, const toml::node*>> entries;
    for (const auto& [name, node] : table) {
        entries.emplace_back(&name, &node);
    }
    std::sort(entries.begin(), entries.end(), [](const auto& a, const auto& b) {
        const auto left = a.first->source().begin;
        const auto right = b.first->source().begin;
        return std::pair(left.line, left.column) < std::pair(right.line, right.column);
    });
    return entries;
}

/// Reads one file; knows its name for the messages.
class config_reader {
public:
    config_reader(const std::string& file, const registry& known) : file_(file), known_(known) {}

    config read(std::string_view text) const;

private:
    void read_server(config& into, const toml::node& node) const;
    void read_listeners(config& into, const toml::node& node) const;
    listen_config read_listener(const toml::table& table) const;
    std::string read_service(const toml::table& table) const;
    void require_endpoint(const toml::table& table) const;
    void read_entry(
        listen_config& into,
        const eddy::services::service& service,
        const toml::key& name,
        const toml::node& node
    ) const;

    std::string place(const toml::source_region& region) const {
        const auto at = region.begin;
        return file_ + ':' + std::to_string(at.line) + ':' + std::to_string(at.column);
    }

    [[noreturn]] void
    fail(const toml::source_region& at, std::string_view key, const option_error& fault) const {
        throw config_error(place(at), key, fault);
    }

    [[noreturn]] void fail_unknown(
        const toml::key& name, const std::string& table, const std::vector<std::string_view>& known
    ) const {
        const std::string word(name.str());
        const option_error fault(
            word, "there is no such key", eddy::services::did_you_mean(word, known)
        );
        fail(name.source(), table + eddy::escaped(word), fault); // in quotes it may be anything
    }

    const std::string& file_;
    const registry& known_;
};

config config_reader::read(std::string_view text) const {
    if (const auto stray = find_stray_letter(text); stray != std::string_view::npos) {
        const auto before = text.substr(0, stray);
        const auto line = 1 + std::count(before.begin(), before.end(), '\n');
        const auto column = stray - before.rfind('\n'); // npos: the first line, from 1 too
        throw config_error(
            file_ + ':' + std::to_string(line) + ':' + std::to_string(column) +
            ": toml: there is a letter outside of quotes that is not ASCII; put it in quotes"
        );
    }
    const auto parsed = toml::parse(text, file_);
    if (!parsed) {
        const auto& fault = parsed.error();
        const option_error shown( // the parser quotes what it has met
            "toml",
            eddy::escaped(fault.description()),
            "correct it; https://toml.io has the grammar"
        );
        fail(fault.source(), "toml", shown);
    }
    config made;
    for (const auto& [name, node] : in_file_order(parsed.table())) {
        if (name->str() == "server") {
            read_server(made, *node);
        } else if (name->str() == "listen") {
            read_listeners(made, *node);
        } else {
            fail_unknown(*name, "", {"server", "listen"});
        }
    }
    return made;
}

void config_reader::read_server(config& into, const toml::node& node) const {
    const auto* table = node.as_table();
    if (table == nullptr) {
        fail(
            node.source(), "server", option_error("server", "it is not a table", "write [server]")
        );
    }
    for (const auto& [name, value] : in_file_order(*table)) {
        const auto* found = find_key(server_keys(), name->str());
        if (found == nullptr) {
            std::vector<std::string_view> words;
            for (const auto& each : server_keys()) {
                words.emplace_back(each.described.name);
            }
            fail_unknown(*name, "server.", words);
        }
        try {
            found->set(into, found->described.checked(value_of(*value, found->described)));
        } catch (const option_error& fault) {
            fail(value->source(), "server." + found->described.name, fault);
        }
    }
    const auto soft = into.server.memory_soft;
    const auto hard = into.server.memory_hard;
    if (hard != 0 && soft > hard) {
        const option_error fault(
            "memory_soft",
            std::to_string(soft) + " is more than memory_hard",
            "write at most " + std::to_string(hard)
        );
        fail(table->get("memory_soft")->source(), "server.memory_soft", fault);
    }
}

void config_reader::read_listeners(config& into, const toml::node& node) const {
    const auto* list = node.as_array();
    const option_error fault("listen", "it is not a list of tables", "write [[listen]]");
    if (list == nullptr) {
        fail(node.source(), "listen", fault);
    }
    for (const auto& each : *list) {
        const auto* table = each.as_table();
        if (table == nullptr) {
            fail(each.source(), "listen", fault);
        }
        into.listeners.push_back(read_listener(*table));
    }
}

listen_config config_reader::read_listener(const toml::table& table) const {
    listen_config made;
    made.origin = place(table.source());
    made.service = read_service(table); // first: it says which options there are
    require_endpoint(table);
    const auto& service = known_.find(made.service);
    for (const auto& [name, node] : in_file_order(table)) {
        read_entry(made, service, *name, *node);
    }
    try {
        finish_listener(made, known_);
    } catch (const option_error& fault) {
        const auto* node = table.get(fault.option());
        fail((node ? *node : table).source(), "listen." + fault.option(), fault);
    }
    return made;
}

std::string config_reader::read_service(const toml::table& table) const {
    const auto& described = find_key(listen_keys(), "service")->described;
    const auto* node = table.get("service");
    if (node == nullptr) {
        const option_error fault("service", "it is missing", "write which one: service = \"echo\"");
        fail(table.source(), "listen.service", fault);
    }
    try {
        const auto name = std::get<std::string>(described.checked(value_of(*node, described)));
        return known_.find(name).name;
    } catch (const option_error& fault) {
        fail(node->source(), "listen.service", fault);
    }
}

void config_reader::require_endpoint(const toml::table& table) const {
    if (!table.contains("endpoint")) {
        const option_error fault(
            "endpoint", "it is missing", "write where: endpoint = \"tcp://127.0.0.1:7007\""
        );
        fail(table.source(), "listen.endpoint", fault);
    }
}

void config_reader::read_entry(
    listen_config& into,
    const eddy::services::service& service,
    const toml::key& name,
    const toml::node& node
) const {
    std::vector<std::string_view> words;
    try {
        for (const auto& each : listen_keys()) {
            words.emplace_back(each.described.name);
            if (each.described.name == name.str()) {
                each.set(into, each.described.checked(value_of(node, each.described)));
                return;
            }
        }
        for (const auto& each : service.options) {
            words.emplace_back(each.name);
            if (each.name == name.str()) {
                into.service_options[each.name] = each.checked(value_of(node, each));
                return;
            }
        }
    } catch (const option_error& fault) {
        fail(node.source(), "listen." + std::string(name.str()), fault);
    }
    fail_unknown(name, "listen.", words);
}

[[noreturn]] void fail_to_read(const std::string& file, const std::string& why) {
    throw config_error(file + ": " + why + "; give --config the path of a TOML file");
}

} // namespace

config parse_config(std::string_view text, const std::string& file, const registry& known) {
    return config_reader(file, known).read(text);
}

config read_config(const std::string& file, const registry& known) {
    struct closer {
        void operator()(std::FILE* open) const noexcept { std::fclose(open); }
    };

    const std::unique_ptr<std::FILE, closer> input(std::fopen(file.c_str(), "re"));
    std::string text;
    std::array<char, 4096> part;
    std::size_t size = 1;
    while (input && size != 0 && text.size() <= longest_file) {
        size = std::fread(part.data(), 1, part.size(), input.get());
        text.append(part.data(), size);
    }
    if (!input || std::ferror(input.get()) != 0) {
        fail_to_read(file, "it cannot be read: " + std::generic_category().message(errno));
    }
    if (text.size() > longest_file) {
        fail_to_read(file, "it is longer than 1 MiB");
    }
    return parse_config(text, file, known);
}

} // namespace eddyd
