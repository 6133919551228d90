//! What belongs in here: the yardstick of `benches/run`, the least that a server built with actix-web can do. It answers
//! every request with the plaintext `ok`, without a layer, a page or a database.
//!
//! `yardstick --listen 127.0.0.1:8090 --workers 2`; without `--listen` it ends at once, so that `cargo test` and
//! `cargo bench` pass it by.
use actix_web::{App, HttpServer, web};

/// What stands behind this name on the command line.
fn given(name: &str) -> Option<String> {
    std::env::args().skip_while(|argument| argument != name).nth(1)
}

#[actix_web::main]
async fn main() -> std::io::Result<()> {
    let Some(listen) = given("--listen") else {
        println!(
            "the yardstick of benches/run: serves with --listen ADDRESS, and has nothing to measure by itself"
        );
        return Ok(());
    };
    let workers = given("--workers").and_then(|number| number.parse().ok()).unwrap_or(2);
    HttpServer::new(|| App::new().default_service(web::to(async || "ok")))
        .workers(workers)
        .bind(listen)?
        .run()
        .await
}
