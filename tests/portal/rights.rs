//! The member's right: every table with a person's key is shown or left out for a reason, what is shown is one's own, everything can
//! be taken away, who looked is told, and what is due is erased without touching what figures rest on.
use crate::world::{Browser, World};
use chrono::Duration;
use std::collections::{BTreeMap, BTreeSet};
use std::io::{Cursor, Read};
use weixiao::accounts;
use weixiao::audit::Doer;
use weixiao::cases;
use weixiao::clock;
use weixiao::ids::{AccountId, PersonId, random_hex};
use weixiao::rights::{self, EXCLUDED, Kind};
use weixiao::site::{self, Setting};
use weixiao::visits::{self, NewVisit};
use weixiao::worker;

fn person(world: &World, name: &str) -> i64 {
    world.number(&format!("SELECT person_id FROM accounts WHERE username = '{name}'"))
}

/// The tables that the migrations give a key of a person or an account, as they are written.
fn with_persons() -> BTreeSet<String> {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/migrations/sqlite");
    let mut found = BTreeSet::new();
    let mut gone = BTreeSet::new();
    let mut folders: Vec<_> =
        std::fs::read_dir(root).unwrap().map(|entry| entry.unwrap().path().join("up.sql")).collect();
    folders.sort();
    for file in folders {
        let sql = std::fs::read_to_string(file).unwrap();
        for part in sql.split("CREATE TABLE ").skip(1) {
            let (name, body) = part.split_once('(').unwrap();
            let body = body.split_once("\n);").map_or(body, |(body, _)| body);
            if body.contains("REFERENCES persons") || body.contains("REFERENCES accounts") {
                found.insert(name.trim().to_owned());
            }
        }
        for part in sql.split("DROP TABLE ").skip(1) {
            gone.insert(part.split([';', '\n']).next().unwrap().trim().to_owned());
        }
        for part in sql.split("RENAME TO ").skip(1) {
            gone.remove(part.split(';').next().unwrap().trim());
        }
    }
    let schema = include_str!("../../src/schema.rs");
    found.retain(|table| schema.contains(&format!("\n    {table} (")) || !gone.contains(table));
    found.retain(|table| schema.contains(&format!("\n    {table} (")));
    found
}

#[test]
fn every_table_with_a_person_is_shown_or_left_out_for_a_reason() {
    let shown: BTreeSet<&str> = Kind::ALL.iter().flat_map(|kind| kind.tables()).copied().collect();
    let left_out: BTreeMap<&str, &str> = EXCLUDED.iter().copied().collect();
    let tables = with_persons();
    assert!(tables.len() > 60, "{tables:?}");
    for table in &tables {
        let is_shown = shown.contains(table.as_str());
        let reason = left_out.get(table.as_str());
        assert!(
            is_shown || reason.is_some_and(|reason| reason.len() > 10),
            "{table} has a key of a person: show it on /me/data (src/rights) or say why not"
        );
        assert!(!(is_shown && reason.is_some()), "{table} is shown and left out");
    }
    // Nothing is on the lists that is not there.
    let schema = include_str!("../../src/schema.rs");
    for table in shown.iter().chain(left_out.keys()) {
        assert!(schema.contains(&format!("\n    {table} (")), "there is no table {table}");
    }
    // A statement reads the tables that its kind names, and a correction can be brought for what says so.
    for kind in Kind::ALL {
        if let Some(subject) = kind.subject() {
            assert!(cases::SUBJECTS.contains(&subject), "{subject}");
        }
    }
}

#[actix_web::test]
async fn every_kind_is_shown_to_its_person_and_to_nobody_else() {
    let world = World::new();
    let me = PersonId(person(&world, "member"));
    let stranger = PersonId(person(&world, "member2"));
    // Every statement runs on this database.
    let counts = world.db.read_now(|conn| rights::counts(conn, me)).unwrap();
    assert_eq!(counts.len(), Kind::ALL.len());
    let of = |kind: Kind| counts.iter().find(|one| one.0 == kind).unwrap().1;
    assert_eq!(of(Kind::Person), 1);
    assert_eq!(of(Kind::Membership), 1);
    assert!(of(Kind::Account) == 1 && of(Kind::Stage) >= 1 && of(Kind::Category) >= 1, "{counts:?}");
    let member = world.signed_in("member").await;
    let index = member.get("/me/data").await;
    assert_eq!(index.status, 200, "{}", index.body);
    let name = world.text(&format!("SELECT name FROM persons WHERE id = {me}"));
    for kind in Kind::ALL {
        let page = member.get(&format!("/me/data/of/{}", kind.as_str())).await;
        assert_eq!(page.status, 200, "{}: {}", kind.as_str(), page.body);
    }
    let page = member.get("/me/data/of/person").await;
    assert!(page.body.contains(&name) && page.body.contains("党员名册"), "{}", page.body);
    assert_eq!(member.get("/me/data/of/nothing").await.status, 404);
    assert_eq!(member.get("/me/data/of/person?page=2").await.status, 404);
    assert_eq!(world.visitor().get("/me/data").await.status, 303);
    // A fact is found among one's own only.
    let own = world.db.read_now(|conn| rights::facts(conn, me, Kind::Membership, 0, 10)).unwrap();
    let id = own[0].id;
    assert!(world.db.read_now(|conn| rights::fact(conn, me, Kind::Membership, id)).is_ok());
    assert!(world.db.read_now(|conn| rights::fact(conn, stranger, Kind::Membership, id)).is_err());
    let other = world.signed_in("member2").await;
    assert_eq!(other.get(&format!("/me/cases/new?about=membership&id={id}")).await.status, 404);
    for about in ["notice", "sign_in", "rating_key", "case", "nothing"] {
        assert_eq!(member.get(&format!("/me/cases/new?about={about}&id=1")).await.status, 404, "{about}");
    }
}

