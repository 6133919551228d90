//! The roster as it is kept: changes of members, transfers, organisations, schools; what was yesterday stays so. domain.md §4.1.
use crate::world::{Answer, Browser, World};
use chrono::{Days, NaiveDate};
use weixiao::clock;
use weixiao::ids::{OrgId, PersonId};
use weixiao::people;

fn today() -> NaiveDate {
    clock::day(clock::now())
}

fn ago(days: u64) -> String {
    today().checked_sub_days(Days::new(days)).unwrap().to_string()
}

fn tomorrow() -> String {
    today().succ_opt().unwrap().to_string()
}

fn person(world: &World, account: &str) -> i64 {
    world.number(&format!("SELECT person_id FROM accounts WHERE username = '{account}'"))
}

fn branch(world: &World, person: i64) -> i64 {
    world
        .number(&format!("SELECT branch_id FROM memberships WHERE person_id = {person} AND valid_to IS NULL"))
}

fn count(world: &World, from: &str) -> i64 {
    world.number(&format!("SELECT COUNT(*) FROM {from}"))
}

/// Opens a form and sends it with these fields, its key among them.
async fn fill(browser: &Browser<'_>, form: &str, action: &str, fields: &[(&str, &str)]) -> Answer {
    let page = browser.get(form).await;
    assert_eq!(page.status, 200, "{form}: {}", page.body);
    let key = page.key();
    let all: Vec<_> = [("key", key.as_str())].into_iter().chain(fields.iter().copied()).collect();
    browser.post(action, &all).await
}

/// Changes a member by the form of this topic.
async fn change(browser: &Browser<'_>, person: i64, what: &str, fields: &[(&str, &str)]) -> Answer {
    let all: Vec<_> = [("what", what)].into_iter().chain(fields.iter().copied()).collect();
    let (form, action) = (format!("/roster/{person}/change?what={what}"), format!("/roster/{person}/change"));
    fill(browser, &form, &action, &all).await
}

/// Changes an organisation likewise.
async fn reorganize(browser: &Browser<'_>, org: i64, what: &str, fields: &[(&str, &str)]) -> Answer {
    let all: Vec<_> = [("what", what)].into_iter().chain(fields.iter().copied()).collect();
    let (form, action) =
        (format!("/organizations/{org}/change?what={what}"), format!("/organizations/{org}/change"));
    fill(browser, &form, &action, &all).await
}

fn done(answer: &Answer, what: &str) {
    assert_eq!(answer.status, 303, "{what}: {}", answer.body);
}

// Members.

#[actix_web::test]
async fn the_list_has_the_members_of_the_scope_and_no_others() {
    let world = World::new();
    let (own, other) = (person(&world, "member"), person(&world, "member2"));
    let name = |id: i64| world.text(&format!("SELECT name FROM persons WHERE id = {id}"));
    let link = |id: i64| format!("href=\"/roster/{id}\"");
    for (account, sees_other) in
        [("secretary", false), ("clerk", false), ("committee", false), ("auditor", true)]
    {
        let browser = world.signed_in(account).await;
        for (id, expected) in [(own, true), (other, sees_other)] {
            let listed = browser.get(&format!("/roster?name={}", crate::world::escape(&name(id)))).await;
            assert_eq!(listed.body.contains(&link(id)), expected, "{account} {id}");
            assert_eq!(browser.get(&format!("/roster/{id}")).await.status == 200, expected, "{account} {id}");
        }
    }
    for account in ["member", "guide", "alliance", "organizer"] {
        assert_eq!(world.signed_in(account).await.get("/roster").await.status, 403, "{account}");
    }
    // Stage, category and branch narrow it; a branch outside the scope is none.
    let secretary = world.signed_in("secretary").await;
    let elder = person(&world, "elder");
    let retired = secretary.get("/roster?category=retired&stage=full").await;
    assert!(retired.body.contains(&link(elder)) && !retired.body.contains(&link(own)));
    assert!(!secretary.get("/roster?stage=applicant").await.body.contains(&link(own)));
    let outside = secretary.get(&format!("/roster?org={}", branch(&world, other))).await;
    assert!(outside.body.contains("没有找到，请写全名或编号"), "{}", outside.body);
    let auditor = world.signed_in("auditor").await;
    let narrowed = auditor.get(&format!("/roster?org={}", branch(&world, other))).await;
    assert!(narrowed.body.contains(&link(other)) && !narrowed.body.contains(&link(own)));
    // A clerk who acts for a member has the member's rights.
    let clerk = world.signed_in("clerk").await;
    clerk.post(&format!("/people/{own}/acting"), &[]).await;
    assert_eq!(clerk.get("/roster").await.status, 403);
    assert_eq!(clerk.post(&format!("/roster/{elder}/change"), &[]).await.status, 403);
}

#[actix_web::test]
async fn who_opens_a_file_is_on_record_and_a_strangers_file_leaves_no_trace() {
    let world = World::new();
    let (own, other) = (person(&world, "member"), person(&world, "member2"));
    let secretary = world.signed_in("secretary").await;
    let seen = |id: i64| {
        count(&world, &format!("audit_entries WHERE action = 'person_seen' AND for_person_id = {id}"))
    };
    let (before, before_other) = (seen(own), seen(other));
    let file = secretary.get(&format!("/roster/{own}")).await;
    assert_eq!(file.status, 200);
    assert!(file.body.contains("建立名册时已有") && file.body.contains("正式党员"));
    assert_eq!(secretary.get(&format!("/roster/{other}")).await.status, 404);
    assert_eq!((seen(own), seen(other)), (before + 1, before_other));
}

#[actix_web::test]
async fn a_stage_ends_one_row_and_begins_the_next_and_the_member_is_told() {
    let world = World::new();
    let who = person(&world, "member");
    let secretary = world.signed_in("secretary").await;
    let rows = |what: &str| count(&world, &format!("membership_stages WHERE person_id = {who} AND {what}"));
    let changes = || count(&world, &format!("roster_changes WHERE person_id = {who}"));
    // What is wrong stays on the form, with what was typed.
    for (day, why) in
        [(tomorrow(), "日期不能在今天以后"), (ago(365 * 7), "日期不能比它早"), ("gestern".into(), "日期写成")]
    {
        let fields: [(&str, &str); 3] =
            [("value", "probationary"), ("day", day.as_str()), ("note", "会议决定")];
        let wrong = change(&secretary, who, "stage", &fields).await;
        assert_eq!(wrong.status, 422, "{day}");
        assert!(
            wrong.body.contains(why) && wrong.body.contains("会议决定") && wrong.body.contains(&day),
            "{why}"
        );
    }
    let same = change(&secretary, who, "stage", &[("value", "full"), ("day", &ago(3))]).await;
    assert_eq!((same.status.as_u16(), changes(), rows("TRUE")), (422, 0, 1));
    // INV-O5: the vote goes with full membership.
    let fields: [(&str, &str); 3] = [("value", "probationary"), ("day", &ago(3)), ("note", "会议决定")];
    done(&change(&secretary, who, "stage", &fields).await, "a stage");
    assert_eq!(rows(&format!("stage = 'full' AND may_vote AND valid_to = '{}'", ago(3))), 1);
    assert_eq!(
        rows(&format!(
            "stage = 'probationary' AND NOT may_vote AND valid_from = '{}' AND valid_to IS NULL",
            ago(3)
        )),
        1
    );
    let of = format!(
        "roster_changes WHERE person_id = {who} AND kind = 'stage' AND old_key = 'full' AND new_key = 'probationary' AND day = '{}'",
        ago(3)
    );
    assert_eq!((count(&world, &of), changes()), (1, 1));
    assert_eq!(count(&world, "roster_notes WHERE text = '会议决定'"), 1);
    assert_eq!(
        count(&world, &format!("audit_entries WHERE action = 'roster_changed' AND for_person_id = {who}")),
        1
    );
    assert_eq!(count(&world, &format!("notices WHERE person_id = {who} AND key LIKE 'roster-%'")), 1);
    let file = secretary.get(&format!("/roster/{who}")).await;
    assert!(file.body.contains("正式党员 改为 预备党员") && file.body.contains("会议决定"), "{}", file.body);
    // The same form twice is one change; another that is sent with an old key changes nothing more.
    let key = secretary.get(&format!("/roster/{who}/change?what=stage")).await.key();
    let fields: [(&str, &str); 4] =
        [("what", "stage"), ("value", "full"), ("day", &ago(1)), ("key", key.as_str())];
    for _ in 0..2 {
        done(&secretary.post(&format!("/roster/{who}/change"), &fields).await, "the same form");
    }
    assert_eq!((changes(), rows("TRUE")), (2, 3));
}

