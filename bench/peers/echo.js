// SPDX-License-Identifier: BSL-1.0

// Echo in Node as its documentation writes it: a socket piped into itself, TCP_NODELAY set. `udp`
// echoes datagrams.
"use strict";

if (process.argv[2] === "udp") {
  const socket = require("dgram").createSocket("udp4");
  socket.on("message", (message, peer) => socket.send(message, peer.port, peer.address));
  socket.bind(0, "127.0.0.1", () => console.log("port", socket.address().port));
} else {
  const server = require("net").createServer({ noDelay: true }, (peer) => {
    peer.on("error", () => peer.destroy());
    peer.pipe(peer);
  });
  server.listen({ port: 0, host: "127.0.0.1", backlog: 4096 }, () =>
    console.log("port", server.address().port)
  );
}