#[actix_web::test]
async fn a_correction_is_asked_for_from_the_fact_and_answered() {
    let world = World::new();
    let me = person(&world, "member");
    let member = world.signed_in("member").await;
    let page = member.get("/me/data/of/membership").await;
    let id = page.between("about=membership&#38;id=", "\"").to_owned();
    let form = member.get(&format!("/me/cases/new?about=membership&id={id}")).await;
    assert!(form.status == 200 && form.body.contains("申请更正"), "{}", form.body);
    let key = form.key();
    let fields =
        [("about", "membership"), ("id", id.as_str()), ("text", "编号少一位"), ("key", key.as_str())];
    let filed = member.post("/me/cases/new", &fields).await;
    assert_eq!(filed.status, 303, "{}", filed.body);
    assert_eq!(
        world.text("SELECT kind || ' ' || subject_kind FROM cases ORDER BY id DESC LIMIT 1"),
        "correction membership"
    );
    let case = world.number("SELECT MAX(id) FROM cases");
    let looks = || {
        world.number(&format!(
            "SELECT COUNT(*) FROM audit_entries WHERE action = 'person_seen' AND for_person_id = {me}"
        ))
    };
    let before = looks();
    let committee = world.signed_in("committee").await;
    let desk = committee.get(&format!("/cases/{case}")).await;
    assert!(desk.status == 200 && desk.body.contains("所在支部"), "{}", desk.body);
    assert_eq!(looks(), before + 1, "that somebody read it is in the log");
    let answer = [("outcome", "upheld"), ("reasons", "名册里少录一位，已请组织部门改正")];
    assert_eq!(committee.post(&format!("/cases/{case}"), &answer).await.status, 303);
    let shown = member.get(&format!("/me/cases/{case}")).await;
    assert!(shown.body.contains("已请组织部门改正"), "{}", shown.body);
    let list = member.get("/me/cases").await;
    assert!(list.body.contains("所在支部"), "{}", list.body);
    let mine = member.get("/me/data/of/case").await;
    assert!(mine.body.contains("成立"), "{}", mine.body);
}

#[actix_web::test]
async fn everything_can_be_taken_along_from_the_same_rows() {
    let world = World::new();
    let me = PersonId(person(&world, "member"));
    let name = world.text(&format!("SELECT name FROM persons WHERE id = {me}"));
    // Text that would be markup is none.
    world.sql(&format!("UPDATE persons SET reading_aids = '<script>x</script>' WHERE id = {me}"));
    let member = world.signed_in("member").await;
    let answer = member.post("/me/data/export", &[]).await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.headers["content-type"], "application/zip");
    let mut zip = zip::ZipArchive::new(Cursor::new(answer.raw)).unwrap();
    let mut read = |file: &str| {
        let mut text = String::new();
        zip.by_name(file).unwrap().read_to_string(&mut text).unwrap();
        text
    };
    let json: serde_json::Value = serde_json::from_str(&read("data.json")).unwrap();
    assert_eq!((&json["format"], &json["schema_version"]), (&"weixiao own data".into(), &2.into()));
    assert_eq!(json["metadata"]["learner"], name.as_str());
    let parts = ["learner", "learning", "results", "activities", "portal"];
    let mut kinds = 0;
    for part in parts {
        for (_, group) in json[part].as_object().unwrap() {
            for (kind, content) in group.as_object().unwrap() {
                let kind = Kind::of(kind).unwrap();
                kinds += 1;
                let count = world.db.read_now(|conn| rights::counts(conn, me)).unwrap();
                let count = count.iter().find(|one| one.0 == kind).unwrap().1;
                assert_eq!(content["facts"].as_array().unwrap().len() as i64, count, "{}", kind.as_str());
            }
        }
    }
    assert_eq!(kinds, Kind::ALL.len(), "every kind is in the file once");
    let html = read("data.html");
    assert!(html.contains(&name) && html.contains("lang=\"zh-CN\"") && !html.contains("<script"), "{html}");
    assert_eq!(
        world.number("SELECT COUNT(*) FROM audit_entries WHERE action = 'own_data_taken'"),
        1,
        "it is recorded"
    );
    let again = member.post("/me/data/export", &[]).await;
    assert_eq!(again.status, 429, "not twice at once");
    assert_eq!(world.visitor().post("/me/data/export", &[]).await.status, 401);
    for (lang, words) in [("zh-CN", "学习档案元数据"), ("en", "claim of conformity")] {
        let page = world.visitor();
        page.cookies.borrow_mut().insert("lang".into(), lang.into());
        let page = page.get("/me/data/format").await;
        assert!(page.status == 200 && page.body.contains(words), "{lang}: {}", page.body);
    }
}