#[actix_web::test]
async fn whoever_moves_members_keeps_stages_and_stays_and_the_committee_all() {
    let world = World::new();
    let (who, mobile, own) =
        (person(&world, "member"), person(&world, "mobile"), person(&world, "secretary"));
    let (secretary, committee) = (world.signed_in("secretary").await, world.signed_in("committee").await);
    let org = branch(&world, who).to_string();
    for what in ["office", "name", "phone", "birth-year", "end", "nonsense"] {
        let path = format!("/roster/{who}/change?what={what}");
        assert_eq!(secretary.get(&path).await.status, 404, "{what}");
        let sent: [(&str, &str); 4] = [
            ("what", what),
            ("value", "left"),
            ("day", &ago(1)),
            ("key", "0123456789abcdef0123456789abcdef"),
        ];
        assert_eq!(secretary.post(&format!("/roster/{who}/change"), &sent).await.status, 404, "{what}");
    }
    assert_eq!(count(&world, "roster_changes"), 0);
    assert_eq!(
        world.signed_in("auditor").await.get(&format!("/roster/{who}/change?what=stage")).await.status,
        403
    );
    assert_eq!(
        world.signed_in("secretary2").await.get(&format!("/roster/{who}/change?what=stage")).await.status,
        404
    );
    // Nobody keeps the own file.
    let mine = change(&secretary, own, "stage", &[("value", "probationary"), ("day", &ago(1))]).await;
    assert!(mine.status == 422 && mine.body.contains("要由别人登记"));
    // A category begins and ends (INV-O6).
    done(&change(&secretary, who, "category", &[("value", "mobile"), ("day", &ago(20))]).await, "category");
    let again = change(&secretary, who, "category", &[("value", "mobile"), ("day", &ago(10))]).await;
    assert!(again.status == 422 && again.body.contains("已经登记着这一项了"));
    let row = world
        .number(&format!("SELECT id FROM member_categories WHERE person_id = {who} AND category = 'mobile'"));
    let end = format!("/roster/{who}/change?what=end-category&row={row}");
    let row = row.to_string();
    let fields: [(&str, &str); 3] = [("what", "end-category"), ("row", row.as_str()), ("day", &ago(5))];
    done(&fill(&secretary, &end, &format!("/roster/{who}/change"), &fields).await, "its end");
    assert_eq!(
        count(
            &world,
            &format!(
                "member_categories WHERE person_id = {who} AND category = 'mobile' AND valid_from = '{}' AND valid_to = '{}'",
                ago(20),
                ago(5)
            )
        ),
        1
    );
    assert_eq!(secretary.get(&end).await.status, 404, "it has ended");
    // An office at an organisation of the scope; a stay anywhere in the city.
    let fields: [(&str, &str); 3] = [("value", "org_member"), ("org", org.as_str()), ("day", &ago(4))];
    done(&change(&committee, who, "office", &fields).await, "office");
    assert_eq!(
        count(
            &world,
            &format!(
                "office_terms WHERE person_id = {who} AND office = 'org_member' AND org_id = {org} AND valid_to IS NULL"
            )
        ),
        1
    );
    let foreign = branch(&world, person(&world, "member2")).to_string();
    let fields: [(&str, &str); 3] = [("value", "deputy"), ("org", foreign.as_str()), ("day", &ago(4))];
    assert_eq!(change(&committee, who, "office", &fields).await.status, 422, "outside the scope");
    let row =
        world.number(&format!("SELECT id FROM host_stays WHERE person_id = {mobile} AND valid_to IS NULL"));
    let end = format!("/roster/{mobile}/change?what=end-stay&row={row}");
    let row = row.to_string();
    let fields: [(&str, &str); 3] = [("what", "end-stay"), ("row", row.as_str()), ("day", &ago(2))];
    done(&fill(&secretary, &end, &format!("/roster/{mobile}/change"), &fields).await, "the end of a stay");
    let at_home = change(&secretary, mobile, "stay", &[("org", &org), ("day", &ago(2))]).await;
    assert!(at_home.status == 422 && at_home.body.contains("这就是本人所在的支部"));
    done(
        &change(&secretary, mobile, "stay", &[("value", "L9"), ("org", &foreign), ("day", &ago(2))]).await,
        "a stay",
    );
    assert_eq!(count(&world, &format!("host_stays WHERE person_id = {mobile}")), 2);
    // The English page of a file.
    committee.cookies.borrow_mut().insert("lang".into(), "en".into());
    let file = committee.get(&format!("/roster/{who}")).await;
    assert!(
        file.body.contains("Record of changes") && file.body.contains("Member for organisation"),
        "{}",
        file.body
    );
}

#[actix_web::test]
async fn what_was_corrected_is_kept_and_nothing_of_the_record_is_changed() {
    let world = World::new();
    let who = person(&world, "member");
    let committee = world.signed_in("committee").await;
    let (name, phone) = (
        world.text(&format!("SELECT name FROM persons WHERE id = {who}")),
        world.text(&format!("SELECT phone FROM persons WHERE id = {who}")),
    );
    let wrong = change(&committee, who, "phone", &[("value", "电话"), ("day", &ago(0))]).await;
    assert!(wrong.status == 422 && wrong.body.contains("value=\"电话\""));
    // What a list would not take is not entered either.
    for short in ["120", "1234", "-"] {
        let wrong = change(&committee, who, "phone", &[("value", short), ("day", &ago(0))]).await;
        assert!(wrong.status == 422 && wrong.body.contains("要有 5 到 20 位数字"), "{short}: {}", wrong.body);
    }
    done(&change(&committee, who, "name", &[("value", "林秋实𠮷"), ("day", &ago(0))]).await, "name");
    done(&change(&committee, who, "phone", &[("value", "028-1234"), ("day", &ago(0))]).await, "phone");
    done(&change(&committee, who, "birth-year", &[("value", "1970"), ("day", &ago(0))]).await, "year");
    assert_eq!(
        count(
            &world,
            &format!(
                "persons WHERE id = {who} AND name = '林秋实𠮷' AND phone = '028-1234' AND birth_year = 1970"
            )
        ),
        1
    );
    for old in [name.as_str(), phone.as_str(), ""] {
        assert_eq!(count(&world, &format!("person_corrections WHERE old_value = '{old}'")), 1, "{old}");
    }
    assert!(world.try_sql("DELETE FROM roster_changes").is_err());
    for sql in ["UPDATE roster_changes SET kind = 'stage'", "UPDATE person_corrections SET old_value = 'x'"] {
        assert!(world.try_sql(sql).is_err(), "{sql}");
    }
}

#[actix_web::test]
async fn a_membership_ends_with_all_that_goes_with_it() {
    let world = World::new();
    let who = person(&world, "mobile");
    let committee = world.signed_in("committee").await;
    let open = |table: &str| count(&world, &format!("{table} WHERE person_id = {who} AND valid_to IS NULL"));
    let tables = ["memberships", "membership_stages", "member_categories", "host_stays"];
    assert!(tables.iter().all(|table| open(table) == 1));
    let none = change(&committee, who, "end", &[("value", ""), ("day", &ago(1))]).await;
    assert_eq!(none.status, 422, "a reason is a code");
    let fields: [(&str, &str); 3] = [("value", "left"), ("day", &ago(1)), ("note", "本人书面提出")];
    done(&change(&committee, who, "end", &fields).await, "the end");
    assert!(tables.iter().all(|table| open(table) == 0));
    assert_eq!(count(&world, &format!("memberships WHERE person_id = {who} AND valid_to = '{}'", ago(1))), 1);
    assert_eq!(
        count(
            &world,
            &format!(
                "roster_changes WHERE person_id = {who} AND kind = 'membership_ended' AND new_key = 'left'"
            )
        ),
        1
    );
    // Found again among those whose membership has ended, by those who had the member in their scope.
    let link = format!("href=\"/roster/{who}\"");
    assert!(!committee.get("/roster").await.body.contains(&link));
    assert!(committee.get("/roster?former=1").await.body.contains(&link));
    let file = committee.get(&format!("/roster/{who}")).await;
    assert!(file.body.contains("退党") && file.body.contains("本人书面提出"));
    let again = change(&committee, who, "stage", &[("value", "full"), ("day", &ago(0))]).await;
    assert!(again.status == 422 && again.body.contains("没有组织关系"));
    assert_eq!(world.signed_in("secretary2").await.get(&format!("/roster/{who}")).await.status, 404);
}

