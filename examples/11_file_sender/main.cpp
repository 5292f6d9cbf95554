// SPDX-License-Identifier: BSL-1.0

// Sends the files of a folder: a client names one in a line, and gets a line with its size and then
// its bytes, which never come into this process. example_11_file_sender LISTEN FOLDER

#include <eddy/net/send_file.hpp>
#include <eddy/server.hpp>

#include <iostream>
#include <string>
#include <string_view>

namespace {

/// Names of files in the folder itself; nothing that leads out of it.
bool is_plain(std::string_view name) {
    return !name.empty() && name.front() != '.' && name.find('/') == name.npos;
}

/// [handler]
eddy::task<> send_files(eddy::session& peer, const std::string& folder) {
    while (const auto name = co_await peer.read_line(255)) {
        if (!is_plain(*name)) {
            co_await peer.write("no such name\n");
            continue;
        }
        const auto file = co_await eddy::file::open(folder + '/' + std::string(*name));
        const auto size = file ? file->size() : eddy::result<std::uint64_t>(file.error());
        if (!size) {
            const std::string why = size.error().message() + '\n';
            co_await peer.write(why);
            continue;
        }
        const std::string head = std::to_string(*size) + '\n';
        co_await peer.write(head);
        const auto sent = co_await eddy::send_file(peer, *file, 0, *size);
        if (!sent) {
            peer.abort(); // less than was promised must not look like all of it
        }
    }
}
/// [handler]

} // namespace

int main(int argc, char** argv) {
    if (argc != 3) {
        std::cerr << "usage: " << argv[0] << " LISTEN FOLDER\n";
        return 2;
    }
    try {
        const std::string folder = argv[2];
        eddy::server server;
        server.serve(argv[1], [&folder](eddy::session& peer) { return send_files(peer, folder); });
        server.on_ready([&] { std::cout << server.endpoints().front().to_string() << std::endl; });
        return server.run();
    } catch (const eddy::error& failure) {
        std::cerr << failure.what() << '\n';
        return 2;
    }
}
