// SPDX-License-Identifier: BSL-1.0

// Echo in Go as its documentation writes it: a goroutine for each connection (TCP_NODELAY is Go's
// default). `udp` echoes datagrams. GOMAXPROCS says how many loops it may keep busy.
package main

import (
	"fmt"
	"net"
	"os"
)

func must[Value any](value Value, failure error) Value {
	if failure != nil {
		fmt.Fprintln(os.Stderr, failure)
		os.Exit(1)
	}
	return value
}

func echo(peer net.Conn) {
	defer peer.Close()
	buffer := make([]byte, 16*1024)
	for {
		length, failure := peer.Read(buffer)
		if failure != nil {
			return
		}
		if _, failure = peer.Write(buffer[:length]); failure != nil {
			return
		}
	}
}

func echoDatagrams() {
	loopback := &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)}
	socket := must(net.ListenUDP("udp4", loopback))
	fmt.Println("port", socket.LocalAddr().(*net.UDPAddr).Port)
	buffer := make([]byte, 65536)
	for {
		length, peer, failure := socket.ReadFromUDPAddrPort(buffer)
		if failure == nil {
			socket.WriteToUDPAddrPort(buffer[:length], peer)
		}
	}
}

func main() {
	if len(os.Args) > 1 && os.Args[1] == "udp" {
		echoDatagrams()
	}
	listener := must(net.Listen("tcp4", "127.0.0.1:0"))
	fmt.Println("port", listener.Addr().(*net.TCPAddr).Port)
	for {
		go echo(must(listener.Accept()))
	}
}
