//! Who is at the other end: the address that counts for slowing down, and whether somebody sits at this machine.
use crate::config::Config;
use actix_web::HttpRequest;
use actix_web::http::header::HeaderMap;
use actix_web::web::Data;
use std::net::IpAddr;

const FORWARDED: [&str; 3] = ["x-forwarded-for", "forwarded", "x-real-ip"];

/// The address of the visitor. Behind a trusted proxy it is the last one in `X-Forwarded-For` that is no trusted proxy
/// itself: what stands before it was written by whoever sent the request.
pub fn address(request: &HttpRequest) -> Option<IpAddr> {
    let peer = request.peer_addr()?.ip().to_canonical();
    let trusted = request.app_data::<Data<Config>>().map_or(&[][..], |config| &config.trusted_proxies);
    Some(behind(peer, request.headers(), trusted))
}

fn behind(peer: IpAddr, headers: &HeaderMap, trusted: &[IpAddr]) -> IpAddr {
    let mut nearest = peer;
    let lines: Vec<_> =
        headers.get_all("x-forwarded-for").map(|line| line.to_str().unwrap_or_default()).collect();
    for said in lines.iter().flat_map(|line| line.split(',')).rev() {
        if !trusted.contains(&nearest) {
            break;
        }
        // What is no address was written by nobody who is trusted: the last one known stands.
        let Ok(address) = said.trim().parse::<IpAddr>() else { break };
        nearest = address.to_canonical();
    }
    nearest
}

/// Whether the request comes from this machine itself, and not through a proxy on it.
pub fn is_local(request: &HttpRequest) -> bool {
    request.peer_addr().is_some_and(|peer| peer.ip().to_canonical().is_loopback())
        && FORWARDED.iter().all(|name| !request.headers().contains_key(*name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::http::header::{HeaderName, HeaderValue};

    #[test]
    fn only_a_trusted_proxy_is_believed_and_only_as_far_as_it_can_know() {
        let ip = |text: &str| text.parse::<IpAddr>().unwrap();
        let proxy = [ip("127.0.0.1"), ip("10.0.0.2")];
        for (peer, said, client) in [
            ("127.0.0.1", "203.0.113.7", "203.0.113.7"),
            // The visitor wrote the first one.
            ("127.0.0.1", "198.51.100.1, 203.0.113.7", "203.0.113.7"),
            ("127.0.0.1", "203.0.113.7, 10.0.0.2", "203.0.113.7"),
            ("127.0.0.1", "not-an-address", "127.0.0.1"),
            ("127.0.0.1", "203.0.113.7, 10.0.0.2:8080", "127.0.0.1"),
            ("127.0.0.1", "", "127.0.0.1"),
            // Not a trusted proxy: it may say what it likes.
            ("192.0.2.9", "203.0.113.7", "192.0.2.9"),
            ("::ffff:127.0.0.1", "2001:db8::1", "2001:db8::1"),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(HeaderName::from_static("x-forwarded-for"), HeaderValue::from_str(said).unwrap());
            assert_eq!(behind(ip(peer).to_canonical(), &headers, &proxy), ip(client), "{peer} says {said}");
        }
    }
}