// Transfers.

async fn propose(browser: &Browser<'_>, person: i64, fields: &[(&str, &str)]) -> Answer {
    let id = person.to_string();
    let all: Vec<_> = [("person", id.as_str())].into_iter().chain(fields.iter().copied()).collect();
    fill(browser, &format!("/roster/transfers/new?person={person}"), "/roster/transfers", &all).await
}

fn newest(world: &World) -> i64 {
    world.number("SELECT MAX(id) FROM transfers")
}

#[actix_web::test]
async fn a_member_goes_over_when_the_other_branch_accepts() {
    let world = World::new();
    let who = person(&world, "member");
    let (from, to) = (branch(&world, who), branch(&world, person(&world, "member2")));
    let (secretary, clerk) = (world.signed_in("secretary").await, world.signed_in("clerk").await);
    let (secretary2, committee) = (world.signed_in("secretary2").await, world.signed_in("committee").await);
    let name = world.text(&format!("SELECT name FROM orgs WHERE id = {to}"));
    world.sql(&format!("INSERT INTO office_terms (person_id, org_id, office, valid_from) VALUES ({who}, {from}, 'org_member', '2024-01-01')"));
    world.sql(&format!("INSERT INTO grants (account_id, role, scope_kind, scope_id, granted_at) SELECT id, 'secretary', 'branch', {from}, '2024-01-01 00:00:00' FROM accounts WHERE person_id = {who}"));
    let open_role = || {
        count(
            &world,
            &format!(
                "grants g JOIN accounts a ON a.id = g.account_id WHERE a.person_id = {who} AND g.scope_id = {from} AND g.ended_at IS NULL AND g.role = 'secretary'"
            ),
        )
    };
    assert_eq!(open_role(), 1);
    let home = from.to_string();
    // What is wrong stays on the form.
    for (fields, why) in [
        ([("org", "没有这个"), ("place", "")], "没有找到"),
        ([("org", ""), ("place", "")], "写市内的支部"),
        ([("org", name.as_str()), ("place", "邻市")], "只填一个"),
        ([("org", "党支部"), ("place", "")], "有几个符合"),
        ([("org", home.as_str()), ("place", "")], "这就是本人所在的支部"),
    ] {
        let wrong = propose(&secretary, who, &fields).await;
        assert!(wrong.status == 422 && wrong.body.contains(why), "{why}: {}", wrong.body);
        assert!(wrong.body.contains(&format!("value=\"{}\"", fields[0].1)));
    }
    done(&propose(&secretary, who, &[("org", &to.to_string()), ("place", "")]).await, "proposed");
    let id = newest(&world);
    let page = format!("/roster/transfers/{id}");
    let second = propose(&clerk, who, &[("org", &to.to_string()), ("place", "")]).await;
    assert!(second.status == 422 && second.body.contains("正在转接"), "one open a person");
    assert!(world.try_sql(&format!("INSERT INTO transfers (person_id, from_branch_id, to_branch_id, state, proposed_by, proposed_at, idem_key) SELECT person_id, from_branch_id, to_branch_id, 'proposed', proposed_by, proposed_at, 'x' FROM transfers WHERE id = {id}")).is_err());
    let receiver = person(&world, "secretary2");
    assert_eq!(count(&world, &format!("notices WHERE person_id = {receiver} AND link = '{page}'")), 1);
    // Both sides see it, nobody else; the branch that sends does not receive.
    assert!(secretary.get("/roster/transfers?side=out").await.body.contains(&page));
    assert!(secretary2.get("/roster/transfers").await.body.contains(&page));
    assert!(!secretary.get("/roster/transfers").await.body.contains(&page));
    assert_eq!(world.signed_in("town").await.get(&page).await.status, 200);
    for browser in [&secretary, &clerk, &committee] {
        assert_eq!(browser.post(&format!("{page}/accept"), &[]).await.status, 404);
    }
    assert_eq!(branch(&world, who), from);
    // Whoever proposed it does not accept, even with a scope over both.
    let both = world.signed_in("admin").await;
    let (taken, stranger) = (person(&world, "elder"), world.signed_in("clerk").await);
    done(&propose(&both, taken, &[("org", &to.to_string()), ("place", "")]).await, "proposed by the admin");
    let own = format!("/roster/transfers/{}", newest(&world));
    assert_eq!(both.post(&format!("{own}/accept"), &[]).await.status, 409);
    assert_eq!(stranger.post(&format!("{own}/withdraw"), &[]).await.status, 409, "not the proposer");
    done(&both.post(&format!("{own}/withdraw"), &[]).await, "withdrawn");
    assert_eq!(branch(&world, taken), from);
    // Accepted: from today on, the number goes along, the office stays behind.
    let number = world
        .text(&format!("SELECT member_no FROM memberships WHERE person_id = {who} AND valid_to IS NULL"));
    done(&secretary2.post(&format!("{page}/accept"), &[]).await, "accepted");
    assert_eq!(secretary2.post(&format!("{page}/accept"), &[]).await.status, 409, "once");
    assert_eq!(secretary2.post(&format!("{page}/refuse"), &[("reason", "晚了")]).await.status, 409);
    assert_eq!(branch(&world, who), to);
    let rows = |what: &str| count(&world, &format!("memberships WHERE person_id = {who} AND {what}"));
    assert_eq!(rows(&format!("branch_id = {from} AND valid_to = '{}'", today())), 1);
    assert_eq!(
        rows(&format!("branch_id = {to} AND valid_from = '{}' AND member_no = '{number}'", today())),
        1
    );
    assert_eq!(count(&world, &format!("office_terms WHERE person_id = {who} AND valid_to IS NULL")), 0);
    assert_eq!(open_role(), 0, "the role stays behind, too");
    let sender = person(&world, "secretary");
    for person in [who, sender] {
        assert!(
            count(&world, &format!("notices WHERE person_id = {person} AND key LIKE 'transfer-{id}-%'")) >= 1,
            "{person}"
        );
    }
    assert_eq!(
        secretary.get(&format!("/roster/{who}")).await.status,
        404,
        "the old branch sees the file no more"
    );
    let file = secretary2.get(&format!("/roster/{who}")).await;
    assert!(file.status == 200 && file.body.contains("转到别的支部"));
}

#[actix_web::test]
async fn a_refusal_has_a_reason_and_the_city_is_left_through_the_committee() {
    let world = World::new();
    let who = person(&world, "member");
    let (from, to) = (branch(&world, who), branch(&world, person(&world, "member2")));
    let (secretary, secretary2) = (world.signed_in("secretary").await, world.signed_in("secretary2").await);
    done(&propose(&secretary, who, &[("org", &to.to_string())]).await, "proposed");
    let page = format!("/roster/transfers/{}", newest(&world));
    assert_eq!(secretary2.post(&format!("{page}/refuse"), &[("reason", " ")]).await.status, 422);
    done(&secretary2.post(&format!("{page}/refuse"), &[("reason", "材料不齐")]).await, "refused");
    assert!(secretary.get(&page).await.body.contains("材料不齐"));
    assert_eq!(branch(&world, who), from);
    // Out of the city: not the branch, the committee over it.
    done(&propose(&secretary, who, &[("place", "邻市机关党支部")]).await, "proposed again");
    let page = format!("/roster/transfers/{}", newest(&world));
    assert_eq!(world.signed_in("clerk").await.post(&format!("{page}/accept"), &[]).await.status, 404);
    assert_eq!(secretary2.get(&page).await.status, 404);
    let committee = world.signed_in("committee").await;
    let end = change(&committee, who, "end", &[("value", "left"), ("day", &ago(0))]).await;
    assert!(end.status == 422 && end.body.contains("正在转接"));
    done(&committee.post(&format!("{page}/accept"), &[]).await, "confirmed");
    assert_eq!(count(&world, &format!("memberships WHERE person_id = {who} AND valid_to IS NULL")), 0);
    assert_eq!(
        count(&world, &format!("roster_changes WHERE person_id = {who} AND new_key = 'moved_away'")),
        1
    );
}

