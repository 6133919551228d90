//! Every page of the portal, and the layers around them in order.
use crate::accounts::passwords::Passwords;
use crate::accounts::recognise::{recognise, remember};
use crate::accounts::sessions::{COOKIE, Sessions};
use crate::config::{Config, LARGEST_FORM, SESSION_LONGEST_DAYS};
use crate::db::Db;
use crate::error::{Error, Result};
use crate::events::Feeds;
use crate::media::Media;
use crate::ratings::Ratings;
use crate::site::{Present, Site};
use crate::uploads::{Limits, Uploads};
use crate::watching::Watching;
use crate::web::kept::{Kept, front};
use crate::web::metrics::Metrics;
use crate::web::route::{self, Route};
use crate::web::surround::{Guards, surround};
use crate::web::{files, health};
use crate::{
    accounts, admin, assistance, audiences, bases, booklets, broadcast, calendar, channels, clock, contests,
    copies, coverage, directory, enrolments, events, feedback, guidance, help, home, honours, ids, imports,
    inbox, jobs, lectures, manner, manuscripts, media, msg, organize, plans, rankings, ratings, redress,
    review, rights, roster, search, selftests, settings, site, stories, studio, study, uploads, viewings,
    visits, watching,
};
use actix_session::SessionMiddleware;
use actix_session::config::{CookieContentSecurity, PersistentSession};
use actix_web::cookie::{Key, SameSite, time};
use actix_web::middleware::from_fn;
use actix_web::web::{self, Data, ServiceConfig};

