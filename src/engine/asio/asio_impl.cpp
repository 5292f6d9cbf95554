// SPDX-License-Identifier: BSL-1.0
// The compiled part of Asio, once for the whole library (BOOST_ASIO_SEPARATE_COMPILATION).
#include <boost/asio/impl/src.hpp>
