//! Which loopback address and port to listen on (RFC 8252 §7.3, §8.3).
//!
//! Invariants: only loopback literals are bound, never a wildcard; a port that was asked for is taken or refused, never
//! replaced; the redirect URI names exactly what was bound.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use tokio::net::{TcpListener, TcpSocket};

use super::Error;

/// Connections the kernel may hold for us while we are busy with others.
const BACKLOG: u32 = 1024;

/// How often a free port is sought that both loopback families have.
const ATTEMPTS: usize = 32;

/// How the host is spelled in the redirect URI.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Host {
    /// `127.0.0.1`, as RFC 8252 §8.3 advises. With [`Port::Any`] on a machine without an IPv4 loopback: `[::1]`.
    Ipv4,
    /// `[::1]`.
    Ipv6,
    /// `localhost`, for servers that know no other. Listens on both families, as browsers try both.
    Localhost,
}

/// Which port to listen on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Port {
    /// Whichever is free.
    Any,
    /// This one only.
    Exact(u16),
    /// The first free one, both ends included.
    Range(u16, u16),
}

/// Where to listen, and what the redirect URI says.
#[derive(Clone, Debug)]
pub(crate) struct Address {
    /// The host's spelling.
    pub(crate) host: Host,
    /// The port.
    pub(crate) port: Port,
    /// The path, from its `/` on, as browsers send it: no query, no fragment.
    pub(crate) path: String,
}

impl Address {
    /// A path that could not come back in a request as it stands would never match.
    pub(super) fn check_path(&self) -> Result<(), Error> {
        let plain = self.path.bytes().all(|byte| byte.is_ascii_graphic() && !b"?#\"<>\\^`{}".contains(&byte));
        let settled = !self.path.split('/').any(|segment| segment == "." || segment == "..");
        if plain && settled && self.path.starts_with('/') {
            return Ok(());
        }
        Err(Error::Path { path: self.path.clone() })
    }
}

/// The sockets of one listener: one, or two for `localhost`.
pub(super) struct Bound<L> {
    pub(super) listeners: Vec<L>,
    /// Host and port as the redirect URI and the browser's `Host` spell them: the port of the scheme is left out.
    pub(super) authority: String,
    /// The address bound first.
    pub(super) local: SocketAddr,
}

/// Binds for real. Must be called inside a runtime.
pub(super) fn bind(host: Host, port: Port) -> Result<Bound<TcpListener>, Error> {
    choose(host, port, &mut |address| {
        let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
        // Lets a fixed port be taken again right after an earlier login. Elsewhere than on Unix the option would share
        // the port.
        #[cfg(unix)]
        socket.set_reuseaddr(true)?;
        socket.bind(address)?;
        let listener = socket.listen(BACKLOG)?;
        let port = listener.local_addr()?.port();
        Ok((listener, port))
    })
}

/// Binds one address; gives the listener and its port.
type Bind<'a, L> = &'a mut dyn FnMut(SocketAddr) -> io::Result<(L, u16)>;

fn choose<L>(host: Host, port: Port, bind: Bind<'_, L>) -> Result<Bound<L>, Error> {
    match port {
        Port::Any => any(host, bind),
        Port::Exact(port) => one(host, port, bind),
        Port::Range(first, last) => {
            for port in first..=last {
                match one(host, port, bind) {
                    Err(Error::PortBusy { .. }) => {}
                    result => return result,
                }
            }
            Err(Error::RangeBusy { first, last })
        }
    }
}

fn any<L>(host: Host, bind: Bind<'_, L>) -> Result<Bound<L>, Error> {
    let first = one(host, 0, bind);
    match (host, first) {
        (Host::Ipv4, Err(error)) => one(Host::Ipv6, 0, bind).map_err(|_| error),
        (Host::Localhost, Err(Error::PortBusy { .. })) => (1..ATTEMPTS)
            .map(|_| one(host, 0, bind))
            .find(|result| !matches!(result, Err(Error::PortBusy { .. })))
            .unwrap_or(Err(Error::NoCommonPort)),
        (_, result) => result,
    }
}

fn one<L>(host: Host, port: u16, bind: Bind<'_, L>) -> Result<Bound<L>, Error> {
    let ip = if host == Host::Ipv6 { IpAddr::V6(Ipv6Addr::LOCALHOST) } else { IpAddr::V4(Ipv4Addr::LOCALHOST) };
    let (listener, port) = bind(SocketAddr::new(ip, port)).map_err(|source| refusal(ip, port, source))?;
    let mut listeners = vec![listener];
    if host == Host::Localhost {
        let ip = IpAddr::V6(Ipv6Addr::LOCALHOST);
        match bind(SocketAddr::new(ip, port)) {
            Ok((listener, _)) => listeners.push(listener),
            // Another program would be handed half of the callbacks.
            Err(source) if source.kind() == io::ErrorKind::AddrInUse => return Err(Error::PortBusy { port }),
            // A machine without IPv6: its browser has only 127.0.0.1 to go to.
            Err(_) => {}
        }
    }
    Ok(Bound { listeners, authority: authority(host, port), local: SocketAddr::new(ip, port) })
}

fn refusal(ip: IpAddr, port: u16, source: io::Error) -> Error {
    match source.kind() {
        io::ErrorKind::AddrInUse => Error::PortBusy { port },
        _ => Error::Bind { address: SocketAddr::new(ip, port), source },
    }
}

fn authority(host: Host, port: u16) -> String {
    let name = match host {
        Host::Ipv4 => "127.0.0.1",
        Host::Ipv6 => "[::1]",
        Host::Localhost => "localhost",
    };
    if port == 80 { name.to_owned() } else { format!("{name}:{port}") }
}

