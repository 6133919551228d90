//! The choices in the head and foot of every page.
use crate::access::Access::Anyone;
use crate::config::Config;
use crate::web::form::local_path;
use crate::web::reply::Reply;
use crate::web::route::{Route, post};
use actix_web::HttpResponse;
use actix_web::cookie::time::Duration;
use actix_web::cookie::{Cookie, SameSite};
use actix_web::http::header;
use actix_web::web::{Data, Form};
use serde::Deserialize;

pub fn routes() -> Vec<Route> {
    vec![post("/manner", Anyone, choose)]
}

/// Each button sends one of the three; `back` is the page it stands on.
#[derive(Deserialize, Default)]
#[serde(default)]
struct Choice {
    mode: String,
    theme: String,
    lang: String,
    back: String,
}

impl Choice {
    /// The cookies to set. What is no choice changes nothing.
    fn cookies(&self) -> impl Iterator<Item = (&'static str, &'static str)> {
        [
            ("mode", &self.mode, ["elder", "standard"].as_slice()),
            ("theme", &self.theme, &["light", "dark", "device"]),
            ("lang", &self.lang, &["en", "zh-CN"]),
        ]
        .into_iter()
        .filter_map(|(name, sent, known)| Some((name, *known.iter().find(|value| *value == sent)?)))
    }
}

async fn choose(config: Data<Config>, choice: Form<Choice>) -> Reply {
    let mut reply = HttpResponse::SeeOther();
    for (name, value) in choice.cookies() {
        let cookie = Cookie::build(name, value)
            .path("/")
            .max_age(Duration::days(365))
            .same_site(SameSite::Lax)
            .http_only(true)
            .secure(config.is_tls())
            .finish();
        reply.cookie(cookie);
    }
    Ok(reply.insert_header((header::LOCATION, local_path(&choice.back))).finish())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_known_choices_are_kept() {
        let choice = |mode: &str, theme: &str, lang: &str| Choice {
            mode: mode.into(),
            theme: theme.into(),
            lang: lang.into(),
            back: String::new(),
        };
        assert_eq!(
            choice("elder", "", "en").cookies().collect::<Vec<_>>(),
            [("mode", "elder"), ("lang", "en")]
        );
        assert_eq!(choice("giant", "dark; x=1", "fr").cookies().count(), 0);
        assert_eq!(choice("", "device", "zh-CN").cookies().count(), 2);
    }
}