#[actix_web::test]
async fn who_comes_from_outside_is_a_new_person_once() {
    let world = World::new();
    let secretary = world.signed_in("secretary").await;
    let home = branch(&world, person(&world, "member")).to_string();
    let page = secretary.get("/roster/transfers/arrival").await;
    assert!(
        page.body.contains(&format!("name=\"org\" type=\"text\" value=\"{home}\"")),
        "the own branch is meant"
    );
    let (key, day) = (page.key(), ago(2));
    let base: [(&str, &str); 8] = [
        ("key", key.as_str()),
        ("org", &home),
        ("place", "邻市第二党支部"),
        ("name", "㐆新"),
        ("stage", "full"),
        ("category", "retired"),
        ("day", &day),
        ("birth_year", "1961"),
    ];
    let taken = world.text("SELECT member_no FROM memberships WHERE person_id = 1 AND valid_to IS NULL");
    let with = |number: &str| {
        [base.as_slice(), &[("member_no", number)]]
            .concat()
            .iter()
            .map(|(a, b)| ((*a).to_owned(), (*b).to_owned()))
            .collect::<Vec<_>>()
    };
    let send = async |number: &str| {
        let fields = with(number);
        let fields: Vec<_> = fields.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect();
        secretary.post("/roster/transfers/arrival", &fields).await
    };
    let before = count(&world, "persons");
    let wrong = send(&taken).await;
    assert!(wrong.status == 422 && wrong.body.contains("已经有人在用") && wrong.body.contains("㐆新"));
    assert_eq!(count(&world, "persons"), before);
    // Typed with a wide letter and blanks: kept as a list would write it.
    for _ in 0..2 {
        done(&send(" Ｗ　0000 001").await, "arrived");
    }
    assert_eq!(count(&world, "persons"), before + 1);
    let who = world.number("SELECT person_id FROM memberships WHERE member_no = 'W0000001'");
    assert_eq!(branch(&world, who).to_string(), home);
    assert_eq!(
        count(
            &world,
            &format!(
                "transfers WHERE person_id = {who} AND state = 'arrived' AND from_branch_id IS NULL AND place = '邻市第二党支部'"
            )
        ),
        1
    );
    let file = secretary.get(&format!("/roster/{who}")).await;
    assert!(file.body.contains("市外转入") && file.body.contains("离退休"));
    // Not into another's branch.
    let other = branch(&world, person(&world, "member2")).to_string();
    let fields: [(&str, &str); 7] = [
        ("key", "0123456789abcdef0123456789abcdef"),
        ("org", &other),
        ("place", "邻市"),
        ("name", "某某"),
        ("stage", "full"),
        ("day", &day),
        ("member_no", "W2"),
    ];
    assert_eq!(secretary.post("/roster/transfers/arrival", &fields).await.status, 422);
}

// Organisations.

#[actix_web::test]
async fn organisations_are_made_renamed_moved_and_closed_within_the_scope() {
    let world = World::new();
    let home = branch(&world, person(&world, "member"));
    let parent = world
        .number(&format!("SELECT parent_id FROM org_placements WHERE org_id = {home} AND valid_to IS NULL"));
    let committee = world.signed_in("committee").await;
    let foreign = branch(&world, person(&world, "member2"));
    assert_eq!(world.signed_in("secretary").await.get("/organizations").await.status, 403);
    for path in [
        format!("/organizations/{foreign}"),
        format!("/organizations/{foreign}/change?what=rename"),
        "/organizations/1".into(),
    ] {
        assert_eq!(committee.get(&path).await.status, 404, "{path}");
    }
    // The own committee is not closed or moved by its own staff.
    for what in ["close", "move"] {
        assert_eq!(committee.get(&format!("/organizations/{parent}/change?what={what}")).await.status, 404);
    }
    assert!(committee.get("/organizations").await.body.contains(&format!("/organizations/{parent}")));
    // INV-O1: a branch is not below a branch; the page keeps what was typed.
    let fields: [(&str, &str); 4] =
        [("level", "committee"), ("kind", "rural"), ("name", "新的党委"), ("day", &ago(9))];
    let wrong = reorganize(&committee, parent, "add", &fields).await;
    assert!(wrong.status == 422 && wrong.body.contains("新的党委"));
    let fields: [(&str, &str); 4] =
        [("level", "general_branch"), ("kind", "rural"), ("name", "河东党总支"), ("day", &ago(9))];
    done(&reorganize(&committee, parent, "add", &fields).await, "added");
    let general = world.number("SELECT MAX(id) FROM orgs");
    assert_eq!(
        count(
            &world,
            &format!(
                "org_placements WHERE org_id = {general} AND parent_id = {parent} AND valid_from = '{}'",
                ago(9)
            )
        ),
        1
    );
    // Renamed: the old name with its time.
    let fields: [(&str, &str); 2] = [("name", "河西党总支"), ("day", &ago(4))];
    done(&reorganize(&committee, general, "rename", &fields).await, "renamed");
    assert_eq!(
        count(
            &world,
            &format!(
                "org_names WHERE org_id = {general} AND name = '河东党总支' AND valid_from = '{}' AND valid_to = '{}'",
                ago(9),
                ago(4)
            )
        ),
        1
    );
    let early = reorganize(&committee, general, "rename", &[("name", "河南党总支"), ("day", &ago(6))]).await;
    assert!(early.status == 422 && early.body.contains("日期不能比它早"));
    assert!(committee.get(&format!("/organizations/{general}")).await.body.contains("河东党总支"));
    done(&reorganize(&committee, general, "kind", &[("kind", "community"), ("day", &ago(4))]).await, "kind");
    // Moved below it, and back: the tree keeps both places (INV-O2).
    done(
        &reorganize(&committee, home, "move", &[("org", &general.to_string()), ("day", &ago(3))]).await,
        "moved",
    );
    let path = world.text(&format!("SELECT path FROM orgs WHERE id = {home}"));
    assert!(path.ends_with(&format!("/{parent}/{general}/{home}/")), "{path}");
    assert_eq!(count(&world, &format!("org_placements WHERE org_id = {home} AND valid_to IS NULL")), 1);
    let full = reorganize(&committee, general, "close", &[("day", &ago(1))]).await;
    assert!(full.status == 422 && full.body.contains("下面还有组织"));
    done(
        &reorganize(&committee, home, "move", &[("org", &parent.to_string()), ("day", &ago(2))]).await,
        "moved back",
    );
    assert!(
        reorganize(&committee, home, "move", &[("org", &foreign.to_string()), ("day", &ago(1))]).await.status
            == 422
    );
    done(&reorganize(&committee, general, "close", &[("day", &ago(1))]).await, "closed");
    assert_eq!(count(&world, &format!("orgs WHERE id = {general} AND valid_to = '{}'", ago(1))), 1);
    assert_eq!(
        committee.get(&format!("/organizations/{general}/change?what=rename")).await.status,
        404,
        "closed is closed"
    );
    let members = reorganize(&committee, home, "close", &[("day", &ago(0))]).await;
    assert!(members.status == 422 && members.body.contains("名党员，先转走"));
    assert!(world.try_sql("DELETE FROM org_names").is_err());
    assert_eq!(count(&world, &format!("roster_changes WHERE org_id = {general}")), 4);
}