#[cfg(test)]
mod tests {
    use std::io::{self, ErrorKind};
    use std::net::SocketAddr;

    use super::{Address, Bound, Error, Host, Port, choose};

    /// A machine on which `taken` are in use and `absent` families do not exist; port 0 becomes 5000, 5001, and so on.
    fn on(absent: &[char], taken: &[&str], host: Host, port: Port) -> Result<Bound<SocketAddr>, Error> {
        let mut next = 5000;
        choose(host, port, &mut |mut address: SocketAddr| {
            if absent.contains(&if address.is_ipv4() { '4' } else { '6' }) {
                return Err(ErrorKind::AddrNotAvailable.into());
            }
            if address.port() == 0 {
                address.set_port(next);
                next += 1;
            }
            if taken.contains(&address.to_string().as_str()) {
                return Err(io::Error::from(ErrorKind::AddrInUse));
            }
            Ok((address, address.port()))
        })
    }

    #[test]
    fn the_address_bound_and_the_one_told_are_the_same() {
        use Host::{Ipv4, Ipv6, Localhost};
        for (absent, taken, host, port, bound, authority) in [
            (&[][..], &[][..], Ipv4, Port::Any, &["127.0.0.1:5000"][..], "127.0.0.1:5000"),
            (&['4'], &[], Ipv4, Port::Any, &["[::1]:5000"], "[::1]:5000"),
            (&[], &[], Ipv4, Port::Exact(7), &["127.0.0.1:7"], "127.0.0.1:7"),
            (&[], &[], Ipv4, Port::Exact(80), &["127.0.0.1:80"], "127.0.0.1"),
            (&[], &["[::1]:7"], Ipv4, Port::Exact(7), &["127.0.0.1:7"], "127.0.0.1:7"),
            (&[], &["127.0.0.1:7", "127.0.0.1:8"], Ipv4, Port::Range(7, 9), &["127.0.0.1:9"], "127.0.0.1:9"),
            (&[], &[], Ipv6, Port::Any, &["[::1]:5000"], "[::1]:5000"),
            (&[], &[], Localhost, Port::Any, &["127.0.0.1:5000", "[::1]:5000"], "localhost:5000"),
            (&['6'], &[], Localhost, Port::Any, &["127.0.0.1:5000"], "localhost:5000"),
            (&['6'], &[], Localhost, Port::Exact(7), &["127.0.0.1:7"], "localhost:7"),
            (&[], &["[::1]:5000"], Localhost, Port::Any, &["127.0.0.1:5001", "[::1]:5001"], "localhost:5001"),
            (&[], &["[::1]:7"], Localhost, Port::Range(7, 8), &["127.0.0.1:8", "[::1]:8"], "localhost:8"),
        ] {
            let result = on(absent, taken, host, port).unwrap();
            let listeners: Vec<_> = result.listeners.iter().map(ToString::to_string).collect();
            assert_eq!(
                (listeners, result.authority.as_str()),
                (bound.iter().map(ToString::to_string).collect(), authority)
            );
            assert_eq!(result.local.to_string(), bound[0]);
        }
    }

    #[test]
    fn what_cannot_be_had_is_refused_by_name() {
        use Host::{Ipv4, Ipv6, Localhost};
        for (absent, taken, host, port, error) in [
            (&[][..], &["127.0.0.1:7"][..], Ipv4, Port::Exact(7), "port 7 is in use by another program"),
            (&[], &["[::1]:7"], Localhost, Port::Exact(7), "port 7 is in use by another program"),
            (&[], &["127.0.0.1:7", "127.0.0.1:8"], Ipv4, Port::Range(7, 8), "no port from 7 to 8 is free"),
            (&[], &[], Ipv4, Port::Range(8, 7), "no port from 8 to 7 is free"),
            (&['4'], &[], Ipv4, Port::Exact(7), "the loopback address 127.0.0.1:7 cannot be bound"),
            (&['4'], &[], Localhost, Port::Any, "the loopback address 127.0.0.1:0 cannot be bound"),
            (&['6'], &[], Ipv6, Port::Any, "the loopback address [::1]:0 cannot be bound"),
            (&['4', '6'], &[], Ipv4, Port::Any, "the loopback address 127.0.0.1:0 cannot be bound"),
        ] {
            let result = on(absent, taken, host, port);
            assert_eq!(result.err().map(|error| error.to_string()).as_deref(), Some(error), "{host:?} {port:?}");
        }
    }

    #[test]
    fn ports_that_only_one_family_has_are_not_sought_for_ever() {
        let taken: Vec<_> = (5000..=5100).map(|port| format!("[::1]:{port}")).collect();
        let taken: Vec<_> = taken.iter().map(String::as_str).collect();
        assert!(matches!(on(&[], &taken, Host::Localhost, Port::Any), Err(Error::NoCommonPort)));
    }

    #[test]
    fn a_path_that_no_browser_sends_back_as_it_stands_is_refused() {
        for (path, good) in [
            ("/", true),
            ("/callback", true),
            ("/a/b-c_d.e~%20", true),
            ("", false),
            ("callback", false),
            ("/a?b", false),
            ("/a#b", false),
            ("/a b", false),
            ("/a\r\nX: y", false),
            ("/é", false),
            ("/a/../b", false),
            ("/{a}", false),
        ] {
            let address = Address { host: Host::Ipv4, port: Port::Any, path: path.to_owned() };
            assert_eq!(address.check_path().is_ok(), good, "{path:?}");
        }
    }
}