#[actix_web::test]
async fn who_looked_is_told() {
    let world = World::new();
    let me = person(&world, "member");
    let secretary = world.signed_in("secretary").await;
    assert_eq!(secretary.get(&format!("/people/{me}")).await.status, 200);
    let name = world.text(
        "SELECT p.name FROM accounts a JOIN persons p ON p.id = a.person_id WHERE a.username = 'secretary'",
    );
    let member = world.signed_in("member").await;
    let page = member.get("/me/data/looks").await;
    assert!(page.status == 200 && page.body.contains(&name), "{}", page.body);
    assert!(page.body.contains("查看人员信息") && page.body.contains("谁打得开有您的名单"), "{}", page.body);
    // Who keeps another branch is not among those who open lists with the member.
    let other = world.text(
        "SELECT p.name FROM accounts a JOIN persons p ON p.id = a.person_id WHERE a.username = 'secretary2'",
    );
    assert!(!page.body.contains(&other), "{}", page.body);
    // A list with the member that somebody took along.
    let at = "'2026-01-02 00:00:00'";
    let offering = world.number("SELECT MIN(id) FROM offerings");
    let organizer = world.number("SELECT id FROM accounts WHERE username = 'organizer'");
    world.sql(&format!(
        "INSERT INTO enrolments (offering_id, person_id, seq, state, version, path, channel, enrolled_by, created_at, changed_at, key) \
         SELECT {offering}, {me}, 9999, 'confirmed', 1, '/', 'self', {organizer}, {at}, {at}, 'rights-test' \
         WHERE NOT EXISTS (SELECT 1 FROM enrolments WHERE offering_id = {offering} AND person_id = {me})"
    ));
    let before = member.get("/me/data/looks").await;
    assert!(before.body.contains("没有人导出过"), "{}", before.body);
    world.sql(&format!(
        "INSERT INTO audit_entries (at, request_id, actor_id, action, subject_kind, subject_id) \
         VALUES ('2099-01-02 00:00:00', 'x', {organizer}, 'list_exported', 'offering', {offering})"
    ));
    let page = member.get("/me/data/looks").await;
    assert!(!page.body.contains("没有人导出过"), "{}", page.body);
}

#[actix_web::test]
async fn whoever_takes_the_roster_along_is_told_to_those_who_stand_in_it() {
    let world = World::new();
    let member = world.signed_in("member").await;
    let told = async || member.get("/me/data/looks").await.body.matches("党员名册").count();
    let before = told().await;
    let taken = |kind: &str, name: &str| {
        world.sql(&format!(
            "INSERT INTO import_exports (kind, purpose, row_count, made_by, made_at) \
             SELECT '{kind}', 'check', 1, id, '2099-01-02 00:00:00' FROM accounts WHERE username = '{name}'"
        ));
    };
    // A list of schools has no members, and a secretary's scope has no roster to take.
    taken("schools", "committee");
    taken("members", "secretary");
    assert_eq!(told().await, before);
    taken("members", "committee");
    assert_eq!(told().await, before + 1);
}

#[actix_web::test]
async fn whoever_acts_for_a_member_does_not_read_what_is_the_members_alone() {
    let world = World::new();
    let elder = person(&world, "elder");
    let own = world.signed_in("elder").await;
    let clerk = world.signed_in("clerk").await;
    assert_eq!(clerk.post(&format!("/people/{elder}/acting"), &[]).await.status, 303);
    let (all, index) = (own.get("/me/data").await.body, clerk.get("/me/data").await.body);
    for kind in
        ["sign_in", "code", "factor", "calendar", "mail_address", "letter", "wrong_answer", "feedback"]
    {
        let path = format!("/me/data/of/{kind}");
        let link = format!("href=\"{path}\"");
        assert!(all.contains(&link) && !index.contains(&link), "{kind}");
        assert_eq!(own.get(&path).await.status, 200, "{kind}");
        assert_eq!(clerk.get(&path).await.status, 404, "{kind}");
    }
    assert!(index.contains("href=\"/me/data/of/membership\""), "{index}");
    assert_eq!(clerk.post("/me/data/export", &[]).await.status, 403);
}

/// Runs as the worker of a day would.
fn sweep(world: &World, days: i64) -> usize {
    rights::sweep(&world.db, clock::now() + Duration::days(days)).unwrap()
}

