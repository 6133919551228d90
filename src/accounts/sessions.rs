//! Sessions in our own database, behind actix-session: idle and absolute expiry, and a list for their owner.
use super::store;
use crate::access::Viewer;
use crate::clock::{self, Timestamp};
use crate::config::{SESSION_IDLE_DAYS, SESSION_LONGEST_DAYS};
use crate::db::{Conn, Db};
use crate::either;
use crate::error::Result;
use crate::ids::{AccountId, PersonId, digest, random_hex};
use crate::schema::{accounts, sessions};
use actix_session::storage::{LoadError, SaveError, SessionKey, SessionStore, UpdateError};
use actix_web::HttpRequest;
use actix_web::cookie::{CookieJar, Key, time};
use actix_web::web::Data;
use chrono::Duration;
use diesel::prelude::*;
use std::cell::RefCell;
use std::collections::{HashMap, HashSet};

type State = HashMap<String, String>;

/// The name of the cookie.
pub const COOKIE: &str = "session";

/// Names of what a session holds.
pub const ACCOUNT: &str = "account";
/// Whose password was right, while the second factor is missing; since when; and a digest of what the password was checked
/// against, so that a new password ends it.
pub const HALF: &str = "half";
pub const HALF_SINCE: &str = "half_since";
pub const HALF_PROOF: &str = "half_proof";
/// A second factor was shown.
pub const FACTOR: &str = "factor";
pub const DEVICE: &str = "device";
pub const AGENT: &str = "agent";
pub const ACTING: &str = "acting";
pub const ACTING_SINCE: &str = "acting_since";
/// Acting for somebody ends by itself after this many seconds.
const ACTING_SECONDS: i64 = 45 * 60;

/// A sign-in on some device, for its owner.
#[derive(Queryable, Debug, Clone)]
pub struct Device {
    pub device: String,
    pub agent: String,
    pub created_at: Timestamp,
    pub seen_at: Timestamp,
}

/// The store behind the session middleware.
#[derive(Clone)]
pub struct Sessions(pub Db);

impl SessionStore for Sessions {
    async fn load(&self, key: &SessionKey) -> Result<Option<State>, LoadError> {
        let (id, now) = (digest(key.as_ref()), clock::now());
        let found = self.0.read({
            let id = id.clone();
            move |conn| {
                let Some((json, seen_at)) = find(conn, &id, now)? else { return Ok(None) };
                let state: State = serde_json::from_str(&json).map_err(crate::error::Error::internal)?;
                // Whose it is, from the same moment: a second look would cost a page as much as its own queries.
                let viewer = match account(&state) {
                    Some(account) => store::viewer_for(conn, account, acting_for(&state, now))?,
                    None => None,
                };
                Ok(Some((state, seen_at, viewer)))
            }
        });
        let Some((state, seen_at, viewer)) = found.await.map_err(|error| LoadError::Other(error.into()))?
        else {
            return Ok(None);
        };
        // Outside a request nobody asks.
        let _nobody_asks = LOADED.try_with(|loaded| *loaded.borrow_mut() = viewer);
        // One small write in ten minutes keeps the idle clock, not one a request.
        if now - seen_at > Duration::minutes(10) {
            self.0
                .write(move |conn| touch(conn, &id, now))
                .await
                .map_err(|error| LoadError::Other(error.into()))?;
        }
        Ok(Some(state))
    }
    async fn save(&self, state: State, _: &time::Duration) -> Result<SessionKey, SaveError> {
        let key = random_hex(32);
        let (id, now) = (digest(&key), clock::now());
        self.0
            .write(move |conn| insert(conn, &id, &state, now))
            .await
            .map_err(|error| SaveError::Other(error.into()))?;
        key.try_into().map_err(|_| SaveError::Other(anyhow::Error::msg("the session key is too long")))
    }
    /// Changes a session that is still there. One that was ended meanwhile stays ended.
    async fn update(
        &self,
        key: SessionKey,
        state: State,
        _: &time::Duration,
    ) -> Result<SessionKey, UpdateError> {
        let id = digest(key.as_ref());
        self.0
            .write(move |conn| update(conn, &id, &state))
            .await
            .map_err(|error| UpdateError::Other(error.into()))?;
        Ok(key)
    }
    /// Idle time is kept by [`SessionStore::load`].
    async fn update_ttl(&self, _: &SessionKey, _: &time::Duration) -> Result<(), AnyError> {
        Ok(())
    }
    async fn delete(&self, key: &SessionKey) -> Result<(), AnyError> {
        let id = digest(key.as_ref());
        Ok(self.0.write(move |conn| delete(conn, &id)).await?)
    }
}
type AnyError = anyhow::Error;

