// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <eddy/wire/decoded.hpp>
#include <eddy/wire/encoded.hpp>

#include <concepts>
#include <cstddef>
#include <span>

namespace eddy::wire {

/// A type that finds messages in bytes: the one thing that a protocol of your own needs.
///
///     struct my_codec {
///         using message = byte_view;                                 // or a struct of your own
///         decoded<message> decode(std::span<const std::byte> arrived) noexcept;
///         encoded encode(byte_view reply) const;                     // of whatever you send
///     };
///
/// - `decode` is given all that has arrived since the end of the message before, at least one byte,
///   and is asked again with the same bytes and more when it answers `need`. It may remember how
///   far it has looked, and forgets that with the message, or when it is given fewer bytes.
/// - Its message may be a view of these bytes; it is used only as long as they are there.
/// - It refuses what is too long as soon as the length is known, and throws nothing: `need` lets
///   the session take memory for that many bytes when they arrive.
/// - `encode` gives a frame whose body stays where it is, with up to 24 bytes on either side.
/// - Each session has a copy of the codec.
template <class Codec>
concept codec =
    std::copy_constructible<Codec> && requires(Codec tested, std::span<const std::byte> arrived) {
        typename Codec::message;
        { tested.decode(arrived) } noexcept -> std::same_as<decoded<typename Codec::message>>;
    };

/// A codec that can send a `Message`.
template <class Codec, class Message>
concept encodes = requires(const Codec tested, const Message& message) {
    { tested.encode(message) } -> std::same_as<encoded>;
};

} // namespace eddy::wire