/// What everything below the city adds up to on a day: by the branches of that day, one by one, and by the rows themselves.
fn figures(world: &World, day: &str) -> (i64, Vec<(OrgId, i64)>) {
    let on: NaiveDate = day.parse().unwrap();
    let (branches, each) = world
        .db
        .write_now(|conn| {
            let each = people::members_on(conn, OrgId(1), on, PersonId(0), 10_000)?;
            Ok((people::counted_on(conn, OrgId(1), on)?, each))
        })
        .unwrap();
    let rows = count(
        world,
        &format!("memberships WHERE valid_from <= '{day}' AND (valid_to IS NULL OR valid_to > '{day}')"),
    );
    let sum: i64 = branches.iter().map(|(_, count)| count).sum();
    assert_eq!((sum, each.len() as i64), (rows, rows), "on {day}");
    // Every committee is the sum of its branches, too.
    let committees: Vec<i64> = (1..=world.number("SELECT MAX(id) FROM orgs"))
        .filter(|id| count(world, &format!("orgs WHERE id = {id} AND level = 'committee'")) == 1)
        .collect();
    let below = world.db.write_now(|conn| {
        let mut all = 0;
        for id in committees {
            all += people::counted_on(conn, OrgId(id), on)?.iter().map(|(_, count)| count).sum::<i64>();
        }
        Ok(all)
    });
    assert_eq!(below.unwrap(), rows, "committees on {day}");
    (rows, branches)
}

#[actix_web::test]
async fn the_figures_of_a_day_stay_whatever_is_moved_split_or_merged_later() {
    let world = World::new();
    let admin = world.signed_in("admin").await;
    let (a, b) = (branch(&world, person(&world, "member")), branch(&world, person(&world, "member2")));
    let (up_a, up_b) = (
        world
            .number(&format!("SELECT parent_id FROM org_placements WHERE org_id = {a} AND valid_to IS NULL")),
        world
            .number(&format!("SELECT parent_id FROM org_placements WHERE org_id = {b} AND valid_to IS NULL")),
    );
    assert_ne!(up_a, up_b);
    let days: Vec<String> = [30, 21, 20, 15, 10, 5, 1].into_iter().map(ago).collect();
    let first = figures(&world, &days[0]);
    let members = count(&world, &format!("memberships WHERE branch_id = {a} AND valid_to IS NULL"));
    // Split twenty days ago: the elder and the mobile member go to a new branch.
    let (elder, mobile) = (person(&world, "elder").to_string(), person(&world, "mobile").to_string());
    let none = reorganize(&admin, a, "split", &[("name", "河东二支部"), ("day", &days[2])]).await;
    assert!(none.status == 422 && none.body.contains("请至少选一个"));
    let strange: [(&str, &str); 3] = [("name", "河东二支部"), ("day", days[2].as_str()), ("chosen", "599")];
    assert_eq!(reorganize(&admin, a, "split", &strange).await.status, 422, "not of this branch");
    let fields: [(&str, &str); 4] = [
        ("name", "河东二支部"),
        ("day", days[2].as_str()),
        ("chosen", elder.as_str()),
        ("chosen", mobile.as_str()),
    ];
    done(&reorganize(&admin, a, "split", &fields).await, "split");
    let new = world.number("SELECT MAX(id) FROM orgs");
    assert_eq!(
        count(
            &world,
            &format!(
                "memberships WHERE branch_id = {new} AND valid_to IS NULL AND valid_from = '{}'",
                days[2]
            )
        ),
        2
    );
    assert_eq!(
        count(
            &world,
            &format!("school_branches WHERE branch_id = {new} AND valid_to IS NULL AND is_primary")
        ),
        count(&world, &format!("school_branches WHERE branch_id = {a} AND valid_to IS NULL AND is_primary")),
        "the same school"
    );
    assert_eq!(count(&world, "roster_changes WHERE kind = 'org_split'"), 1);
    let told = count(&world, &format!("notices WHERE person_id = {elder} AND key LIKE 'roster-%'"));
    assert_eq!(told, 1);
    // Relocated ten days ago, merged five days ago.
    done(
        &reorganize(&admin, new, "move", &[("org", &up_b.to_string()), ("day", &days[4])]).await,
        "relocated",
    );
    let before_merge = figures(&world, &days[4]);
    let wrong = reorganize(&admin, new, "merge", &[("org", &new.to_string()), ("day", &days[5])]).await;
    assert_eq!(wrong.status, 422, "into itself");
    done(&reorganize(&admin, new, "merge", &[("org", &b.to_string()), ("day", &days[5])]).await, "merged");
    assert_eq!(count(&world, &format!("orgs WHERE id = {new} AND valid_to = '{}'", days[5])), 1);
    assert_eq!(branch(&world, person(&world, "elder")), b);
    // Transferred today.
    let who = person(&world, "member");
    let secretary = world.signed_in("secretary").await;
    done(&propose(&secretary, who, &[("org", &b.to_string())]).await, "proposed");
    let page = format!("/roster/transfers/{}", newest(&world));
    done(&world.signed_in("secretary2").await.post(&format!("{page}/accept"), &[]).await, "accepted");
    for day in days.iter().chain([&ago(0)]) {
        assert_eq!(figures(&world, day).0, first.0, "nobody is lost on {day}");
    }
    let of = |day: &str, org: i64| {
        let (_, branches) = figures(&world, day);
        branches.iter().find(|(id, _)| id.0 == org).map_or(0, |(_, count)| *count)
    };
    let under = |day: &str, org: i64| -> i64 {
        let on = day.parse().unwrap();
        let rows = world.db.write_now(|conn| people::counted_on(conn, OrgId(org), on)).unwrap();
        rows.iter().map(|(_, count)| count).sum()
    };
    assert_eq!(figures(&world, &days[0]), first, "a month ago is as it was");
    assert_eq!(figures(&world, &days[4]), before_merge, "ten days ago too");
    assert_eq!((of(&days[1], a), of(&days[1], new)), (members, 0));
    assert_eq!((of(&days[3], a), of(&days[3], new)), (members - 2, 2));
    assert_eq!(
        (under(&days[3], up_a) - under(&days[4], up_a), of(&days[4], new)),
        (2, 2),
        "it went to the other committee"
    );
    assert_eq!((of(&days[6], new), of(&ago(0), a)), (0, members - 3));
    // The form sent again splits nothing.
    let key = admin.get(&format!("/organizations/{a}/change?what=split")).await.key();
    let chosen = world
        .number(&format!("SELECT MIN(person_id) FROM memberships WHERE branch_id = {a} AND valid_to IS NULL"))
        .to_string();
    let again: [(&str, &str); 5] = [
        ("key", key.as_str()),
        ("what", "split"),
        ("name", "河东三支部"),
        ("day", &days[6]),
        ("chosen", &chosen),
    ];
    for _ in 0..2 {
        done(&admin.post(&format!("/organizations/{a}/change"), &again).await, "split again");
    }
    assert_eq!(count(&world, "orgs WHERE name = '河东三支部'"), 1);
}