#[actix_web::test]
async fn what_is_due_is_erased_and_what_figures_rest_on_stays() {
    let world = World::new();
    let me = person(&world, "member");
    let lecture = world.number("SELECT MIN(id) FROM lectures WHERE media_id IS NOT NULL");
    let media = world.number(&format!("SELECT media_id FROM lectures WHERE id = {lecture}"));
    let now = clock::now();
    let at = |days: i64| format!("'{}'", (now - Duration::days(days)).format("%Y-%m-%d %H:%M:%S"));
    world.sql(&format!("DELETE FROM watches WHERE person_id = {me}"));
    let blob = if crate::world::server().is_some() { "'\\x0a02'" } else { "X'0A02'" };
    world.sql(&format!(
        "INSERT INTO watches (person_id, lecture_id, media_id, seen, seconds, length_s, last_ms, first_at, last_at) \
         VALUES ({me}, {lecture}, {media}, {blob}, 3, 12, 4000, {}, {})",
        at(401),
        at(400)
    ));
    world.sql(&format!(
        "INSERT INTO notices (person_id, kind, title, body, link, at, key) \
         VALUES ({me}, 'message', '[\"旧\",[]]', '很久以前的话', '/', {}, 'old'), ({me}, 'message', '[\"新\",[]]', '昨天的话', '/', {}, 'new')",
        at(400),
        at(1)
    ));
    world.sql(&format!(
        "INSERT INTO feedback (kind, text, contact, about_path, sent_at, idem_key, handled_at) \
         VALUES ('complaint', '灯坏了', '028-0000', '/', {}, 'rights-feedback', {})",
        at(500),
        at(400)
    ));
    // What somebody wrote beside a change of the roster, long ago and lately: the change stays.
    let by = world.number("SELECT id FROM accounts WHERE username = 'secretary'");
    for days in [4_000, 1] {
        world.sql(&format!(
            "INSERT INTO roster_changes (person_id, kind, day, by_id, at, idem_key) \
             VALUES ({me}, 'name', '2020-01-01', {by}, {}, 'rights-{days}')",
            at(days)
        ));
        world.sql(&format!(
            "INSERT INTO roster_notes (change_id, text) \
             SELECT id, '写在旁边的话' FROM roster_changes WHERE idem_key = 'rights-{days}'"
        ));
    }
    let completions = world.number("SELECT COUNT(*) FROM completions");
    let log = world.number("SELECT COUNT(*) FROM audit_entries");
    let due = world.db.read_now(|conn| rights::due(conn, now)).unwrap();
    let rows = |setting: Setting| due.iter().find(|one| one.setting == setting).unwrap().rows;
    assert_eq!(rows(Setting::RetentionViews), Some(1));
    assert_eq!(rows(Setting::RetentionContacts), Some(1));
    assert!(rows(Setting::RetentionNotices) >= Some(1));

    let erased = sweep(&world, 0);
    assert!(erased >= 3, "{erased}");
    let seen = if crate::world::server().is_some() { "encode(seen, 'hex')" } else { "LOWER(HEX(seen))" };
    assert_eq!(
        world.text(&format!("SELECT {seen} FROM watches WHERE person_id = {me}")),
        "0700",
        "three seconds stay; which ones is forgotten"
    );
    assert_eq!(world.number(&format!("SELECT seconds FROM watches WHERE person_id = {me}")), 3);
    let notes = "SELECT COUNT(n.change_id) FROM roster_changes c LEFT JOIN roster_notes n ON n.change_id = c.id WHERE c.idem_key";
    assert_eq!(world.number(&format!("{notes} = 'rights-4000'")), 0);
    assert_eq!(world.number(&format!("{notes} = 'rights-1'")), 1);
    assert_eq!(world.number("SELECT COUNT(*) FROM roster_changes WHERE idem_key LIKE 'rights-%'"), 2);
    assert_eq!(world.number("SELECT COUNT(*) FROM notices WHERE key = 'old' AND body = ''"), 1);
    assert_eq!(world.number("SELECT COUNT(*) FROM notices WHERE key = 'new' AND body <> ''"), 1);
    assert_eq!(
        world.number(
            "SELECT COUNT(*) FROM feedback WHERE idem_key = 'rights-feedback' AND contact = '' AND text <> ''"
        ),
        1
    );
    assert_eq!(world.number("SELECT COUNT(*) FROM completions"), completions);
    assert_eq!(world.number("SELECT COUNT(*) FROM audit_entries"), log);
    // The same day again, and by another worker, does nothing and says nothing new.
    let lines = world.number("SELECT COUNT(*) FROM retention_runs");
    assert_eq!(sweep(&world, 0), 0);
    assert_eq!(world.number("SELECT COUNT(*) FROM retention_runs"), lines);
    assert_eq!(lines, site::RETENTION.len() as i64, "a line a rule");
    assert!(world.try_sql("UPDATE retention_runs SET erased = 0").is_err(), "the log is append-only");
    // The next day it runs again and finds nothing of this.
    sweep(&world, 1);
    assert_eq!(world.number("SELECT COUNT(*) FROM retention_runs"), 2 * lines);
}

#[actix_web::test]
async fn days_are_a_setting_that_a_second_person_approves() {
    let world = World::new();
    let admin = world.signed_in("admin").await;
    let page = admin.get("/admin/retention").await;
    assert!(page.status == 200 && page.body.contains("看课细节保留的天数"), "{}", page.body);
    for bad in ["", "29", "never", "40000"] {
        let answer = admin.post("/admin/settings/retention_views", &[("value", bad)]).await;
        assert_eq!(answer.status, 422, "{bad}");
    }
    let proposed = admin.post("/admin/settings/retention_views", &[("value", "60")]).await;
    assert_eq!(proposed.location.as_deref(), Some("/admin/settings?done=setting-proposed"));
    let days = || {
        let today = clock::day(clock::now());
        world.db.read_now(|conn| site::number(conn, Setting::RetentionViews, today)).unwrap()
    };
    assert_eq!(days(), 365, "a proposal changes nothing");
    let change = world.number("SELECT MAX(id) FROM setting_changes");
    let decide = format!("/admin/settings/changes/{change}/approved");
    assert_eq!(admin.post(&decide, &[]).await.status, 409, "not by whoever proposed it");
    assert_eq!(world.signed_in("checker").await.post(&decide, &[]).await.status, 303);
    assert_eq!(days(), 60);
    for caller in ["member", "secretary", "organizer"] {
        assert_eq!(world.signed_in(caller).await.get("/admin/retention").await.status, 403, "{caller}");
    }
}

fn account(world: &World, name: &str) -> i64 {
    world.number(&format!("SELECT id FROM accounts WHERE username = '{name}'"))
}

/// What `data.json` says of a kind.
fn facts_of(json: &serde_json::Value, kind: &str) -> Vec<serde_json::Value> {
    let mut found = vec![];
    for part in ["learner", "learning", "results", "activities", "portal"] {
        for group in json[part].as_object().unwrap().values() {
            if let Some(content) = group.get(kind) {
                found.extend(content["facts"].as_array().unwrap().iter().cloned());
            }
        }
    }
    found
}

