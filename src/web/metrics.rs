//! What is counted about the running server, in the text format that Prometheus reads. Routes, not addresses; no person.
use actix_web::http::Method;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::Registry;
use std::time::Duration;

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Request {
    method: String,
    route: String,
    /// `2xx`, `3xx`, `4xx`, `5xx`
    status: &'static str,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Named {
    name: &'static str,
}

/// The counters of one process.
pub struct Metrics {
    registry: Registry,
    requests: Family<Request, Counter>,
    seconds: Histogram,
    present: Family<Named, Gauge>,
}

impl Default for Metrics {
    fn default() -> Metrics {
        let mut registry = Registry::with_prefix("weixiao");
        let requests = Family::default();
        // 0.2 ms to 6.5 s
        let seconds = Histogram::new(exponential_buckets(0.000_2, 2.0, 16));
        let present = Family::default();
        registry.register(
            "requests",
            "Pages and actions by route and outcome, kept pages left out",
            requests.clone(),
        );
        registry.register("request_seconds", "Time until the answer began", seconds.clone());
        registry.register("present", "State of the process at this moment", present.clone());
        Metrics { registry, requests, seconds, present }
    }
}

impl Metrics {
    /// Counts one request.
    pub fn count(&self, method: &Method, route: &str, status: u16, took: Duration) {
        let status = match status {
            200..300 => "2xx",
            300..400 => "3xx",
            400..500 => "4xx",
            _ => "5xx",
        };
        // Whoever makes up methods must not fill the memory.
        let known = [Method::GET, Method::HEAD, Method::POST].contains(method);
        let method = if known { method.as_str() } else { "other" }.to_owned();
        self.requests.get_or_create(&Request { method, route: route.to_owned(), status }).inc();
        self.seconds.observe(took.as_secs_f64());
    }
    /// The text, with the values of this moment.
    ///
    /// # Errors
    /// None that memory allows.
    pub fn text(&self, present: &[(&'static str, i64)]) -> Result<String, std::fmt::Error> {
        for (name, value) in present {
            self.present.get_or_create(&Named { name }).set(*value);
        }
        let mut text = String::new();
        encode(&mut text, &self.registry)?;
        Ok(text)
    }
}