#[actix_web::test]
async fn a_general_branch_is_split_and_merged_with_the_branches_below_it() {
    let world = World::new();
    let admin = world.signed_in("admin").await;
    let home = branch(&world, person(&world, "member"));
    let above = |org: i64| {
        world.number(&format!(
            "SELECT parent_id FROM org_placements WHERE org_id = {org} AND valid_to IS NULL"
        ))
    };
    let committee = above(home);
    let add = async |parent: i64, level: &str, name: &str, day: &str| {
        let fields: [(&str, &str); 4] = [("level", level), ("kind", "rural"), ("name", name), ("day", day)];
        done(&reorganize(&admin, parent, "add", &fields).await, name);
        world.number("SELECT MAX(id) FROM orgs")
    };
    let general = add(committee, "general_branch", "河东党总支", &ago(40)).await;
    let one = add(general, "branch", "河东一支部", &ago(35)).await;
    let two = add(general, "branch", "河东二支部", &ago(35)).await;
    let (id, day) = (general.to_string(), ago(30));
    done(&reorganize(&admin, home, "move", &[("org", &id), ("day", &day)]).await, "moved");
    let members = count(&world, &format!("memberships WHERE branch_id = {home} AND valid_to IS NULL"));
    assert!(members > 3);
    let under = |day: &str, org: i64| -> i64 {
        let on = day.parse().unwrap();
        let rows = world.db.write_now(|conn| people::counted_on(conn, OrgId(org), on)).unwrap();
        rows.iter().map(|(_, count)| count).sum()
    };
    let before = figures(&world, &ago(25));
    // Split: two of the three branches go to a new one beside it.
    let (a, b, c) = (home.to_string(), one.to_string(), two.to_string());
    let day = ago(20);
    let all: [(&str, &str); 5] =
        [("name", "河西党总支"), ("day", &day), ("chosen", &a), ("chosen", &b), ("chosen", &c)];
    let refused = reorganize(&admin, general, "split", &all).await;
    assert!(refused.status == 422 && refused.body.contains("至少要留下一个"), "{}", refused.body);
    done(&reorganize(&admin, general, "split", &all[..4]).await, "split");
    let made = world.number("SELECT MAX(id) FROM orgs WHERE level = 'general_branch'");
    assert_ne!(made, general);
    assert_eq!((above(made), above(home), above(one), above(two)), (committee, made, made, general));
    let path = world.text(&format!("SELECT path FROM orgs WHERE id = {home}"));
    assert!(path.ends_with(&format!("/{committee}/{made}/{home}/")), "{path}");
    let moves = |from: i64, to: i64, day: &str| {
        count(
            &world,
            &format!(
                "roster_changes WHERE kind = 'org_moved' AND org_id IN ({home}, {one}) \
                 AND old_key = '{from}' AND new_key = '{to}' AND day = '{day}'"
            ),
        )
    };
    assert_eq!(moves(general, made, &ago(20)), 2);
    assert_eq!((under(&ago(15), made), under(&ago(15), general)), (members, 0));
    assert_eq!(branch(&world, person(&world, "member")), home, "its members stay in their branch");
    let between = figures(&world, &ago(15));
    // Merged back. A place that was in force on a day is not taken from that day.
    world.sql(&format!("UPDATE schools SET host_org_id = {made} WHERE id = 1"));
    let early: [(&str, &str); 2] = [("org", &id), ("day", &day)];
    let early = reorganize(&admin, made, "merge", &early).await;
    assert!(early.status == 422 && early.body.contains("日期不能比它早"), "{}", early.body);
    let day = ago(10);
    done(&reorganize(&admin, made, "merge", &[("org", &id), ("day", &day)]).await, "merged");
    assert_eq!((above(home), above(one), above(two)), (general, general, general));
    assert_eq!(moves(made, general, &ago(10)), 2, "each branch has it in its own record");
    let page = admin.get(&format!("/organizations/{home}")).await;
    assert!(page.body.contains("河西党总支 改为 河东党总支"), "{}", page.body);
    assert_eq!(count(&world, &format!("orgs WHERE id = {made} AND valid_to = '{}'", ago(10))), 1);
    assert_eq!(count(&world, &format!("roster_changes WHERE kind = 'org_merged' AND org_id = {made}")), 1);
    // The school that it hosted has the new host in its history, and who did it.
    let host =
        "school_changes c JOIN accounts a ON a.id = c.by_id WHERE c.school_id = 1 AND c.field = 'host'";
    assert_eq!(world.number("SELECT host_org_id FROM schools WHERE id = 1"), general);
    let kept = format!(
        "{host} AND c.old_value = '河西党总支' AND c.new_value = '河东党总支' AND a.username = 'admin'"
    );
    assert_eq!((count(&world, host), count(&world, &kept)), (1, 1));
    // What was, stays.
    assert_eq!((figures(&world, &ago(25)), figures(&world, &ago(15))), (before.clone(), between));
    assert_eq!((under(&ago(15), made), under(&ago(5), made), under(&ago(5), general)), (members, 0, members));
    assert_eq!(figures(&world, &ago(0)).0, before.0, "nobody is lost");
}

#[actix_web::test]
async fn what_a_split_or_a_merge_does_to_schools_stands_in_their_history() {
    let world = World::new();
    let admin = world.signed_in("admin").await;
    let (a, b) = (branch(&world, person(&world, "member")), branch(&world, person(&world, "member2")));
    let school = world.number(&format!(
        "SELECT school_id FROM school_branches WHERE branch_id = {a} AND is_primary AND valid_to IS NULL"
    ));
    let elder = person(&world, "elder").to_string();
    let fields: [(&str, &str); 3] = [("name", "河东新支部"), ("day", &ago(9)), ("chosen", &elder)];
    done(&reorganize(&admin, a, "split", &fields).await, "split");
    let new = world.number("SELECT MAX(id) FROM orgs");
    let branches = |what: &str| {
        count(&world, &format!("school_changes WHERE school_id = {school} AND field = 'branches' AND {what}"))
    };
    assert_eq!(branches("new_value LIKE '%河东新支部%' AND old_value NOT LIKE '%河东新支部%'"), 1);
    world.sql(&format!("UPDATE schools SET host_org_id = {new} WHERE id = {school}"));
    let target = b.to_string();
    done(&reorganize(&admin, new, "merge", &[("org", &target), ("day", &ago(3))]).await, "merged");
    let name = world.text(&format!("SELECT name FROM orgs WHERE id = {b}"));
    let host = world.text(&format!(
        "SELECT old_value || ' ' || new_value FROM school_changes WHERE school_id = {school} AND field = 'host'"
    ));
    assert_eq!(host, format!("河东新支部 {name}"));
    assert_eq!(branches("old_value LIKE '%河东新支部%' AND new_value NOT LIKE '%河东新支部%'"), 1);
    let page = world.signed_in("organizer").await.get(&format!("/schools/{school}/edit")).await;
    assert!(page.body.contains(&format!("河东新支部 改为 {name}")), "{}", page.body);
}

// Schools and alliances.

async fn edit_school(browser: &Browser<'_>, school: i64, changed: &[(&str, &str)]) -> Answer {
    let world = browser.world;
    let text = |column: &str| world.text(&format!("SELECT {column} FROM schools WHERE id = {school}"));
    let mut fields: Vec<(String, String)> = [
        ("name", "name"),
        ("host", "host_org_id"),
        ("address", "address"),
        ("seats", "seats"),
        ("hours", "opening_hours"),
        ("contact", "contact"),
    ]
    .into_iter()
    .map(|(field, column)| (field.to_owned(), text(column)))
    .collect();
    let primary = world.text(&format!("SELECT alliance_id FROM alliance_schools WHERE school_id = {school} AND valid_to IS NULL AND is_primary"));
    fields.push(("primary".into(), primary));
    for id in 1..=world.number("SELECT MAX(id) FROM alliances") {
        let row = format!(
            "alliance_schools WHERE school_id = {school} AND alliance_id = {id} AND valid_to IS NULL AND NOT is_primary"
        );
        if count(world, &row) == 1 {
            fields.push(("alliance".into(), id.to_string()));
        }
    }
    if count(world, &format!("schools WHERE id = {school} AND has_screen")) == 1 {
        fields.push(("screen".into(), "1".into()));
    }
    for id in 1..=world.number("SELECT MAX(id) FROM orgs") {
        let row =
            format!("school_branches WHERE school_id = {school} AND branch_id = {id} AND valid_to IS NULL");
        if count(world, &row) == 1 {
            fields.push(("branch".into(), id.to_string()));
            if count(world, &format!("{row} AND is_primary")) == 1 {
                fields.push(("own".into(), id.to_string()));
            }
        }
    }
    for (name, value) in changed {
        fields.retain(|(field, _)| field != name);
        fields.push(((*name).to_owned(), (*value).to_owned()));
    }
    let fields: Vec<_> =
        fields.iter().filter(|(_, value)| !value.is_empty()).map(|(a, b)| (a.as_str(), b.as_str())).collect();
    let page = format!("/schools/{school}/edit");
    fill(browser, &page, &page, &fields).await
}