#[actix_web::test]
async fn what_the_branch_has_recorded_of_somebody_is_taken_along() {
    let world = World::new();
    let (me, stranger) = (PersonId(person(&world, "member")), PersonId(person(&world, "member2")));
    let (by, other) = (account(&world, "secretary"), account(&world, "committee"));
    let (helper, clerk) = (person(&world, "secretary"), person(&world, "clerk"));
    let branch = |who: PersonId| {
        let home = format!("SELECT branch_id FROM memberships WHERE person_id = {who} AND valid_to IS NULL");
        world.number(&home)
    };
    let (from, to, at) = (branch(me), branch(stranger), "'2026-01-02 00:00:00'");
    for sql in [
        format!(
            "INSERT INTO guidance_groups (tier, org_id, name, valid_from, made_by, made_at, key) \
             VALUES ('city', 1, '河道巡回指导组', '2025-01-01', {by}, {at}, 'own-group')"
        ),
        format!(
            "INSERT INTO guidance_members (group_id, person_id, is_leader, valid_from) \
             SELECT id, {me}, false, valid_from FROM guidance_groups WHERE key = 'own-group'"
        ),
        format!(
            "INSERT INTO study_plans (title, about, org_id, starts_on, ends_on, state, version, draft_version, revision, created_by, \
             created_at, key) VALUES ('冬季学习', '', 1, '2026-01-01', '2026-03-01', 'draft', 0, 1, 1, {by}, {at}, 'own-plan')"
        ),
        format!(
            "INSERT INTO exemptions (person_id, plan_id, valid_from, valid_to, proposed_by, proposed_at, key) \
             SELECT {me}, id, starts_on, ends_on, {by}, created_at, 'own-exemption' FROM study_plans WHERE key = 'own-plan'"
        ),
        "INSERT INTO exemption_reasons (exemption_id, text) SELECT id, '腰伤住院' FROM exemptions WHERE key = 'own-exemption'".into(),
        format!(
            "INSERT INTO errands (plan_id, person_id, helper_id, way, due_on, state, assigned_by, assigned_at, key) \
             SELECT id, {me}, {helper}, 'door', ends_on, 'open', {by}, created_at, 'own-errand' FROM study_plans WHERE key = 'own-plan'"
        ),
        format!(
            "INSERT INTO transfers (person_id, from_branch_id, to_branch_id, state, proposed_by, proposed_at, decided_by, decided_at, \
             idem_key) VALUES ({me}, {from}, {to}, 'refused', {by}, {at}, {other}, {at}, 'own-transfer')"
        ),
        "INSERT INTO transfer_reasons (transfer_id, text) SELECT id, '材料不齐' FROM transfers WHERE idem_key = 'own-transfer'".into(),
        format!(
            "INSERT INTO print_editions (title, imprint, rule, started_on, made_by, created_at, key) \
             VALUES ('灌区巡查手册', '', 'member', '2026-01-01', {by}, {at}, 'own-edition')"
        ),
        format!(
            "INSERT INTO copy_moves (edition_id, kind, from_org, pile, count, person_id, recorded_by, day, recorded_at, key) \
             SELECT id, 'handed_out', {from}, 'stock', 1, {me}, {by}, started_on, created_at, 'own-copy' FROM print_editions \
             WHERE key = 'own-edition'"
        ),
        format!(
            "INSERT INTO imports (kind, state, file_name, row_count, mapping, is_whole, scope, compared, new_count, changed_count, \
             same_count, gone_count, unsure_count, wrong_count, progress, problem, made_by, made_at, applied_by, applied_at, is_swept, key) \
             VALUES ('members', 'applied', '冬季名册.csv', 1, '{{}}', false, '[]', '', 0, 1, 0, 0, 0, 0, 0, '', {by}, {at}, {by}, {at}, \
             false, 'own-import')"
        ),
        format!(
            "INSERT INTO import_touches (import_id, person_id, detail) \
             SELECT id, {me}, '手机号：028-1 → 028-2' FROM imports WHERE key = 'own-import'"
        ),
    ] {
        world.sql(&sql);
    }
    let now = clock::now();
    let visit = NewVisit {
        members: vec![me],
        deliverer: PersonId(helper),
        second: PersonId(clerk),
        topic: "怎样看护斗渠".into(),
        lecture: None,
        missed: None,
        place: "家里".into(),
        starts_at: now - Duration::hours(2),
        minutes: 40,
        agreed_photo: false,
        key: random_hex(16),
    };
    let viewer = world.db.read_now(|conn| accounts::viewer_for(conn, AccountId(by), None)).unwrap().unwrap();
    let doer = Doer { account: Some(AccountId(by)), ..Doer::default() };
    world.db.write_now(|conn| visits::record(conn, &viewer, &visit, &doer, now)).unwrap();

    let member = world.signed_in("member").await;
    let answer = member.post("/me/data/export", &[]).await;
    assert_eq!(answer.status, 200);
    let mut zip = zip::ZipArchive::new(Cursor::new(answer.raw)).unwrap();
    let mut read = |file: &str| {
        let mut text = String::new();
        zip.by_name(file).unwrap().read_to_string(&mut text).unwrap();
        text
    };
    let text = read("data.json");
    let json: serde_json::Value = serde_json::from_str(&text).unwrap();
    let html = read("data.html");
    let name = world.text(&format!("SELECT name FROM persons WHERE id = {helper}"));
    let counts = world.db.read_now(|conn| rights::counts(conn, stranger)).unwrap();
    for (kind, field, said) in [
        ("home_visit", "title", "怎样看护斗渠"),
        ("guidance_member", "title", "河道巡回指导组"),
        ("exemption", "title", "冬季学习"),
        ("errand", "title", "冬季学习"),
        ("transfer", "text", "材料不齐"),
        ("copy", "title", "灌区巡查手册"),
        ("listed_change", "title", "冬季名册.csv"),
        ("listed_change", "text", "手机号：028-1 → 028-2"),
    ] {
        let facts = facts_of(&json, kind);
        assert_eq!(facts.len(), 1, "{kind}");
        assert_eq!(facts[0][field], said, "{kind}");
        // Of a group nothing but its days is kept.
        let recorder = if kind == "guidance_member" { None } else { Some(name.as_str()) };
        assert_eq!(facts[0]["recorded_by"].as_str(), recorder, "{kind}");
        assert!(html.contains(said), "{kind}");
        let of = counts.iter().find(|one| one.0.as_str() == kind).unwrap();
        assert_eq!(of.1, 0, "{kind} of somebody else");
    }
    assert!(!text.contains("腰伤住院") && !html.contains("腰伤住院"), "the reason is for those who decide");
}