fn find(conn: &mut Conn, id: &str, now: Timestamp) -> Result<Option<(String, Timestamp)>> {
    let is_fresh = sessions::seen_at
        .gt(now - Duration::days(SESSION_IDLE_DAYS))
        .and(sessions::created_at.gt(now - Duration::days(SESSION_LONGEST_DAYS)));
    Ok(either!(conn, c => sessions::table
        .find(id)
        .filter(is_fresh)
        .select((sessions::state, sessions::seen_at))
        .first(c)
        .optional())?)
}

fn touch(conn: &mut Conn, id: &str, now: Timestamp) -> Result<()> {
    either!(conn, c => diesel::update(sessions::table.find(id)).set(sessions::seen_at.eq(now)).execute(c))?;
    Ok(())
}

fn word(state: &State, name: &str) -> String {
    state.get(name).and_then(|json| serde_json::from_str(json).ok()).unwrap_or_default()
}

fn account(state: &State) -> Option<AccountId> {
    state.get(ACCOUNT).and_then(|json| json.parse().ok()).map(AccountId)
}

fn json(state: &State) -> Result<String> {
    serde_json::to_string(state).map_err(crate::error::Error::internal)
}

fn insert(conn: &mut Conn, id: &str, state: &State, now: Timestamp) -> Result<()> {
    let gone = sessions::seen_at.lt(now - Duration::days(SESSION_IDLE_DAYS));
    either!(conn, c => diesel::delete(sessions::table.filter(gone)).execute(c))?;
    let row = (
        sessions::id.eq(id),
        sessions::account_id.eq(account(state)),
        sessions::state.eq(json(state)?),
        sessions::device.eq(word(state, DEVICE)),
        sessions::agent.eq(word(state, AGENT)),
        sessions::created_at.eq(now),
        sessions::seen_at.eq(now),
    );
    either!(conn, c => diesel::insert_into(sessions::table).values(row).execute(c))?;
    Ok(())
}

fn update(conn: &mut Conn, id: &str, state: &State) -> Result<()> {
    let values = (
        sessions::account_id.eq(account(state)),
        sessions::state.eq(json(state)?),
        sessions::device.eq(word(state, DEVICE)),
        sessions::agent.eq(word(state, AGENT)),
    );
    either!(conn, c => diesel::update(sessions::table.find(id)).set(values).execute(c))?;
    Ok(())
}

fn delete(conn: &mut Conn, id: &str) -> Result<()> {
    either!(conn, c => diesel::delete(sessions::table.find(id)).execute(c))?;
    Ok(())
}

/// Where this account is signed in, last seen first; a hundred at most.
pub fn devices(conn: &mut Conn, account: AccountId, now: Timestamp) -> Result<Vec<Device>> {
    let is_fresh = sessions::seen_at
        .gt(now - Duration::days(SESSION_IDLE_DAYS))
        .and(sessions::created_at.gt(now - Duration::days(SESSION_LONGEST_DAYS)));
    Ok(either!(conn, c => sessions::table
        .filter(sessions::account_id.eq(account).and(is_fresh))
        .order((sessions::seen_at.desc(), sessions::id))
        .limit(100)
        .select((sessions::device, sessions::agent, sessions::created_at, sessions::seen_at))
        .load(c))?)
}

/// Ends one sign-in of this account. Not found if it is another account's.
pub fn end(conn: &mut Conn, account: AccountId, device: &str) -> Result<()> {
    let one = sessions::account_id.eq(account).and(sessions::device.eq(device));
    match either!(conn, c => diesel::delete(sessions::table.filter(one)).execute(c))? {
        0 => Err(crate::error::Error::NotFound),
        _ => Ok(()),
    }
}

/// Ends every sign-in of this account but the one on `device`.
pub fn end_others(conn: &mut Conn, account: AccountId, device: &str) -> Result<()> {
    let others = sessions::account_id.eq(account).and(sessions::device.ne(device));
    either!(conn, c => diesel::delete(sessions::table.filter(others)).execute(c))?;
    Ok(())
}

/// Ends every sign-in of this account.
pub fn end_all(conn: &mut Conn, account: AccountId) -> Result<()> {
    either!(conn, c => diesel::delete(sessions::table.filter(sessions::account_id.eq(account))).execute(c))?;
    Ok(())
}

tokio::task_local! {
    /// The viewer of the session that this request has loaded.
    static LOADED: RefCell<Option<Viewer>>;
}

/// Runs a request so that [`viewer`] knows whose session it loads.
pub async fn remembering<F: Future>(request: F) -> F::Output {
    LOADED.scope(RefCell::default(), request).await
}