#[actix_web::test]
async fn schools_are_edited_in_place_by_those_in_scope() {
    let world = World::new();
    let home = branch(&world, person(&world, "member"));
    let path = world.text(&format!("SELECT path FROM orgs WHERE id = {home}"));
    let committee_path = path.trim_end_matches(&format!("{home}/")).to_owned();
    let inside = format!(
        "SELECT MIN(s.id) FROM schools s JOIN orgs o ON o.id = s.host_org_id WHERE o.path LIKE '{committee_path}%'"
    );
    let outside = format!(
        "SELECT MIN(s.id) FROM schools s JOIN orgs o ON o.id = s.host_org_id WHERE o.path NOT LIKE '{committee_path}%'"
    );
    let (own, other) = (world.number(&inside), world.number(&outside));
    let committee = world.signed_in("committee").await;
    assert!(committee.get(&format!("/schools/{own}")).await.body.contains(&format!("/schools/{own}/edit")));
    assert!(!committee.get(&format!("/schools/{other}")).await.body.contains("/edit"));
    assert!(!world.visitor().get(&format!("/schools/{own}")).await.body.contains("/edit"));
    assert_eq!(committee.get(&format!("/schools/{other}/edit")).await.status, 404);
    assert_eq!(committee.post(&format!("/schools/{other}/close"), &[]).await.status, 404);
    assert_eq!(world.signed_in("secretary").await.get(&format!("/schools/{own}/edit")).await.status, 403);
    // A visitor sees the new address at once, those in scope what it was.
    let old = world.text(&format!("SELECT address FROM schools WHERE id = {own}"));
    let wrong = edit_school(&committee, own, &[("seats", "很多"), ("address", "新街 8 号")]).await;
    assert!(wrong.status == 422 && wrong.body.contains("很多") && wrong.body.contains("新街 8 号"));
    world.visitor().get(&format!("/schools/{own}")).await;
    done(&edit_school(&committee, own, &[("address", "新街 8 号")]).await, "edited");
    assert!(world.visitor().get(&format!("/schools/{own}")).await.body.contains("新街 8 号"));
    let page = committee.get(&format!("/schools/{own}/edit")).await;
    assert!(page.body.contains(&format!("{old} 改为 新街 8 号")), "{}", page.body);
    assert_eq!(edit_school(&committee, own, &[]).await.status, 422, "nothing to change");
    let taken = world.text(&format!("SELECT name FROM schools WHERE id = {other}"));
    let same = edit_school(&committee, own, &[("name", &taken)]).await;
    assert!(same.status == 422 && same.body.contains("已经有同名的了"));
    let host = world.text(&format!("SELECT host_org_id FROM schools WHERE id = {other}"));
    assert_eq!(edit_school(&committee, own, &[("host", &host)]).await.status, 422, "a host of the scope");
    assert!(world.try_sql("UPDATE school_changes SET new_value = 'x'").is_err());
    // INV-O3: one primary alliance; the counts follow.
    let organizer = world.signed_in("organizer").await;
    let now = world.number(&format!(
        "SELECT alliance_id FROM alliance_schools WHERE school_id = {own} AND valid_to IS NULL AND is_primary"
    ));
    let next = if now == 1 { 2 } else { 1 };
    done(
        &edit_school(&organizer, own, &[("primary", &next.to_string()), ("alliance", &now.to_string())])
            .await,
        "alliances",
    );
    assert_eq!(
        count(
            &world,
            &format!(
                "alliance_schools WHERE school_id = {own} AND valid_to IS NULL AND is_primary AND alliance_id = {next}"
            )
        ),
        1
    );
    assert_eq!(count(&world, &format!("alliance_schools WHERE school_id = {own} AND valid_to IS NULL")), 2);
    assert_eq!(world.number("SELECT COUNT(*) FROM alliances a WHERE a.school_count <> (SELECT COUNT(*) FROM alliance_schools s WHERE s.alliance_id = a.id AND s.valid_to IS NULL)"), 0);
    // Alliances are the city's.
    assert_eq!(committee.get("/alliances/1/edit").await.status, 404);
    let fields: [(&str, &str); 3] = [("name", "河谷联盟"), ("kind", "area"), ("intro", "沿河各校。")];
    done(&fill(&organizer, "/alliances/1/edit", "/alliances/1/edit", &fields).await, "alliance");
    assert!(world.visitor().get("/alliances/1").await.body.contains("河谷联盟"));
    done(
        &fill(&organizer, "/alliances/new", "/alliances/new", &[("name", "新联盟"), ("kind", "industry")])
            .await,
        "a new one",
    );
    // By township, for everybody.
    let places = world.visitor().get("/schools/places").await;
    assert!(places.status == 200 && places.body.contains("新街 8 号"));
}

#[actix_web::test]
async fn a_branch_has_exactly_one_school_of_its_own() {
    let world = World::new();
    let per_branch = "SELECT COUNT(*) FROM (SELECT branch_id FROM school_branches WHERE valid_to IS NULL GROUP BY branch_id HAVING SUM(CASE WHEN is_primary THEN 1 ELSE 0 END) <> 1) x";
    assert_eq!(world.number(per_branch), 0, "the town is so");
    let organizer = world.signed_in("organizer").await;
    let branch =
        world.number("SELECT MIN(branch_id) FROM (SELECT branch_id FROM school_branches WHERE valid_to IS NULL GROUP BY branch_id HAVING COUNT(*) = 1) x");
    let first = world.number(&format!(
        "SELECT school_id FROM school_branches WHERE branch_id = {branch} AND valid_to IS NULL AND is_primary"
    ));
    let second = world.number(&format!("SELECT MAX(id) FROM schools WHERE id NOT IN (SELECT school_id FROM school_branches WHERE branch_id = {branch})"));
    assert!(world.try_sql(&format!("INSERT INTO school_branches (school_id, branch_id, valid_from, is_primary) VALUES ({second}, {branch}, '2026-01-01', TRUE)")).is_err());
    let own = || {
        world.number(&format!("SELECT school_id FROM school_branches WHERE branch_id = {branch} AND valid_to IS NULL AND is_primary"))
    };
    done(&edit_school(&organizer, second, &[("add", &branch.to_string())]).await, "one more school");
    assert_eq!(own(), first);
    // Chosen as the own one: the other steps back; on the same day and again.
    let served = format!("school_branches WHERE school_id = {second} AND valid_to IS NULL");
    assert_eq!(count(&world, &format!("{served} AND branch_id = {branch}")), 1);
    let page = format!("/schools/{second}/edit");
    let mut key = organizer.get(&page).await.key();
    let text = |column: &str| world.text(&format!("SELECT {column} FROM schools WHERE id = {second}"));
    let primary = world.text(&format!("SELECT alliance_id FROM alliance_schools WHERE school_id = {second} AND valid_to IS NULL AND is_primary"));
    let (name, host, address, seats, hours, contact) = (
        text("name"),
        text("host_org_id"),
        text("address"),
        text("seats"),
        text("opening_hours"),
        text("contact"),
    );
    let id = branch.to_string();
    let base: [(&str, &str); 8] = [
        ("name", name.as_str()),
        ("host", &host),
        ("address", &address),
        ("seats", &seats),
        ("hours", &hours),
        ("contact", &contact),
        ("primary", &primary),
        ("branch", &id),
    ];
    let with_own = [base.as_slice(), &[("own", id.as_str()), ("key", key.as_str())]].concat();
    done(&organizer.post(&page, &with_own).await, "the own school");
    assert_eq!((own(), world.number(per_branch)), (second, 0));
    key = organizer.get(&page).await.key();
    let without = [base.as_slice(), &[("key", key.as_str())]].concat();
    done(&organizer.post(&page, &without).await, "and back");
    assert_eq!((own(), world.number(per_branch)), (first, 0));
    // A school that closes leaves the branch to the other.
    done(&organizer.post(&format!("/schools/{first}/close"), &[]).await, "closed");
    assert_eq!((own(), world.number(per_branch)), (second, 0));
    assert_eq!(world.visitor().get(&format!("/schools/{first}")).await.status, 404);
    assert!(!world.visitor().get("/schools/places").await.body.contains(&format!("\"/schools/{first}\"")));
    assert_eq!(organizer.post(&format!("/schools/{first}/close"), &[]).await.status, 404);
}

// What stays, and what goes along.

/// One more role of an account; `at` says where, as the table has it.
fn give(world: &World, account: &str, role: &str, at: &str) {
    world.sql(&format!(
        "INSERT INTO grants (account_id, role, scope_kind, scope_id, granted_at) VALUES \
         ((SELECT id FROM accounts WHERE username = '{account}'), '{role}', {at}, '2024-01-01 00:00:00')"
    ));
}

/// The open roles of a person of which this holds.
fn roles(world: &World, who: i64, what: &str) -> i64 {
    let own = format!("a.person_id = {who} AND g.ended_at IS NULL AND {what}");
    count(world, &format!("grants g JOIN accounts a ON a.id = g.account_id WHERE {own}"))
}

