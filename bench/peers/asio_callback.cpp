// SPDX-License-Identifier: BSL-1.0

// Echo on Boost.Asio completion handlers: Asio at its cheapest, beside which the engine seam is
// measured.

#include <boost/asio.hpp>

#include <array>
#include <cstdio>
#include <memory>

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

namespace {

class session : public std::enable_shared_from_this<session> {
public:
    explicit session(tcp::socket peer) : peer_(std::move(peer)) {}

    void read() {
        peer_.async_read_some(
            asio::buffer(buffer_),
            [self = shared_from_this()](error_code failure, std::size_t length) {
                if (!failure) {
                    self->write(length);
                }
            }
        );
    }

private:
    void write(std::size_t length) {
        asio::async_write(
            peer_,
            asio::buffer(buffer_, length),
            [self = shared_from_this()](error_code failure, std::size_t) {
                if (!failure) {
                    self->read();
                }
            }
        );
    }

    tcp::socket peer_;
    std::array<char, 64 * 1024> buffer_;
};

void accept(tcp::acceptor& acceptor) {
    acceptor.async_accept([&acceptor](error_code failure, tcp::socket peer) {
        if (!failure) {
            peer.set_option(tcp::no_delay(true));
            std::make_shared<session>(std::move(peer))->read();
        }
        accept(acceptor);
    });
}

} // namespace

int main() {
    asio::io_context context{1};
    tcp::acceptor acceptor{context, {asio::ip::address_v4::loopback(), 0}};
    std::printf("port %u\n", unsigned{acceptor.local_endpoint().port()});
    std::fflush(stdout);
    accept(acceptor);
    context.run();
}