/// Who looks: the owner of the session that was loaded, or the member for whom they act. `None` without a session, and if
/// the account was closed.
pub fn viewer() -> Option<Viewer> {
    LOADED.try_with(RefCell::take).ok().flatten()
}

/// For whom the owner of this session acts. Ends by itself after [`ACTING_SECONDS`].
fn acting_for(state: &State, now: Timestamp) -> Option<PersonId> {
    let number = |name| state.get(name).and_then(|json| json.parse::<i64>().ok());
    let since = number(ACTING_SINCE).unwrap_or_default();
    let is_fresh = now.and_utc().timestamp() - since < ACTING_SECONDS;
    number(ACTING).filter(|_| is_fresh).map(PersonId)
}

/// Whose a session is, for what is asked of it outside the layers around pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Holder {
    pub account: AccountId,
    /// Its owner; the member, while the owner acts for one and still may.
    pub person: PersonId,
    pub is_acting: bool,
}

/// The holders of those of these sessions that live: neither ended nor expired, of accounts that are open.
///
/// # Errors
/// Those of the database.
pub fn holders(conn: &mut Conn, ids: &[&str], now: Timestamp) -> Result<HashMap<String, Holder>> {
    let is_fresh = sessions::seen_at
        .gt(now - Duration::days(SESSION_IDLE_DAYS))
        .and(sessions::created_at.gt(now - Duration::days(SESSION_LONGEST_DAYS)));
    // One after the other: joined, SQLite would begin with the accounts and look at all of them.
    let rows: Vec<(String, Option<AccountId>, String)> = either!(conn, c => sessions::table
        .filter(sessions::id.eq_any(ids).and(is_fresh))
        .select((sessions::id, sessions::account_id, sessions::state))
        .load(c))?;
    let of_rows: HashSet<AccountId> = rows.iter().filter_map(|row| row.1).collect();
    let open: HashMap<AccountId, PersonId> = either!(conn, c => accounts::table
        .filter(accounts::id.eq_any(of_rows).and(store::is_open()))
        .select((accounts::id, accounts::person_id))
        .load::<(AccountId, PersonId)>(c))?
    .into_iter()
    .collect();
    let mut holders = HashMap::with_capacity(rows.len());
    for (id, account, json) in rows {
        let Some((account, person)) = account.and_then(|id| open.get_key_value(&id)) else { continue };
        let (account, person) = (*account, *person);
        let state: State = serde_json::from_str(&json).map_err(crate::error::Error::internal)?;
        let mut holder = Holder { account, person, is_acting: false };
        // Few act, and the right to may have ended since they began.
        if let Some(member) = acting_for(&state, now)
            && store::viewer_for(conn, account, Some(member))?.is_some_and(|viewer| viewer.is_acting())
        {
            (holder.person, holder.is_acting) = (member, true);
        }
        holders.insert(id, holder);
    }
    Ok(holders)
}

/// The id of the session whose cookie this request shows; `None` for a visitor and for a cookie that is not ours. Whether
/// the session lives is for [`holders`] to say.
pub fn shown(request: &HttpRequest) -> Option<String> {
    let key = request.app_data::<Data<Key>>()?;
    let mut jar = CookieJar::new();
    jar.add_original(request.cookie(COOKIE)?);
    Some(digest(jar.signed(key).get(COOKIE)?.value()))
}

/// A few words for the browser and the device, from what the browser says of itself: for its owner to recognise.
pub fn describe(agent: &str) -> String {
    let first = |names: &[(&'static str, &'static str)]| {
        names.iter().find(|(sign, _)| agent.contains(sign)).map(|(_, name)| *name)
    };
    let browser = first(&[
        ("MicroMessenger", "微信"),
        ("Edg", "Edge"),
        ("HuaweiBrowser", "华为浏览器"),
        ("MiuiBrowser", "小米浏览器"),
        ("Firefox", "Firefox"),
        ("Chrome", "Chrome"),
        ("Safari", "Safari"),
    ]);
    let device = first(&[
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("HarmonyOS", "HarmonyOS"),
        ("Android", "Android"),
        ("Windows", "Windows"),
        ("Macintosh", "Mac"),
        ("Linux", "Linux"),
    ]);
    [browser, device].into_iter().flatten().collect::<Vec<_>>().join(" · ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_device_is_described_in_a_few_words() {
        assert_eq!(
            describe("Mozilla/5.0 (Linux; Android 14) Chrome/120 Mobile MicroMessenger/8"),
            "微信 · Android"
        );
        assert_eq!(describe("Mozilla/5.0 (iPhone; CPU iPhone OS 17_1) Safari/604.1"), "Safari · iPhone");
        assert_eq!(describe("curl/8"), "");
    }
}
