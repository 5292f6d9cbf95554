// SPDX-License-Identifier: BSL-1.0

//! Echo on Tokio as its guide writes it: a task for each connection, TCP_NODELAY set. `udp` echoes
//! datagrams; `loops 2` has two threads that share the tasks.

use std::env;
use std::io;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream, UdpSocket};
use tokio::runtime::{Builder, Runtime};

async fn echo(mut peer: TcpStream) -> io::Result<()> {
    peer.set_nodelay(true)?;
    let mut buffer = vec![0; 16 * 1024];
    loop {
        let length = peer.read(&mut buffer).await?;
        if length == 0 {
            return Ok(());
        }
        peer.write_all(&buffer[..length]).await?;
    }
}

async fn serve() -> io::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("port {}", listener.local_addr()?.port());
    loop {
        let (peer, _) = listener.accept().await?;
        tokio::spawn(echo(peer));
    }
}

async fn serve_datagrams() -> io::Result<()> {
    let socket = UdpSocket::bind("127.0.0.1:0").await?;
    println!("port {}", socket.local_addr()?.port());
    let mut buffer = vec![0; 65536];
    loop {
        let (length, peer) = socket.recv_from(&mut buffer).await?;
        socket.send_to(&buffer[..length], peer).await?;
    }
}

fn runtime(loops: usize) -> io::Result<Runtime> {
    if loops == 1 {
        Builder::new_current_thread().enable_io().build()
    } else {
        Builder::new_multi_thread().worker_threads(loops).enable_io().build()
    }
}

fn main() -> io::Result<()> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let loops = match arguments.iter().position(|word| word == "loops") {
        Some(at) => arguments[at + 1].parse().expect("a number of loops"),
        None => 1,
    };
    if arguments.first().map(String::as_str) == Some("udp") {
        runtime(loops)?.block_on(serve_datagrams())
    } else {
        runtime(loops)?.block_on(serve())
    }
}
