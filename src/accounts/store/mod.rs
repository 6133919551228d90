//! Rows of accounts, codes and grants; `factors` has those of the second factor.
pub(super) mod factors;

use super::Refusal;
use crate::access::{Grant, Permission, Role, ScopeKind, Viewer};
use crate::clock::Timestamp;
use crate::db::Conn;
use crate::either;
use crate::error::{Error, Result};
use crate::ids::{AccountId, PersonId};
use crate::people;
use crate::schema::{accounts, grants, memberships, notices, one_time_codes, orgs, persons};
use diesel::dsl::exists;
use diesel::prelude::*;
use diesel::result::DatabaseErrorKind::UniqueViolation;
use diesel::result::Error::DatabaseError;

#[derive(Queryable, Selectable, Debug, Clone)]
#[diesel(table_name = accounts)]
pub struct Account {
    pub id: AccountId,
    #[diesel(column_name = person_id)]
    pub person: PersonId,
    pub username: String,
    pub password_hash: Option<String>,
}

pub(super) fn is_open() -> diesel::dsl::IsNull<accounts::closed_at> {
    accounts::closed_at.is_null()
}

pub(super) fn find(conn: &mut Conn, id: AccountId) -> Result<Account> {
    Ok(either!(conn, c => accounts::table.find(id).filter(is_open()).select(Account::as_select()).first(c))?)
}

/// The account of this name.
pub fn by_username(conn: &mut Conn, username: &str) -> Result<Option<Account>> {
    let is_it = accounts::username.eq(username.to_lowercase());
    Ok(
        either!(conn, c => accounts::table.filter(is_it).filter(is_open()).select(Account::as_select()).first(c).optional())?,
    )
}

/// The id behind an account name, also of an account that was closed: what it did stays in the record.
pub fn id_of_name(conn: &mut Conn, username: &str) -> Result<Option<AccountId>> {
    let is_it = accounts::username.eq(username.to_lowercase());
    Ok(either!(conn, c => accounts::table.filter(is_it).select(accounts::id).first(c).optional())?)
}

/// The account that somebody means who signs in: by account name, printed member number, or a telephone that only one
/// account has.
pub(super) fn named(conn: &mut Conn, name: &str) -> Result<Option<Account>> {
    let name = name.trim();
    if let Some(account) = by_username(conn, name)? {
        return Ok(Some(account));
    }
    let is_it = memberships::member_no.eq(name).and(memberships::valid_to.is_null());
    let by_number = either!(conn, c => accounts::table
        .inner_join(persons::table.inner_join(memberships::table))
        .filter(is_it)
        .filter(is_open())
        .select(Account::as_select())
        .first(c)
        .optional())?;
    if by_number.is_some() {
        return Ok(by_number);
    }
    let digits: String = name.chars().filter(|c| !matches!(c, ' ' | '-')).collect();
    let mut by_phone: Vec<Account> = either!(conn, c => accounts::table
        .inner_join(persons::table)
        .filter(persons::phone.eq(&digits))
        .filter(is_open())
        .order(accounts::id)
        .limit(2)
        .select(Account::as_select())
        .load(c))?;
    Ok(if by_phone.len() == 1 { by_phone.pop() } else { None })
}

pub(super) fn insert(conn: &mut Conn, person: PersonId, username: &str, now: Timestamp) -> Result<AccountId> {
    let row = (accounts::person_id.eq(person), accounts::username.eq(username), accounts::created_at.eq(now));
    match either!(conn, c => diesel::insert_into(accounts::table).values(row).returning(accounts::id).get_result(c))
    {
        Ok(id) => Ok(id),
        Err(DatabaseError(UniqueViolation, about)) => {
            let about = format!("{} {}", about.constraint_name().unwrap_or_default(), about.message());
            Err(if about.contains("person_id") { Refusal::AlreadyHasAccount } else { Refusal::NameTaken }
                .into())
        }
        Err(other) => Err(other.into()),
    }
}

pub(super) fn set_password(conn: &mut Conn, account: AccountId, hash: &str, now: Timestamp) -> Result<()> {
    let values = (accounts::password_hash.eq(hash), accounts::password_set_at.eq(now));
    either!(conn, c => diesel::update(accounts::table.find(account)).set(values).execute(c))?;
    Ok(())
}

pub(super) fn replace_code(
    conn: &mut Conn,
    account: AccountId,
    code_hash: &str,
    issued_by: Option<AccountId>,
    now: Timestamp,
    expires_at: Timestamp,
) -> Result<()> {
    let open = one_time_codes::account_id.eq(account).and(one_time_codes::used_at.is_null());
    either!(conn, c => diesel::delete(one_time_codes::table.filter(open)).execute(c))?;
    let row = (
        one_time_codes::account_id.eq(account),
        one_time_codes::code_hash.eq(code_hash),
        one_time_codes::issued_by.eq(issued_by),
        one_time_codes::issued_at.eq(now),
        one_time_codes::expires_at.eq(expires_at),
    );
    either!(conn, c => diesel::insert_into(one_time_codes::table).values(row).execute(c))?;
    Ok(())
}