#[actix_web::test]
async fn what_was_mended_is_shown_with_what_it_was_before() {
    let world = World::new();
    let (me, by) = (person(&world, "member"), account(&world, "committee"));
    for sql in [
        format!(
            "INSERT INTO roster_changes (person_id, kind, day, by_id, at, idem_key) \
             VALUES ({me}, 'phone', '2026-01-02', {by}, '2026-01-02 00:00:00', 'own-mended')"
        ),
        "INSERT INTO person_corrections (change_id, old_value) SELECT id, '028-1111' FROM roster_changes WHERE idem_key = 'own-mended'".into(),
        "INSERT INTO roster_notes (change_id, text) SELECT id, '本人来电' FROM roster_changes WHERE idem_key = 'own-mended'".into(),
    ] {
        world.sql(&sql);
    }
    let path = "/me/data/of/roster_change";
    let page = world.signed_in("member").await.get(path).await.body;
    assert!(page.contains("028-1111") && page.contains("本人来电"), "{page}");
    let other = world.signed_in("member2").await.get(path).await.body;
    assert!(!other.contains("028-1111") && !other.contains("本人来电"), "{other}");
}

#[test]
fn what_was_written_beside_records_of_the_branch_has_its_end() {
    let world = World::new();
    let (me, guide) = (person(&world, "member"), person(&world, "guide"));
    let (by, other) = (account(&world, "secretary"), account(&world, "committee"));
    let home = world
        .number(&format!("SELECT branch_id FROM memberships WHERE person_id = {me} AND valid_to IS NULL"));
    let away = world.number(&format!("SELECT MIN(id) FROM orgs WHERE level = 'branch' AND id <> {home}"));
    let now = clock::now();
    world.sql(&format!(
        "INSERT INTO guidance_groups (tier, org_id, name, valid_from, made_by, made_at, key) \
         VALUES ('city', 1, '河道巡回指导组', '2010-01-01', {by}, '2010-01-01 00:00:00', 'texts')"
    ));
    let group = world.number("SELECT id FROM guidance_groups WHERE key = 'texts'");
    // Long ago and lately; and what is long ago and not over yet: to be mended, still holding.
    for (name, days, until, state) in
        [("old", 4_000, 3_900, "verified"), ("new", 1, 0, "verified"), ("open", 4_000, -30, "fixed")]
    {
        let at = format!("'{}'", (now - Duration::days(days)).format("%Y-%m-%d %H:%M:%S"));
        let day = clock::day(now - Duration::days(days));
        let last = clock::day(now - Duration::days(until));
        for sql in [
            format!(
                "INSERT INTO transfers (person_id, from_branch_id, to_branch_id, state, proposed_by, proposed_at, decided_by, decided_at, \
                 idem_key) VALUES ({me}, {home}, {away}, 'refused', {by}, {at}, {other}, {at}, 'texts-{name}')"
            ),
            format!(
                "INSERT INTO transfer_reasons (transfer_id, text) SELECT id, '{name}' FROM transfers WHERE idem_key = 'texts-{name}'"
            ),
            format!(
                "INSERT INTO guidance_visits (group_id, org_id, day, revision, recorded_by, recorded_at, key) \
                 VALUES ({group}, {home}, '{day}', 1, {by}, {at}, 'texts-{name}')"
            ),
            format!(
                "INSERT INTO guidance_visit_revisions (visit_id, revision, day, is_announced, is_told, recorded_by, recorded_at, key) \
                 SELECT id, 1, day, true, true, {by}, {at}, key FROM guidance_visits WHERE key = 'texts-{name}'"
            ),
            format!(
                "INSERT INTO guidance_visit_texts (revision_id, good, contact, reason) \
                 SELECT id, '{name}', '', '' FROM guidance_visit_revisions WHERE key = 'texts-{name}'"
            ),
            format!(
                "INSERT INTO guidance_findings (visit_id, group_id, org_id, category, severity, state, steps, found_on) \
                 SELECT id, group_id, org_id, 'records', 'mend', '{state}', 1, day FROM guidance_visits WHERE key = 'texts-{name}'"
            ),
            format!(
                "INSERT INTO guidance_finding_texts (finding_id, text) \
                 SELECT f.id, '{name}' FROM guidance_findings f JOIN guidance_visits v ON v.id = f.visit_id WHERE v.key = 'texts-{name}'"
            ),
            format!(
                "INSERT INTO guidance_steps (finding_id, number, state, by_account, by_person, at, key) \
                 SELECT f.id, 1, f.state, {by}, {guide}, {at}, v.key FROM guidance_findings f JOIN guidance_visits v ON v.id = f.visit_id \
                 WHERE v.key = 'texts-{name}'"
            ),
            format!(
                "INSERT INTO guidance_step_texts (step_id, text) SELECT id, '{name}' FROM guidance_steps WHERE key = 'texts-{name}'"
            ),
            format!(
                "INSERT INTO exemptions (person_id, valid_from, valid_to, proposed_by, proposed_at, verdict, decided_by, decided_at, key) \
                 VALUES ({me}, '2010-01-01', '{last}', {by}, {at}, 'approved', {other}, {at}, 'texts-{name}')"
            ),
            format!(
                "INSERT INTO exemption_reasons (exemption_id, text) SELECT id, '{name}' FROM exemptions WHERE key = 'texts-{name}'"
            ),
        ] {
            world.sql(&sql);
        }
    }
    sweep(&world, 0);
    let left = |table: &str, column: &str| {
        ["old", "new", "open"]
            .map(|name| world.number(&format!("SELECT COUNT(*) FROM {table} WHERE {column} = '{name}'")))
    };
    for table in ["guidance_finding_texts", "guidance_step_texts", "exemption_reasons"] {
        assert_eq!(left(table, "text"), [0, 1, 1], "{table}");
    }
    // Of what was decided, or said of a visit, nothing is open.
    assert_eq!(left("transfer_reasons", "text"), [0, 1, 0]);
    assert_eq!(left("guidance_visit_texts", "good"), [0, 1, 0]);
    // What it stood beside stays.
    for (table, key) in [
        ("transfers", "idem_key"),
        ("guidance_visits", "key"),
        ("guidance_visit_revisions", "key"),
        ("guidance_steps", "key"),
        ("exemptions", "key"),
    ] {
        assert_eq!(
            world.number(&format!("SELECT COUNT(*) FROM {table} WHERE {key} LIKE 'texts-%'")),
            3,
            "{table}"
        );
    }
    assert_eq!(world.number(&format!("SELECT COUNT(*) FROM guidance_findings WHERE group_id = {group}")), 3);
}