#[actix_web::test]
async fn what_was_in_force_does_not_end_on_the_day_it_began() {
    let world = World::new();
    let who = person(&world, "member");
    let committee = world.signed_in("committee").await;
    let of = |what: String| count(&world, &format!("member_categories WHERE person_id = {who} AND {what}"));
    let end = async |category: &str, day: String| {
        let row = world
            .number(&format!(
                "SELECT id FROM member_categories WHERE person_id = {who} AND category = '{category}' AND valid_to IS NULL"
            ))
            .to_string();
        let form = format!("/roster/{who}/change?what=end-category&row={row}");
        let fields: [(&str, &str); 3] = [("what", "end-category"), ("row", &row), ("day", &day)];
        fill(&committee, &form, &format!("/roster/{who}/change"), &fields).await
    };
    done(&change(&committee, who, "category", &[("value", "mobile"), ("day", &ago(20))]).await, "a category");
    let early = end("mobile", ago(20)).await;
    assert!(early.status == 422 && early.body.contains("日期不能比它早"), "{}", early.body);
    done(&end("mobile", ago(19)).await, "a day later");
    let kept = format!("category = 'mobile' AND valid_from = '{}' AND valid_to = '{}'", ago(20), ago(19));
    assert_eq!(of(kept), 1);
    // What began today was in force on no day: it goes.
    done(&change(&committee, who, "category", &[("value", "student"), ("day", &ago(0))]).await, "of today");
    done(&end("student", ago(0)).await, "and gone");
    assert_eq!(of("category = 'student'".into()), 0);
    // A stage and the membership likewise.
    let since = |table: &str| {
        let open = format!("SELECT valid_from FROM {table} WHERE person_id = {who} AND valid_to IS NULL");
        world.text(&open)
    };
    let (stage, home) = (since("membership_stages"), since("memberships"));
    let fields: [(&str, &str); 2] = [("value", "probationary"), ("day", &stage)];
    assert_eq!(change(&committee, who, "stage", &fields).await.status, 422);
    let fields: [(&str, &str); 2] = [("value", "left"), ("day", &home)];
    assert_eq!(change(&committee, who, "end", &fields).await.status, 422);
    assert_eq!((since("membership_stages"), since("memberships")), (stage, home));
    // And a place in the tree.
    let org = branch(&world, who);
    let parent = world
        .number(&format!("SELECT parent_id FROM org_placements WHERE org_id = {org} AND valid_to IS NULL"));
    let fields: [(&str, &str); 4] =
        [("level", "general_branch"), ("kind", "rural"), ("name", "河东党总支"), ("day", &ago(12))];
    done(&reorganize(&committee, parent, "add", &fields).await, "added");
    let general = world.number("SELECT MAX(id) FROM orgs").to_string();
    done(&reorganize(&committee, org, "move", &[("org", &general), ("day", &ago(9))]).await, "moved");
    let parent = parent.to_string();
    let early = reorganize(&committee, org, "move", &[("org", &parent), ("day", &ago(9))]).await;
    assert_eq!(early.status, 422, "{}", early.body);
    let was = format!(
        "org_placements WHERE org_id = {org} AND parent_id = {general} AND valid_from = '{}'",
        ago(9)
    );
    assert_eq!(count(&world, &was), 1);
    done(&reorganize(&committee, org, "move", &[("org", &parent), ("day", &ago(8))]).await, "moved back");
    assert_eq!(count(&world, &format!("{was} AND valid_to = '{}'", ago(8))), 1);
}

#[actix_web::test]
async fn roles_go_with_the_membership_and_with_the_organisation() {
    let world = World::new();
    let committee = world.signed_in("committee").await;
    let (leaver, mover, keeper) =
        (person(&world, "clerk"), person(&world, "secretary"), person(&world, "member"));
    let home = branch(&world, mover);
    let parent = world
        .number(&format!("SELECT parent_id FROM org_placements WHERE org_id = {home} AND valid_to IS NULL"));
    for account in ["clerk", "secretary"] {
        give(&world, account, "guide", "'city', NULL");
    }
    // Whoever is no member any more has none.
    assert_eq!(roles(&world, leaver, "TRUE"), 2);
    done(&change(&committee, leaver, "end", &[("value", "left"), ("day", &ago(1))]).await, "the end");
    assert_eq!(roles(&world, leaver, "TRUE"), 0);
    // Whoever goes to another branch keeps what is not of the old one.
    let here = format!("g.scope_kind = 'branch' AND g.scope_id = {home}");
    assert_eq!((roles(&world, mover, &here), roles(&world, mover, "TRUE")), (1, 2));
    let id = mover.to_string();
    let fields: [(&str, &str); 3] = [("name", "河东二支部"), ("day", &ago(1)), ("chosen", &id)];
    done(&reorganize(&committee, home, "split", &fields).await, "split");
    assert_eq!((roles(&world, mover, &here), roles(&world, mover, "TRUE")), (0, 1));
    // Those of an organisation end when it closes.
    let fields: [(&str, &str); 4] =
        [("level", "branch"), ("kind", "rural"), ("name", "堰口第一支部"), ("day", &ago(9))];
    done(&reorganize(&committee, parent, "add", &fields).await, "added");
    let made = world.number("SELECT MAX(id) FROM orgs");
    give(&world, "member", "clerk", &format!("'branch', {made}"));
    assert_eq!(roles(&world, keeper, "TRUE"), 1);
    done(&reorganize(&committee, made, "close", &[("day", &ago(1))]).await, "closed");
    assert_eq!(roles(&world, keeper, "TRUE"), 0);
    for who in [leaver, mover, keeper] {
        let told = format!("audit_entries WHERE action = 'grant_ended' AND for_person_id = {who}");
        assert_eq!(count(&world, &told), 1, "{who}");
    }
}

#[actix_web::test]
async fn nobody_sends_or_receives_themselves() {
    let world = World::new();
    let who = person(&world, "secretary");
    let (from, to) = (branch(&world, who), branch(&world, person(&world, "member2")));
    let goal = to.to_string();
    let secretary = world.signed_in("secretary").await;
    let own = propose(&secretary, who, &[("org", &goal), ("place", "")]).await;
    assert!(own.status == 422 && own.body.contains("要由别人登记"), "{}", own.body);
    assert_eq!(count(&world, &format!("transfers WHERE person_id = {who}")), 0);
    // Somebody else proposes it; with a role at the other branch they do not answer it either.
    let clerk = world.signed_in("clerk").await;
    done(&propose(&clerk, who, &[("org", &goal), ("place", "")]).await, "proposed");
    let page = format!("/roster/transfers/{}", newest(&world));
    give(&world, "secretary", "secretary", &format!("'branch', {to}"));
    let secretary = world.signed_in("secretary").await;
    assert_eq!(secretary.get(&page).await.status, 200);
    assert_eq!(secretary.post(&format!("{page}/accept"), &[]).await.status, 409);
    assert_eq!(secretary.post(&format!("{page}/refuse"), &[("reason", "再等一等")]).await.status, 409);
    assert_eq!(branch(&world, who), from);
    let other = world.signed_in("secretary2").await;
    done(&other.post(&format!("{page}/accept"), &[]).await, "accepted");
    assert_eq!(branch(&world, who), to);
}

#[actix_web::test]
async fn a_kind_is_not_changed_on_a_day_before_its_last_change() {
    let world = World::new();
    let committee = world.signed_in("committee").await;
    let home = branch(&world, person(&world, "member"));
    let kind = || world.text(&format!("SELECT kind FROM orgs WHERE id = {home}"));
    done(&reorganize(&committee, home, "kind", &[("kind", "rural"), ("day", &ago(4))]).await, "a kind");
    let early = reorganize(&committee, home, "kind", &[("kind", "school"), ("day", &ago(6))]).await;
    assert!(early.status == 422 && early.body.contains("日期不能比它早"), "{}", early.body);
    assert_eq!((kind(), count(&world, &format!("org_kinds WHERE org_id = {home}"))), ("rural".into(), 1));
    done(&reorganize(&committee, home, "kind", &[("kind", "school"), ("day", &ago(3))]).await, "a later one");
    assert_eq!(kind(), "school");
}