/// Marks the code used. One statement, so that it works once; `false` if there is no such open code.
pub(super) fn use_code(conn: &mut Conn, account: AccountId, code_hash: &str, now: Timestamp) -> Result<bool> {
    let open = one_time_codes::account_id
        .eq(account)
        .and(one_time_codes::code_hash.eq(code_hash))
        .and(one_time_codes::used_at.is_null())
        .and(one_time_codes::expires_at.gt(now));
    let used = either!(conn, c => diesel::update(one_time_codes::table.filter(open))
        .set(one_time_codes::used_at.eq(now))
        .execute(c))?;
    Ok(used == 1)
}

pub(super) fn insert_grant(
    conn: &mut Conn,
    account: AccountId,
    role: Role,
    scope: ScopeKind,
    scope_id: Option<i64>,
    by: Option<AccountId>,
    now: Timestamp,
) -> Result<()> {
    let row = (
        grants::account_id.eq(account),
        grants::role.eq(role),
        grants::scope_kind.eq(scope),
        grants::scope_id.eq(scope_id),
        grants::granted_by.eq(by),
        grants::granted_at.eq(now),
    );
    match either!(conn, c => diesel::insert_into(grants::table).values(row).execute(c)) {
        Ok(_) => Ok(()),
        Err(DatabaseError(UniqueViolation, _)) => Err(Refusal::GrantedAlready.into()),
        Err(other) => Err(other.into()),
    }
}

/// Ends the open grants of this role; how many there were.
pub(super) fn end_grants(
    conn: &mut Conn,
    account: AccountId,
    role: Role,
    by: Option<AccountId>,
    now: Timestamp,
) -> Result<usize> {
    let open = grants::account_id.eq(account).and(grants::role.eq(role)).and(grants::ended_at.is_null());
    let values = (grants::ended_at.eq(now), grants::ended_by.eq(by));
    Ok(either!(conn, c => diesel::update(grants::table.filter(open)).set(values).execute(c))?)
}

/// The open grants of an account, with the paths of their organisations.
pub fn grants(conn: &mut Conn, account: AccountId) -> Result<Vec<Grant>> {
    let rows: Vec<(Role, ScopeKind, Option<i64>, Option<String>)> = either!(conn, c => grants::table
        .left_join(orgs::table.on(grants::scope_id
            .eq(orgs::id.nullable())
            .and(grants::scope_kind.eq(ScopeKind::Committee).or(grants::scope_kind.eq(ScopeKind::Branch)))))
        .filter(grants::account_id.eq(account).and(grants::ended_at.is_null()))
        .order(grants::id)
        .select((grants::role, grants::scope_kind, grants::scope_id, orgs::path.nullable()))
        .load(c))?;
    Ok(rows
        .into_iter()
        .map(|(role, scope, scope_id, path)| Grant {
            role,
            scope,
            scope_id,
            path: if scope == ScopeKind::City { Some("/".into()) } else { path },
        })
        .collect())
}

/// Those with an open account who may do this for the whole city, or for an organisation above this place in the tree.
///
/// # Errors
/// Those of the database.
pub fn holders_above(
    conn: &mut Conn,
    permission: Permission,
    path: &str,
) -> Result<Vec<(AccountId, PersonId)>> {
    let roles: Vec<Role> =
        Role::ALL.iter().copied().filter(|role| role.permissions().contains(&permission)).collect();
    // `/1/7/42/` lies below `/1/7/` and `/1/`.
    let ends = path.match_indices('/').map(|(end, _)| path[..=end].to_owned());
    let above: Vec<String> = ends.filter(|one| one != "/" && one != path).collect();
    let holds = grants::ended_at.is_null().and(grants::role.eq_any(roles)).and(is_open());
    let is_there = grants::scope_kind.eq(ScopeKind::City).or(orgs::path.nullable().eq_any(above));
    Ok(either!(conn, c => grants::table
        .inner_join(accounts::table.on(accounts::id.eq(grants::account_id)))
        .left_join(orgs::table.on(grants::scope_id
            .eq(orgs::id.nullable())
            .and(grants::scope_kind.eq_any([ScopeKind::Committee, ScopeKind::Branch]))))
        .filter(holds)
        .filter(is_there)
        .order(accounts::id)
        .select((accounts::id, accounts::person_id))
        .distinct()
        .load(c))?)
}

/// Who looks, signed in with this account: the account's person, or the member for whom a clerk acts, as long as the
/// clerk may. `None` if the account was closed.
pub fn viewer_for(
    conn: &mut Conn,
    account: AccountId,
    acting_for: Option<PersonId>,
) -> Result<Option<Viewer>> {
    let news = notices::table.filter(notices::person_id.eq(persons::id)).filter(notices::read_at.is_null());
    let found: Option<(PersonId, String, bool)> = either!(conn, c => accounts::table
        .inner_join(persons::table)
        .filter(accounts::id.eq(account))
        .filter(is_open())
        .select((persons::id, persons::name, exists(news)))
        .first(c)
        .optional())?;
    let Some((person, name, has_news)) = found else { return Ok(None) };
    let own = Viewer { account, person, name, grants: grants(conn, account)?, actor_name: None, has_news };
    let Some(member) = acting_for else { return Ok(Some(own)) };
    match people::find_within(conn, &own.paths(crate::access::Permission::ActForMembers), member) {
        Ok(card) => Ok(Some(Viewer {
            account,
            person: card.id,
            name: card.name,
            grants: vec![],
            actor_name: Some(own.name),
            has_news: false,
        })),
        Err(Error::NotFound) => Ok(Some(own)),
        Err(other) => Err(other),
    }
}