#[actix_web::test]
async fn whoever_takes_a_list_of_study_along_is_told_to_those_who_stand_in_it() {
    let world = World::new();
    let me = person(&world, "member");
    let home = world
        .number(&format!("SELECT branch_id FROM memberships WHERE person_id = {me} AND valid_to IS NULL"));
    let member = world.signed_in("member").await;
    let before = member.get("/me/data/looks").await;
    assert!(before.body.contains("没有人导出过"), "{}", before.body);
    world.sql(&format!(
        "INSERT INTO audit_entries (at, request_id, actor_id, action, subject_kind, subject_id) \
         VALUES ('2099-01-02 00:00:00', 'x', {}, 'coverage_exported', 'org', {home})",
        account(&world, "secretary")
    ));
    assert!(!member.get("/me/data/looks").await.body.contains("没有人导出过"));
    assert!(world.signed_in("member2").await.get("/me/data/looks").await.body.contains("没有人导出过"));
}

/// Takes the own data along: `data.json` and `data.html`.
async fn taken(member: &Browser<'_>) -> (serde_json::Value, String) {
    let answer = member.post("/me/data/export", &[]).await;
    assert_eq!(answer.status, 200);
    let mut zip = zip::ZipArchive::new(Cursor::new(answer.raw)).unwrap();
    let mut read = |file: &str| {
        let mut text = String::new();
        zip.by_name(file).unwrap().read_to_string(&mut text).unwrap();
        text
    };
    (serde_json::from_str(&read("data.json")).unwrap(), read("data.html"))
}

