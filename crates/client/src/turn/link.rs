//! The way to a relay: datagrams, or a stream in which each message says its own length (RFC 8489 §6.2.2).

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpStream, UdpSocket};
use tokio_rustls::TlsConnector;

use super::Transport;

const HEADER_LEN: usize = 20;
/// Longer than any datagram that is relayed, with its STUN around it.
const MESSAGE_MAX: usize = 4096;

pub(super) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

pub(super) enum Link {
    Datagrams(UdpSocket),
    Stream { stream: Box<dyn Stream>, read: Vec<u8> },
}

impl Link {
    pub(super) async fn open(server: SocketAddr, transport: Transport) -> io::Result<Self> {
        let stream = |stream| Self::Stream { stream, read: Vec::with_capacity(MESSAGE_MAX) };
        match transport {
            Transport::Udp => {
                let any: IpAddr = if server.is_ipv4() {
                    Ipv4Addr::UNSPECIFIED.into()
                } else {
                    Ipv6Addr::UNSPECIFIED.into()
                };
                let socket = UdpSocket::bind((any, 0)).await?;
                socket.connect(server).await?;
                Ok(Self::Datagrams(socket))
            }
            Transport::Tcp => Ok(stream(Box::new(tcp(server).await?))),
            Transport::Tls(name, config) => {
                Ok(stream(Box::new(TlsConnector::from(config).connect(name, tcp(server).await?).await?)))
            }
        }
    }

    pub(super) const fn is_reliable(&self) -> bool {
        matches!(self, Self::Stream { .. })
    }

    pub(super) async fn send(&mut self, message: &[u8]) -> io::Result<()> {
        match self {
            Self::Datagrams(socket) => socket.send(message).await.map(drop),
            Self::Stream { stream, .. } => {
                stream.write_all(message).await?;
                stream.flush().await
            }
        }
    }

    /// The next message, whole. May be cancelled: what was read of it stays.
    pub(super) async fn receive(&mut self) -> io::Result<Vec<u8>> {
        match self {
            Self::Datagrams(socket) => {
                let mut buffer = vec![0; MESSAGE_MAX];
                let len = socket.recv(&mut buffer).await?;
                buffer.truncate(len);
                Ok(buffer)
            }
            Self::Stream { stream, read } => loop {
                if let Some(message) = take_message(read)? {
                    return Ok(message);
                }
                if stream.read_buf(read).await? == 0 {
                    return Err(io::ErrorKind::UnexpectedEof.into());
                }
            },
        }
    }
}

async fn tcp(server: SocketAddr) -> io::Result<TcpStream> {
    let stream = TcpStream::connect(server).await?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

/// The first message, once it is there as a whole.
fn take_message(read: &mut Vec<u8>) -> io::Result<Option<Vec<u8>>> {
    let Some(header) = read.first_chunk::<HEADER_LEN>() else { return Ok(None) };
    let len = HEADER_LEN + usize::from(u16::from_be_bytes([header[2], header[3]]));
    if header[0] >= 0x40 || len > MESSAGE_MAX {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "not a STUN message"));
    }
    if read.len() < len {
        return Ok(None);
    }
    let rest = read.split_off(len);
    Ok(Some(std::mem::replace(read, rest)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_cut_where_each_says() {
        let mut message = vec![0; HEADER_LEN + 8];
        message[3] = 8;
        let mut read = [message.clone(), message[..23].to_vec()].concat();

        assert_eq!(take_message(&mut read).unwrap().as_deref(), Some(message.as_slice()));
        assert_eq!(take_message(&mut read).unwrap(), None);
        read.extend_from_slice(&message[23..]);
        assert_eq!(take_message(&mut read).unwrap().as_deref(), Some(message.as_slice()));
        assert!(read.is_empty());
    }

    #[test]
    fn what_is_no_message_ends_it() {
        assert!(take_message(&mut b"HTTP/1.1 400 Bad Request".to_vec()).is_err());
        let mut long = vec![0; HEADER_LEN];
        long[2] = 0xff;
        assert!(take_message(&mut long).is_err());
    }
}