/// Every route, with its door.
pub fn routes() -> Vec<Route> {
    [
        accounts::pages::routes(),
        lectures::pages::routes(),
        watching::pages::routes(),
        booklets::pages::routes(),
        directory::pages::routes(),
        roster::pages::routes(),
        imports::pages::routes(),
        bases::pages::routes(),
        stories::pages::routes(),
        assistance::pages::routes(),
        feedback::pages::routes(),
        admin::pages::routes(),
        settings::pages::routes(),
        search::pages::routes(),
        manner::pages::routes(),
        help::pages::routes(),
        home::pages::routes(),
        media::pages::routes(),
        uploads::pages::routes(),
        studio::pages::routes(),
        copies::pages::routes(),
        rights::pages::routes(),
        rankings::pages::routes(),
        // `/review/courses` stands before `/review/{lecture}`.
        contests::pages::routes(),
        honours::pages::routes(),
        guidance::pages::routes(),
        organize::pages::routes(),
        // Before the reviewers' desk of lectures: /review/{lecture} would take /review/booklets for a lecture.
        manuscripts::pages::routes(),
        // Likewise /review/ratings.
        ratings::pages::routes(),
        review::pages::routes(),
        jobs::pages::routes(),
        channels::pages::routes(),
        calendar::pages::routes(),
        inbox::pages::routes(),
        selftests::pages::routes(),
        events::pages::routes(),
        audiences::pages::routes(),
        plans::pages::routes(),
        coverage::pages::routes(),
        viewings::pages::routes(),
        enrolments::pages::routes(),
        study::pages::routes(),
        broadcast::pages::routes(),
        redress::pages::routes(),
        visits::pages::routes(),
        contests::pages::routes(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// What all workers of one process share.
#[derive(Clone)]
pub struct Portal {
    pub db: Data<Db>,
    pub config: Data<Config>,
    pub site: Data<Present>,
    pub kept: Data<Kept>,
    pub metrics: Data<Metrics>,
    pub passwords: Data<Passwords>,
    pub uploads: Data<Uploads>,
    pub watching: Data<Watching>,
    pub ratings: Data<Ratings>,
    pub media: Data<Media>,
    feeds: Data<Feeds>,
    guards: Data<Guards>,
    key: Data<Key>,
}

impl Portal {
    /// Reads what a server needs to know before its first request.
    ///
    /// # Errors
    /// Those of the database.
    pub fn new(db: Db, config: Config) -> Result<Portal> {
        let (key, media_key, calendar_key, site) = db.write_now(|conn| {
            search::catch_up(conn)?;
            let key = site::secret(conn, "session_key", &ids::random_hex(64))?;
            let media_key = site::secret(conn, "media_key", &ids::random_hex(32))?;
            let calendar_key = site::secret(conn, "calendar_key", &ids::random_hex(32))?;
            Ok((key, media_key, calendar_key, Site::load(conn, clock::day(clock::now()))?))
        })?;
        let uploads_folder = config.uploads.clone();
        let present = Data::new(Present::default());
        present.set(site);
        let media = Media::new(&config, &media_key).map_err(|error| Error::Refused(error.words()))?;
        let guards = Guards::new(config.is_tls(), media.store.origin());
        Ok(Portal {
            kept: Data::new(Kept::new(db.clone(), present.clone(), guards.clone())),
            metrics: Data::default(),
            watching: Data::new(Watching::start(db.clone())?),
            ratings: Data::new(Ratings::start(db.clone())?),
            media: Data::new(media),
            feeds: Data::new(Feeds::new(&calendar_key)),
            guards: Data::new(guards),
            db: Data::new(db),
            config: Data::new(config),
            site: present,
            passwords: Data::new(Passwords::default()),
            uploads: Data::new(Uploads::new(uploads_folder, Limits::default())),
            key: Data::new(Key::from(key.as_bytes())),
        })
    }

    /// Mounts the whole portal.
    pub fn configure(&self, app: &mut ServiceConfig) {
        let session = SessionMiddleware::builder(Sessions(Db::clone(&self.db)), Key::clone(&self.key))
            .cookie_name(COOKIE.into())
            .cookie_secure(self.config.is_tls())
            .cookie_http_only(true)
            .cookie_same_site(SameSite::Lax)
            .cookie_content_security(CookieContentSecurity::Signed)
            .session_lifecycle(
                PersistentSession::default().session_ttl(time::Duration::days(SESSION_LONGEST_DAYS)),
            )
            .build();
        // A player asks for a recording's parts by the hundred: no layer around them looks for a session.
        let (bare, pages): (Vec<_>, Vec<_>) =
            routes().into_iter().partition(|route| route.path.starts_with("/m/"));
        app.app_data(self.db.clone())
            .app_data(self.config.clone())
            .app_data(self.site.clone())
            .app_data(self.kept.clone())
            .app_data(self.metrics.clone())
            .app_data(self.passwords.clone())
            .app_data(self.watching.clone())
            .app_data(self.ratings.clone())
            .app_data(self.key.clone())
            .app_data(self.media.clone())
            .app_data(self.feeds.clone())
            .app_data(self.guards.clone())
            .app_data(self.uploads.clone())
            .app_data(web::PathConfig::default().error_handler(|_, _| Error::NotFound.into()))
            .app_data(web::QueryConfig::default().error_handler(|_, _| unreadable().into()))
            .app_data(web::FormConfig::default().limit(LARGEST_FORM).error_handler(|error, _| match error {
                actix_web::error::UrlencodedError::Overflow { .. } => Error::TooLarge.into(),
                _ => unreadable().into(),
            }))
            .app_data(web::PayloadConfig::new(LARGEST_FORM))
            .configure(health::mount)
            .configure(watching::pages::mount)
            .route("/static/{name:.*}", web::get().to(files::serve))
            .configure(|app| bare.into_iter().for_each(|route| route.bare().mount(app)))
            .service(
                web::scope("")
                    .configure(|scope| route::mount(pages, scope))
                    .default_service(web::to(route::not_found))
                    // The last named is the outermost.
                    .wrap(from_fn(recognise))
                    .wrap(session)
                    .wrap(from_fn(remember))
                    .wrap(from_fn(surround))
                    .wrap(from_fn(front)),
            );
    }
}

fn unreadable() -> Error {
    Error::Malformed(msg!("地址或内容写得不对，什么都没有改动。"))
}