#[actix_web::test]
async fn a_list_that_was_taken_is_told_by_the_branch_of_that_day() {
    let world = World::new();
    let me = person(&world, "member");
    let home_of = |who: i64| {
        world.number(&format!(
            "SELECT branch_id FROM memberships WHERE person_id = {who} AND valid_to IS NULL"
        ))
    };
    let (old, new) = (home_of(me), home_of(person(&world, "member2")));
    let moved = clock::day(clock::now()) - Duration::days(100);
    let number = world.text(&format!("SELECT member_no FROM memberships WHERE person_id = {me}"));
    for sql in [
        format!("UPDATE memberships SET valid_to = '{moved}' WHERE person_id = {me} AND valid_to IS NULL"),
        format!(
            "INSERT INTO memberships (person_id, branch_id, member_no, valid_from) VALUES ({me}, {new}, '{number}', '{moved}')"
        ),
        "UPDATE grants SET granted_at = '2020-01-01 00:00:00'".into(),
        format!(
            "INSERT INTO print_editions (title, imprint, rule, started_on, made_by, created_at, key) \
             VALUES ('灌区巡查手册', '', 'member', '2020-01-01', {}, '2020-01-01 00:00:00', 'looks')",
            account(&world, "organizer")
        ),
    ] {
        world.sql(&sql);
    }
    let edition = world.number("SELECT MAX(id) FROM print_editions");
    // A minute before and after the day begins in the city, and long before and after it.
    let midnight = clock::midnight(moved);
    let at = |minutes: i64| (midnight + Duration::minutes(minutes)).format("%Y-%m-%d %H:%M:%S").to_string();
    const FAR: i64 = 10 * 24 * 60;
    let audit = |minutes: i64, by: &str, action: &str, kind: &str, id: i64| {
        world.sql(&format!(
            "INSERT INTO audit_entries (at, request_id, actor_id, action, subject_kind, subject_id) \
             VALUES ('{}', 'x', {}, '{action}', '{kind}', {id})",
            at(minutes),
            account(&world, by)
        ));
    };
    let mut expected = vec![];
    let name = |by: &str| {
        world.text(&format!(
            "SELECT p.name FROM accounts a JOIN persons p ON p.id = a.person_id WHERE a.username = '{by}'"
        ))
    };
    for minutes in [-FAR, -1, 1, FAR] {
        for (by, org) in [("secretary", old), ("secretary2", new)] {
            audit(minutes, by, "coverage_exported", "org", org);
            audit(minutes, by, "list_exported", "print_edition", edition);
            if (org == old) == (minutes < 0) {
                expected.push((at(minutes), name(by), "党员学习情况"));
                expected.push((at(minutes), name(by), "灌区巡查手册"));
            }
        }
        // The committee of the old branch takes the roster.
        world.sql(&format!(
            "INSERT INTO import_exports (kind, purpose, row_count, made_by, made_at) VALUES ('members', 'check', 1, {}, '{}')",
            account(&world, "committee"),
            at(minutes)
        ));
        if minutes < 0 {
            expected.push((at(minutes), name("committee"), "党员名册"));
        }
    }
    let member = world.signed_in("member").await;
    let (json, html) = taken(&member).await;
    let moment = |at: &str| {
        let utc = chrono::NaiveDateTime::parse_from_str(at, "%Y-%m-%d %H:%M:%S").unwrap();
        clock::local(utc).format("%Y-%m-%dT%H:%M:%S+08:00").to_string()
    };
    let told: BTreeSet<(String, String, String)> = json["exports"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| {
            let text = |name: &str| one[name].as_str().unwrap().to_owned();
            (text("at"), text("by"), text("list"))
        })
        .collect();
    let expected: BTreeSet<(String, String, String)> =
        expected.into_iter().map(|(at, by, list)| (moment(&at), by, list.to_owned())).collect();
    assert_eq!(told, expected);
    let page = member.get("/me/data/looks").await.body;
    for (_, by, list) in &expected {
        for text in [&html, &page] {
            assert!(text.contains(by) && text.contains(list), "{by} {list}");
        }
    }
    assert_eq!(page.matches("党员学习情况").count(), 4, "{page}");
}

/// What the round of a worker does, not what somebody calls by hand.
#[test]
fn the_round_of_a_worker_erases_what_is_due() {
    let world = World::new();
    let by = account(&world, "clerk");
    let now = clock::now();
    // Nobody decided about the first one, and nobody has yet about the second one.
    for (name, who, days, until) in [("old", "member", 4_000, 3_900), ("new", "elder", 1, -30)] {
        let at = (now - Duration::days(days)).format("%Y-%m-%d %H:%M:%S");
        let last = clock::day(now - Duration::days(until));
        world.sql(&format!(
            "INSERT INTO exemptions (person_id, valid_from, valid_to, proposed_by, proposed_at, key) \
             VALUES ({}, '2010-01-01', '{last}', {by}, '{at}', 'round-{name}')",
            person(&world, who)
        ));
        world.sql(&format!(
            "INSERT INTO exemption_reasons (exemption_id, text) SELECT id, '{name}' FROM exemptions WHERE key = 'round-{name}'"
        ));
    }
    let left =
        |name: &str| world.number(&format!("SELECT COUNT(*) FROM exemption_reasons WHERE text = '{name}'"));
    let runs = || world.number("SELECT COUNT(*) FROM retention_runs");
    assert_eq!(runs(), 0);
    worker::tend(&world.db, now).unwrap();
    assert_eq!((left("old"), left("new")), (0, 1));
    let first = runs();
    assert!(first >= 8, "a line for each rule");
    worker::tend(&world.db, now).unwrap();
    assert_eq!(runs(), first, "once a day");
    worker::tend(&world.db, now + Duration::days(1)).unwrap();
    assert!(runs() > first);
    assert_eq!(world.number("SELECT COUNT(*) FROM exemptions WHERE key LIKE 'round-%'"), 2, "the rows stay");
}

#[actix_web::test]
async fn every_day_and_moment_says_what_it_is() {
    let world = crate::demo::made(clock::now());
    let member = world.signed_in("member").await;
    let mut moments = 0;
    for kind in Kind::ALL {
        let page = member.get(&format!("/me/data/of/{}", kind.as_str())).await.body;
        let Some((_, rows)) = page.split_once("<ul class=\"rows\">") else { continue };
        let rows = rows.split("</ul>").next().unwrap();
        let parts: Vec<&str> = rows.split("<time datetime").collect();
        for before in &parts[..parts.len() - 1] {
            assert!(before.ends_with("于 "), "{}: {before}", kind.as_str());
            moments += 1;
        }
        // A day stands behind a word in its own mark.
        assert!(!rows.contains("<span>20"), "{}: {rows}", kind.as_str());
    }
    assert!(moments > 20, "{moments}");
    for (kind, label) in [("membership", "<span>自 "), ("attendance", "<span>日期 "), ("case", "<span>期限 ")]
    {
        let page = member.get(&format!("/me/data/of/{kind}")).await.body;
        assert!(page.contains(label), "{kind}: {page}");
    }
}
