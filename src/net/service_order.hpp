// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <eddy/net/service_record.hpp>

#include <cstdint>
#include <vector>

namespace eddy::detail {

/// The order in which the records of a service are tried (RFC 2782): by priority, and among equals
/// by chance, each with a probability after its weight. Random numbers follow from `seed`.
[[nodiscard]] std::vector<service_record>
service_order(std::vector<service_record> records, std::uint64_t seed);

} // namespace eddy::detail
