//! Lists that come as files and go out as files: what is wrong is told by row and column, nothing is written before it is asked
//! for, what is written can be taken back, and an export that comes back changes nothing.
use crate::commands::run;
use crate::world::{Answer, Browser, FOLDER, World};
use std::fmt::Write as _;
use std::io::Write as _;
use weixiao::clock;
use weixiao::ids::{ImportId, OrgId, random_hex};
use weixiao::imports;
use weixiao::organization::{self, Level, OrgKind, Tree};

/// Sends a file; the path of its page.
async fn sent(browser: &Browser<'_>, kind: &str, bytes: &[u8]) -> String {
    let answer = sent_with(browser, kind, bytes, &random_hex(16)).await;
    assert_eq!(answer.status, 303, "{}", answer.body);
    answer.location.unwrap()
}

async fn sent_with(browser: &Browser<'_>, kind: &str, bytes: &[u8], key: &str) -> Answer {
    let mut body = vec![];
    for (name, value) in [("kind", kind), ("key", key)] {
        body.extend(
            format!("--frontier\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
                .bytes(),
        );
    }
    body.extend(
        "--frontier\r\nContent-Disposition: form-data; name=\"file\"; filename=\"名册.csv\"\r\n\r\n".bytes(),
    );
    body.extend(bytes);
    body.extend(b"\r\n--frontier--\r\n");
    browser.send_bytes("/imports", body).await
}

/// Leaves the columns as they were guessed, and has the file checked.
async fn checked(browser: &Browser<'_>, path: &str, whole: bool) -> Answer {
    let page = browser.get(path).await;
    assert!(page.body.contains("核对列"), "{}", page.body);
    let mut fields: Vec<(String, String)> = vec![];
    for part in page.body.split("name=\"c").skip(1) {
        let place = part.split('"').next().unwrap();
        let chosen = part
            .split("</select>")
            .next()
            .unwrap()
            .split("\" selected")
            .next()
            .filter(|before| before.len() < part.split("</select>").next().unwrap().len());
        let value = chosen.map(|before| before.rsplit("value=\"").next().unwrap()).unwrap_or_default();
        fields.push((format!("c{place}"), value.to_owned()));
    }
    fields.push(("whole".into(), if whole { "yes" } else { "" }.into()));
    let fields: Vec<_> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let answer = browser.post(&format!("{path}/mapping"), &fields).await;
    assert_eq!(answer.status, 303, "{}", answer.body);
    browser.get(path).await
}

/// What the first check of a file says.
async fn looked_at(browser: &Browser<'_>, kind: &str, text: &str) -> (String, Answer) {
    let path = sent(browser, kind, text.as_bytes()).await;
    let answer = checked(browser, &path, false).await;
    (path, answer)
}

fn count(answer: &Answer, tab: &str) -> i32 {
    let chip = answer.between(&format!("?show={tab}"), "</a>");
    chip.rsplit(' ').next().unwrap().parse().unwrap()
}

async fn exported(browser: &Browser<'_>, what: &str, form: &str) -> Vec<u8> {
    let answer =
        browser.post("/imports/export", &[("what", what), ("form", form), ("purpose", "check")]).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    answer.raw
}

const TABLES: [&str; 9] = [
    "persons",
    "memberships",
    "membership_stages",
    "member_categories",
    "office_terms",
    "orgs",
    "org_placements",
    "schools",
    "alliances",
];

/// What would differ if anything were left behind.
fn traces(world: &World) -> Vec<i64> {
    TABLES
        .iter()
        .map(|table| world.number(&format!("SELECT COUNT(*) * 1000000 + COALESCE(SUM(id), 0) FROM {table}")))
        .collect()
}

/// A branch of the account `committee`, and one that is not.
fn branches(world: &World) -> (i64, String, i64) {
    let own = world.number("SELECT branch_id FROM memberships WHERE person_id = 1");
    let scope = world.text("SELECT o.path FROM grants g JOIN orgs o ON o.id = g.scope_id JOIN accounts a ON a.id = g.account_id WHERE a.username = 'committee' AND g.scope_kind = 'committee'");
    let other = world
        .number(&format!("SELECT MIN(id) FROM orgs WHERE level = 'branch' AND path NOT LIKE '{scope}%'"));
    (own, world.text(&format!("SELECT name FROM orgs WHERE id = {own}")), other)
}

#[actix_web::test]
async fn errors_are_told_corrected_applied_and_everything_is_taken_back() {
    let world = World::new();
    let (own, branch, _) = branches(&world);
    let before = traces(&world);
    let admin = world.signed_in("admin").await;
    let list = exported(&admin, "members", "csv").await;
    let browser = world.signed_in("committee").await;
    let wrong = format!(
        "全部人员,,,,,,\n党员姓名,编号,党支部,阶段,出生日期,手机,类别\n阿依古丽·买买提,N001,{branch},正式党员,1968-03-15,１３９ 0000 0001,在职、流动\n沈 谷,N002,没有的支部,党员,,,\n\n𠮷野㛃,,{own},正式,43647,1390000,\n高远,N004,{own},群众,,,没有这类\n"
    );
    let (path, answer) = looked_at(&browser, "members", &wrong).await;
    assert_eq!((count(&answer, "wrong"), count(&answer, "new")), (3, 1), "{}", answer.body);
    for told in ["没有叫“没有的支部”的组织", "新党员要写党员编号", "要写：入党申请人", "没有“没有这类”这一类"]
    {
        assert!(answer.body.contains(told), "{told}: {}", answer.body);
    }
    // Rows have the numbers that they have in the file.
    assert!(
        answer.body.contains(r#"<td class="n">4</td>"#) && answer.body.contains(r#"<td class="n">6</td>"#)
    );
    assert!(!answer.body.contains(&format!("{path}/apply")));
    assert_eq!(browser.post(&format!("{path}/apply"), &[]).await.status, 409);
    assert_eq!(traces(&world), before, "a check changes nothing");
    let (_, remarks) = browser.bytes(&format!("{path}/remarks.xlsx")).await;
    let rows = weixiao::web::sheet::read(&remarks).unwrap();
    let row = rows.iter().find(|row| row.first().is_some_and(|name| name == "沈 谷")).unwrap();
    assert!(row.last().unwrap().contains("没有叫“没有的支部”的组织"), "{rows:?}");

    let right = format!(
        "党员姓名,编号,党支部,阶段,出生日期,手机,类别,进入支部时间,职务\n阿依古丽·买买提,N001,{branch},正式党员,1968-03-15,１３９ 0000 0001,在职、流动,2019年7月1日,组织委员\n𠮷野㛃,N003,{own},预备党员,43647,,,2020.1.5,\n"
    );
    let (path, answer) = looked_at(&browser, "members", &right).await;
    assert_eq!((count(&answer, "wrong"), count(&answer, "new")), (0, 2), "{}", answer.body);
    let applied = browser.post(&format!("{path}/apply"), &[]).await;
    assert_eq!(applied.location.as_deref(), Some(format!("{path}?done=imported").as_str()));
    let person =
        world.number("SELECT person_id FROM memberships WHERE member_no = 'N001' AND valid_to IS NULL");
    let about = world.text(&format!("SELECT name || sex_ || birth_year || phone FROM (SELECT name, COALESCE(sex, '-') AS sex_, birth_year, phone FROM persons WHERE id = {person}) p"));
    assert_eq!(about, "阿依古丽·买买提-196813900000001");
    assert_eq!(
        world.text(&format!("SELECT valid_from FROM memberships WHERE person_id = {person}")),
        "2019-07-01"
    );
    assert_eq!(
        world.number(&format!("SELECT COUNT(*) FROM member_categories WHERE person_id = {person}")),
        2
    );
    assert_eq!(world.number(&format!("SELECT COUNT(*) FROM office_terms WHERE person_id = {person} AND org_id = {own} AND office = 'org_member'")), 1);
    assert_eq!(world.number("SELECT COUNT(*) FROM membership_stages s JOIN memberships m ON m.person_id = s.person_id WHERE m.member_no = 'N003' AND s.stage = 'probationary' AND NOT s.may_vote"), 1);
    assert_eq!(
        world.text(
            "SELECT p.name FROM persons p JOIN memberships m ON m.person_id = p.id WHERE m.member_no = 'N003'"
        ),
        "𠮷野㛃"
    );
    assert_eq!(world.number("SELECT COUNT(*) FROM audit_entries WHERE action = 'import_applied'"), 1);
    // Once more is the same once.
    assert_eq!(browser.post(&format!("{path}/apply"), &[]).await.status, 303);
    assert_eq!(world.number("SELECT COUNT(*) FROM memberships WHERE member_no = 'N001'"), 1);

    let page = browser.get(&path).await;
    assert!(page.body.contains("以前可以撤销"), "{}", page.body);
    let undone = browser.post(&format!("{path}/undo"), &[]).await;
    assert_eq!(undone.location.as_deref(), Some(format!("{path}?done=import-undone").as_str()));
    assert_eq!(traces(&world), before);
    assert_eq!(exported(&admin, "members", "csv").await, list);
    assert_eq!(browser.post(&format!("{path}/undo"), &[]).await.status, 303, "asking again changes nothing");
}

#[actix_web::test]
async fn a_change_begins_new_rows_and_undoing_puts_the_old_ones_back() {
    let world = World::new();
    let browser = world.signed_in("admin").await;
    let (own, _, other) = branches(&world);
    let list = exported(&browser, "members", "csv").await;
    let number = world.text("SELECT member_no FROM memberships WHERE person_id = 4");
    let name = world.text("SELECT name FROM persons WHERE id = 4");
    let text = format!("编号,姓名,支部,阶段,手机\n{number},{name},{other},发展对象,13700000009\n");
    let (path, answer) = looked_at(&browser, "members", &text).await;
    assert_eq!(
        (count(&answer, "changed"), count(&answer, "new"), count(&answer, "wrong")),
        (1, 0, 0),
        "{}",
        answer.body
    );
    assert!(answer.body.contains("<ins>发展对象</ins>"), "{}", answer.body);
    browser.post(&format!("{path}/apply"), &[]).await;
    assert_eq!(
        world.number("SELECT branch_id FROM memberships WHERE person_id = 4 AND valid_to IS NULL"),
        other
    );
    assert_eq!(world.number(&format!("SELECT COUNT(*) FROM memberships WHERE person_id = 4 AND branch_id = {own} AND valid_to IS NOT NULL")), 1);
    assert_eq!(
        world.number("SELECT COUNT(*) FROM membership_stages WHERE person_id = 4 AND valid_to IS NOT NULL"),
        1
    );
    // The file says which list did it, and the person too sees it.
    let file = browser.get("/roster/4").await.body;
    for part in ["名单导入", "发展对象", "13700000009"] {
        assert!(file.contains(part), "{part}");
    }
    assert_eq!(world.number("SELECT COUNT(*) FROM import_touches WHERE person_id = 4"), 1);
    // Somebody changes the person since: nothing is undone, and it is said who.
    world.sql("UPDATE persons SET phone = '13700000010' WHERE id = 4");
    browser.post(&format!("{path}/undo"), &[]).await;
    let page = browser.get(&path).await;
    assert!(page.body.contains(&format!("导入之后又改过 {name}")), "{}", page.body);
    assert_eq!(
        world.number("SELECT branch_id FROM memberships WHERE person_id = 4 AND valid_to IS NULL"),
        other
    );
    world.sql("UPDATE persons SET phone = '13700000009' WHERE id = 4");
    browser.post(&format!("{path}/undo"), &[]).await;
    assert_eq!(exported(&browser, "members", "csv").await, list);
    assert_eq!(world.number("SELECT COUNT(*) FROM import_touches"), 0);
}

#[actix_web::test]
async fn what_changed_since_the_check_refuses_the_application() {
    let world = World::new();
    let browser = world.signed_in("admin").await;
    let number = world.text("SELECT member_no FROM memberships WHERE person_id = 4");
    let name = world.text("SELECT name FROM persons WHERE id = 4");
    let (path, _) =
        looked_at(&browser, "members", &format!("编号,姓名,手机\n{number},{name},13700000009\n")).await;
    world.sql("UPDATE persons SET phone = '13700000008' WHERE id = 4");
    browser.post(&format!("{path}/apply"), &[]).await;
    let page = browser.get(&path).await;
    assert!(page.body.contains("检查以后，名册里相关的内容又变了"), "{}", page.body);
    assert_eq!(world.text("SELECT phone FROM persons WHERE id = 4"), "13700000008");
    // A new check sees it, and then it goes.
    let again = format!("{path}?show=columns");
    let page = browser.get(&again).await;
    assert!(page.body.contains("核对列"));
    browser.post(&format!("{path}/mapping"), &[("c0", "number"), ("c1", "name"), ("c2", "phone")]).await;
    browser.post(&format!("{path}/apply"), &[]).await;
    assert_eq!(world.text("SELECT phone FROM persons WHERE id = 4"), "13700000009");
}

#[actix_web::test]
async fn two_at_once_apply_it_once() {
    let world = World::new();
    let browser = world.signed_in("admin").await;
    let (own, ..) = branches(&world);
    let (path, _) =
        looked_at(&browser, "members", &format!("编号,姓名,支部,阶段\nN001,沈谷,{own},正式党员\n")).await;
    let id = ImportId(path.rsplit('/').next().unwrap().parse().unwrap());
    world.sql(&format!("UPDATE imports SET state = 'applying' WHERE id = {id}"));
    let before = world.number("SELECT COUNT(*) FROM persons");
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| imports::run(&world.db, id, &mut |_, _| {}, clock::now()).unwrap());
        }
    });
    assert_eq!(world.number("SELECT COUNT(*) FROM persons") - before, 1);
    assert_eq!(world.text(&format!("SELECT state FROM imports WHERE id = {id}")), "applied");
    assert_eq!(world.number("SELECT COUNT(*) FROM audit_entries WHERE action = 'import_applied'"), 1);
    // The same form sent twice is one import.
    let key = random_hex(16);
    let first = sent_with(&browser, "members", b"a,b\nc,d", &key).await;
    let second = sent_with(&browser, "members", b"a,b\nc,d", &key).await;
    assert_eq!(first.location, second.location);
}

#[actix_web::test]
async fn nobody_brings_in_what_lies_outside_their_scope() {
    let world = World::new();
    let (own, _, other) = branches(&world);
    let browser = world.signed_in("committee").await;
    let stranger = world.text(&format!(
        "SELECT member_no FROM memberships WHERE branch_id = {other} AND valid_to IS NULL ORDER BY id LIMIT 1"
    ));
    let whose = world.text(&format!("SELECT p.name FROM persons p JOIN memberships m ON m.person_id = p.id WHERE m.member_no = '{stranger}'"));
    let (path, answer) = looked_at(
        &browser,
        "members",
        &format!("编号,姓名,支部,阶段\nN001,沈谷,{other},正式党员\n{stranger},{whose},{own},正式党员\n"),
    )
    .await;
    assert_eq!(count(&answer, "wrong"), 2, "{}", answer.body);
    assert!(answer.body.contains("不在您的范围") && answer.body.contains("范围以外使用"));
    // What is exported is one's own.
    let text = String::from_utf8(exported(&browser, "members", "csv").await).unwrap();
    assert!(!text.contains(&stranger) && text.lines().count() > 5);
    assert_eq!(
        world.number(
            "SELECT COUNT(*) FROM audit_entries WHERE action = 'list_exported' AND subject_kind = 'export'"
        ),
        1
    );
    assert_eq!(world.number("SELECT COUNT(*) FROM import_exports WHERE purpose = 'check'"), 1);
    assert_eq!(browser.post("/imports/export", &[("what", "members"), ("form", "csv")]).await.status, 422);
    let (_, answer) = looked_at(&browser, "alliances", "名称,类型,简介\n新联盟,分区域,说明\n").await;
    assert!(answer.body.contains("联盟由全市管理"));
    // Somebody else's import is not there; who imports for the city sees all.
    let town = world.signed_in("town").await;
    assert_eq!(town.get(&path).await.status, 404);
    assert_eq!(town.post(&format!("{path}/apply"), &[]).await.status, 404);
    assert_eq!(world.signed_in("admin").await.get(&path).await.status, 200);
}

#[actix_web::test]
async fn an_export_that_comes_back_changes_nothing() {
    let world = World::new();
    let browser = world.signed_in("admin").await;
    world.sql("UPDATE persons SET name = '𠮷野㛃·𪚥' WHERE id = 3; UPDATE persons SET name = 'Anna Li', phone = '+8613800000001' WHERE id = 5; UPDATE schools SET contact = '-=@ 值班室，''电话''' WHERE id = 1");
    for kind in ["members", "organizations", "schools", "alliances"] {
        for form in ["csv", "xlsx"] {
            let bytes = exported(&browser, kind, form).await;
            let path = sent(&browser, kind, &bytes).await;
            let answer = checked(&browser, &path, true).await;
            let counts = ["wrong", "unsure", "new", "changed", "gone"].map(|tab| count(&answer, tab));
            assert_eq!(counts, [0; 5], "{kind} {form}: {}", answer.body);
            assert!(count(&answer, "same") > 3, "{kind} {form}");
        }
    }
    let text = String::from_utf8(exported(&browser, "members", "csv").await).unwrap();
    assert!(text.starts_with('\u{FEFF}') && text.contains("𠮷野㛃·𪚥"));
}

#[actix_web::test]
async fn an_export_of_whatever_people_typed_changes_nothing_in_any_scope() {
    let world = World::new();
    let (own, _, other) = branches(&world);
    let nth = |n: i64| {
        world.number(&format!(
            "SELECT person_id FROM memberships WHERE branch_id = {own} AND valid_to IS NULL ORDER BY person_id LIMIT 1 OFFSET {n}"
        ))
    };
    // What older forms took, and what spreadsheets take for something else.
    for (n, phone) in [(0, "120"), (1, "-"), (2, "028 8765 4321"), (3, "办公室")] {
        world.sql(&format!("UPDATE persons SET phone = '{phone}' WHERE id = {}", nth(n)));
    }
    world.sql(&format!("UPDATE persons SET name = '沈　 谷' WHERE id = {}", nth(0)));
    world.sql(&format!("UPDATE persons SET name = 'Ａnna　  Li' WHERE id = {}", nth(1)));
    for (n, number) in [(0, "Ｗ　0001"), (1, " ｗ 00 02"), (2, "=W3")] {
        world.sql(&format!(
            "UPDATE memberships SET member_no = '{number}' WHERE person_id = {} AND valid_to IS NULL",
            nth(n)
        ));
    }
    // Names with blanks of all kinds, and with the signs that stand between names elsewhere.
    let above = world
        .number(&format!("SELECT parent_id FROM org_placements WHERE org_id = {own} AND valid_to IS NULL"));
    world.sql(&format!("UPDATE orgs SET name = '东街、西街>联合/第　一  支部' WHERE id = {own}"));
    world.sql(&format!("UPDATE orgs SET name = '河谷　镇  党委' WHERE id = {above}"));
    // A school of the scope that serves a branch of another committee too.
    let school = world.number(&format!(
        "SELECT MIN(s.id) FROM schools s JOIN orgs o ON o.id = s.host_org_id JOIN orgs c ON c.id = {above} \
         WHERE o.path LIKE c.path || '%' AND s.valid_to IS NULL"
    ));
    world.sql(&format!(
        "UPDATE schools SET name = '渠首　微  党校', address = '-', opening_hours = '——', contact = '无', host_org_id = {own} WHERE id = {school}"
    ));
    world.sql(&format!(
        "DELETE FROM school_branches WHERE school_id = {school} AND branch_id IN ({own}, {other})"
    ));
    for branch in [own, other] {
        world.sql(&format!(
            "INSERT INTO school_branches (school_id, branch_id, is_primary, valid_from) VALUES ({school}, {branch}, FALSE, '2024-01-01')"
        ));
    }
    let alliance = world.number(&format!(
        "SELECT alliance_id FROM alliance_schools WHERE school_id = {school} AND is_primary AND valid_to IS NULL"
    ));
    world.sql(&format!("UPDATE alliances SET name = '沿　河  联盟', intro = '无' WHERE id = {alliance}"));
    for (account, kinds) in [
        ("admin", ["members", "organizations", "schools", "alliances"].as_slice()),
        ("committee", ["members", "organizations", "schools"].as_slice()),
    ] {
        let browser = world.signed_in(account).await;
        for kind in kinds {
            for form in ["csv", "xlsx"] {
                let bytes = exported(&browser, kind, form).await;
                let path = sent(&browser, kind, &bytes).await;
                let answer = checked(&browser, &path, true).await;
                let counts = ["wrong", "unsure", "new", "changed", "gone"].map(|tab| count(&answer, tab));
                assert_eq!(counts, [0; 5], "{account} {kind} {form}: {}", answer.body);
                assert!(count(&answer, "same") > 0, "{account} {kind} {form}");
            }
        }
    }
}

#[actix_web::test]
async fn columns_are_named_by_hand_swapped_left_out_and_never_named_twice() {
    let world = World::new();
    let admin = world.signed_in("admin").await;
    let (own, ..) = branches(&world);
    let found = |number: &str| {
        world.text(&format!(
            "SELECT p.name || ' ' || COALESCE(p.phone, '-') FROM persons p JOIN memberships m ON m.person_id = p.id WHERE m.member_no = '{number}'"
        ))
    };
    // No heading is known: nothing is guessed, and nothing is checked without a name.
    let text = format!("甲,乙,丙,丁,戊\nH001,沈谷,{own},正式党员,13900000021\n");
    let path = sent(&admin, "members", text.as_bytes()).await;
    let page = admin.get(&path).await;
    assert!(!page.between("/mapping\">", "</form>").contains(" selected"), "{}", page.body);
    let nameless = admin.post(&format!("{path}/mapping"), &[("c0", "number"), ("c2", "branch")]).await;
    assert!(nameless.status == 422 && nameless.body.contains("请指明哪一列是“姓名”"), "{}", nameless.body);
    // The same column twice: refused, and what was chosen still stands there.
    let twice = [("c0", "number"), ("c1", "name"), ("c2", "name"), ("c3", "stage"), ("c4", "")];
    let twice = admin.post(&format!("{path}/mapping"), &twice).await;
    assert!(twice.status == 422 && twice.body.contains("“姓名”选了两列，请只留一列"), "{}", twice.body);
    assert_eq!(twice.body.matches("value=\"name\" selected").count(), 2);
    assert_eq!(twice.body.matches("value=\"stage\" selected").count(), 1);
    let id = path.rsplit('/').next().unwrap();
    assert_eq!(world.text(&format!("SELECT state FROM imports WHERE id = {id}")), "mapping");
    // Named by hand; the telephones are left out.
    let named = [("c0", "number"), ("c1", "name"), ("c2", "branch"), ("c3", "stage"), ("c4", "")];
    assert_eq!(admin.post(&format!("{path}/mapping"), &named).await.status, 303);
    let page = admin.get(&path).await;
    assert_eq!((count(&page, "new"), count(&page, "wrong")), (1, 0), "{}", page.body);
    assert_eq!(applied(&admin, &path).await, "applied");
    assert_eq!(found("H001"), "沈谷 -");
    // Headings that stand above the wrong columns.
    let text = format!("姓名,编号,支部,阶段,手机\nH002,高远,{own},正式党员,13900000022\n");
    let path = sent(&admin, "members", text.as_bytes()).await;
    let page = admin.get(&path).await;
    assert!(page.between("name=\"c0\"", "</select>").contains("value=\"name\" selected"), "{}", page.body);
    let swapped = [("c0", "number"), ("c1", "name"), ("c2", "branch"), ("c3", "stage"), ("c4", "phone")];
    assert_eq!(admin.post(&format!("{path}/mapping"), &swapped).await.status, 303);
    assert_eq!(applied(&admin, &path).await, "applied");
    assert_eq!(found("H002"), "高远 13900000022");
}

#[actix_web::test]
async fn the_usual_files_are_read() {
    let world = World::new();
    let browser = world.signed_in("admin").await;
    let (own, ..) = branches(&world);
    // GB18030, with semicolons.
    let text = format!("姓名;党员编号;所在支部;发展阶段\n𠮷野㛃;N001;{own};正式党员\n");
    let gb = encoding_rs::GB18030.encode(&text).0.into_owned();
    let path = sent(&browser, "members", &gb).await;
    let answer = checked(&browser, &path, false).await;
    assert_eq!(count(&answer, "new"), 1, "{}", answer.body);
    assert!(answer.body.contains("𠮷野㛃"));
    // What Excel writes: shared strings, a date, numbers.
    let mut book = rust_xlsxwriter::Workbook::new();
    let sheet = book.add_worksheet();
    for (place, heading) in
        ["党员编号", "姓名", "手机", "所在支部", "发展阶段", "进入支部日期"].iter().enumerate()
    {
        sheet.write_string(0, place as u16, *heading).unwrap();
    }
    sheet.write_number(1, 0, 20001.0).unwrap();
    sheet.write_string(1, 1, "阿依古丽·买买提").unwrap();
    sheet.write_number(1, 2, 13_900_000_001.0).unwrap();
    sheet.write_number(1, 3, own as f64).unwrap();
    sheet.write_string(1, 4, "正式党员").unwrap();
    let format = rust_xlsxwriter::Format::new().set_num_format("yyyy-mm-dd");
    sheet.write_number_with_format(1, 5, 43647.0, &format).unwrap();
    let path = sent(&browser, "members", &book.save_to_buffer().unwrap()).await;
    let answer = checked(&browser, &path, false).await;
    assert_eq!(count(&answer, "new"), 1, "{}", answer.body);
    browser.post(&format!("{path}/apply"), &[]).await;
    assert_eq!(world.text("SELECT valid_from FROM memberships WHERE member_no = '20001'"), "2019-07-01");
    assert_eq!(world.text("SELECT p.phone FROM persons p JOIN memberships m ON m.person_id = p.id WHERE m.member_no = '20001'"), "13900000001");
    // What WPS writes now and then: strings in the cells.
    let path = sent(
        &browser,
        "members",
        &inline(&[["姓名", "编号", "支部", "阶段"], ["㛃 远", "N009", &own.to_string(), "预备党员"]]),
    )
    .await;
    let answer = checked(&browser, &path, false).await;
    assert_eq!(count(&answer, "new"), 1, "{}", answer.body);
    assert!(answer.body.contains("㛃远 N009"), "{}", answer.body);
    // What is no list is said at once.
    let answer = sent_with(&browser, "members", b"PK\x03\x04 nothing", &random_hex(16)).await;
    assert!(answer.status == 422 && answer.body.contains("读不出这个文件"));
}

/// A spreadsheet with its strings in the cells.
fn inline(rows: &[[&str; 4]]) -> Vec<u8> {
    let mut data = String::new();
    for (number, row) in (1..).zip(rows) {
        write!(data, r#"<row r="{number}">"#).unwrap();
        for (letter, cell) in "ABCD".chars().zip(row) {
            write!(data, r#"<c r="{letter}{number}" t="inlineStr"><is><t>{cell}</t></is></c>"#).unwrap();
        }
        data.push_str("</row>");
    }
    let main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
    let office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
    let package = "http://schemas.openxmlformats.org/package/2006";
    let kind = "application/vnd.openxmlformats-officedocument.spreadsheetml";
    let parts = [
        (
            "[Content_Types].xml",
            format!(
                r#"<Types xmlns="{package}/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Override PartName="/xl/workbook.xml" ContentType="{kind}.sheet.main+xml"/><Override PartName="/xl/worksheets/sheet1.xml" ContentType="{kind}.worksheet+xml"/></Types>"#
            ),
        ),
        (
            "_rels/.rels",
            format!(
                r#"<Relationships xmlns="{package}/relationships"><Relationship Id="rId1" Type="{office}/officeDocument" Target="xl/workbook.xml"/></Relationships>"#
            ),
        ),
        (
            "xl/workbook.xml",
            format!(
                r#"<workbook xmlns="{main}" xmlns:r="{office}"><sheets><sheet name="a" sheetId="1" r:id="rId1"/></sheets></workbook>"#
            ),
        ),
        (
            "xl/_rels/workbook.xml.rels",
            format!(
                r#"<Relationships xmlns="{package}/relationships"><Relationship Id="rId1" Type="{office}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>"#
            ),
        ),
        (
            "xl/worksheets/sheet1.xml",
            format!(r#"<worksheet xmlns="{main}"><sheetData>{data}</sheetData></worksheet>"#),
        ),
    ];
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(vec![]));
    for (name, text) in parts {
        zip.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
        zip.write_all(text.as_bytes()).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

#[actix_web::test]
async fn those_who_may_be_twice_are_decided_and_those_who_are_missing_end_only_when_ticked() {
    let world = World::new();
    let browser = world.signed_in("admin").await;
    let (own, ..) = branches(&world);
    let (name, phone) = (
        world.text("SELECT name FROM persons WHERE id = 2"),
        world.text("SELECT phone FROM persons WHERE id = 2"),
    );
    let members = world
        .number(&format!("SELECT COUNT(*) FROM memberships WHERE branch_id = {own} AND valid_to IS NULL"));
    let text = format!(
        "编号,姓名,支部,手机,阶段\nN001,{name},{own},{phone},正式党员\nN002,沈谷,{own},13500000001,正式党员\nN003,沈谷,{own},13500000001,正式党员\n"
    );
    let (path, answer) = looked_at(&browser, "members", &text).await;
    assert_eq!((count(&answer, "unsure"), count(&answer, "new")), (2, 1), "{}", answer.body);
    assert!(answer.body.contains("就是名册里的") && answer.body.contains("是另一个人"));
    assert_eq!(i64::from(count(&answer, "gone")), members, "the branch is in the file, its members are not");
    assert_eq!(browser.post(&format!("{path}/apply"), &[]).await.status, 409);
    browser.post(&format!("{path}/choices"), &[("line:2", "same:2"), ("line:4", "other")]).await;
    let answer = browser.get(&path).await;
    let counts = ["unsure", "new", "changed", "wrong"].map(|tab| count(&answer, tab));
    assert_eq!((counts, i64::from(count(&answer, "gone"))), ([0, 2, 1, 0], members - 1), "{}", answer.body);
    // One of those who are missing leaves, the others stay.
    let leaves = world.number(&format!("SELECT MAX(person_id) FROM memberships WHERE branch_id = {own} AND valid_to IS NULL AND person_id <> 2"));
    browser
        .post(
            &format!("{path}/choices"),
            &[("row", &format!("gone:{leaves}")), ("end", &format!("gone:{leaves}"))],
        )
        .await;
    browser.post(&format!("{path}/apply"), &[]).await;
    assert_eq!(
        world.text(&format!("SELECT state FROM imports WHERE id = {}", path.rsplit('/').next().unwrap())),
        "applied"
    );
    assert_eq!(
        world.number(&format!(
            "SELECT COUNT(*) FROM memberships WHERE branch_id = {own} AND valid_to IS NULL"
        )),
        members + 2 - 1
    );
    assert_eq!(
        world.number(&format!(
            "SELECT COUNT(*) FROM memberships WHERE person_id = {leaves} AND valid_to IS NULL"
        )),
        0
    );
    assert_eq!(
        world.text("SELECT member_no FROM memberships WHERE person_id = 2 AND valid_to IS NULL"),
        "N001"
    );
    assert_eq!(
        world.number("SELECT COUNT(*) FROM memberships WHERE person_id = 2"),
        2,
        "the old number is not written over"
    );
    browser.post(&format!("{path}/undo"), &[]).await;
    assert_eq!(
        world.number(&format!(
            "SELECT COUNT(*) FROM memberships WHERE branch_id = {own} AND valid_to IS NULL"
        )),
        members
    );
}

#[actix_web::test]
async fn organisations_schools_and_alliances_come_in_one_after_the_other_and_go_again() {
    let world = World::new();
    let browser = world.signed_in("admin").await;
    let before = traces(&world);
    let lists = [
        exported(&browser, "organizations", "csv").await,
        exported(&browser, "schools", "csv").await,
        exported(&browser, "alliances", "csv").await,
    ];
    let city = world.text("SELECT name FROM orgs WHERE level = 'city'");
    let orgs =
        format!("名称,级别,类型,上级\n新渠第一党支部,支部,农村,新渠镇党委\n新渠镇党委,党委,农村,{city}\n");
    let schools = "名称,承办组织,地址,座位,屏幕,服务支部,主联盟\n新渠微党校,新渠镇党委/新渠第一党支部,新渠村委会,40座,有,新渠镇党委/新渠第一党支部,新渠联盟\n";
    let mut paths = vec![];
    for (kind, text, new) in [
        ("organizations", orgs.as_str(), 2),
        ("alliances", "名称,类型,简介\n新渠联盟,分区域,沿渠各村\n", 1),
        ("schools", schools, 1),
    ] {
        let (path, answer) = looked_at(&browser, kind, text).await;
        assert_eq!((count(&answer, "new"), count(&answer, "wrong")), (new, 0), "{}", answer.body);
        browser.post(&format!("{path}/apply"), &[]).await;
        paths.push(path);
    }
    let branch = world.number("SELECT id FROM orgs WHERE name = '新渠第一党支部'");
    assert!(
        world.text(&format!("SELECT path FROM orgs WHERE id = {branch}")).ends_with(&format!("/{branch}/"))
    );
    let page = world.visitor().get("/schools?page=5").await;
    assert!(page.status == 200 || page.status == 404);
    assert_eq!(world.number("SELECT school_count FROM alliances WHERE name = '新渠联盟'"), 1);
    assert_eq!(world.number(&format!("SELECT COUNT(*) FROM school_branches WHERE branch_id = {branch}")), 1);
    // A branch that hosts a school cannot go before it.
    browser.post(&format!("{}/undo", paths[0]), &[]).await;
    assert!(browser.get(&paths[0]).await.body.contains("导入之后又改过 新渠第一党支部"));
    for path in paths.iter().rev() {
        let undone = browser.post(&format!("{path}/undo"), &[]).await;
        assert!(undone.location.unwrap().ends_with("done=import-undone"), "{}", browser.get(path).await.body);
    }
    assert_eq!(traces(&world), before);
    let after = [
        exported(&browser, "organizations", "csv").await,
        exported(&browser, "schools", "csv").await,
        exported(&browser, "alliances", "csv").await,
    ];
    assert_eq!(after, lists);
    // A branch that moves takes its path along, and back.
    let (own, ..) = branches(&world);
    let path = world.text(&format!("SELECT path FROM orgs WHERE id = {own}"));
    let other = world.text(&format!(
        "SELECT name FROM orgs WHERE level = 'committee' AND path <> '{}' ORDER BY id DESC LIMIT 1",
        path.trim_end_matches('/').rsplit_once('/').unwrap().0.to_owned() + "/"
    ));
    let name = world.text(&format!("SELECT name FROM orgs WHERE id = {own}"));
    let (import, answer) =
        looked_at(&browser, "organizations", &format!("代码,名称,上级\n{own},{name},{other}\n")).await;
    assert_eq!(count(&answer, "changed"), 1, "{}", answer.body);
    browser.post(&format!("{import}/apply"), &[]).await;
    assert_ne!(world.text(&format!("SELECT path FROM orgs WHERE id = {own}")), path);
    browser.post(&format!("{import}/undo"), &[]).await;
    assert_eq!(world.text(&format!("SELECT path FROM orgs WHERE id = {own}")), path);
}

/// A list of so many new members.
fn many(count: usize, branch: i64) -> String {
    let mut text = String::from("编号,姓名,手机,支部,阶段,类别\n");
    for number in 0..count {
        writeln!(text, "M{number:06},沈{}谷,1{:010},{branch},正式党员,在职", number % 97, number).unwrap();
    }
    text
}

#[actix_web::test]
async fn two_thousand_rows_cost_few_statements() {
    let world = World::new();
    let browser = world.signed_in("admin").await;
    let (own, ..) = branches(&world);
    let path = sent(&browser, "members", many(2_000, own).as_bytes()).await;
    let before = world.db.statements();
    let answer = checked(&browser, &path, false).await;
    assert_eq!(count(&answer, "new"), 2_000);
    browser.post(&format!("{path}/apply"), &[]).await;
    let statements = world.db.statements() - before;
    assert_eq!(world.number("SELECT COUNT(*) FROM memberships WHERE member_no LIKE 'M0%'"), 2_000);
    assert!(statements < 300, "{statements} statements");
    let before = world.db.statements();
    browser.post(&format!("{path}/undo"), &[]).await;
    let statements = world.db.statements() - before;
    assert_eq!(world.number("SELECT COUNT(*) FROM memberships WHERE member_no LIKE 'M0%'"), 0);
    assert!(statements < 300, "{statements} statements");
}

#[actix_web::test]
async fn a_long_list_is_a_job_and_its_file_is_deleted_in_time() {
    let world = World::new();
    let browser = world.signed_in("admin").await;
    let (own, ..) = branches(&world);
    let path = sent(&browser, "members", many(2_001, own).as_bytes()).await;
    let id = ImportId(path.rsplit('/').next().unwrap().parse().unwrap());
    let answer = checked(&browser, &path, false).await;
    assert!(
        answer.body.contains("正在逐行检查") && answer.body.contains("http-equiv=\"refresh\""),
        "{}",
        answer.body
    );
    assert_eq!(
        world.number(&format!(
            "SELECT COUNT(*) FROM jobs WHERE kind = 'import' AND subject = {id} AND state = 'queued'"
        )),
        1
    );
    // While it is under way nothing else is.
    assert_eq!(browser.post(&format!("{path}/apply"), &[]).await.status, 409);
    imports::run(&world.db, id, &mut |_, _| {}, clock::now()).unwrap();
    assert_eq!(count(&browser.get(&path).await, "new"), 2_001);
    let sweep = |days: i64| {
        world.db.write_now(|conn| imports::sweep(conn, clock::now() + chrono::Duration::days(days))).unwrap()
    };
    assert_eq!(sweep(29), 0);
    assert_eq!(sweep(31), 1);
    for table in ["import_files", "import_rows", "import_choices", "import_changes"] {
        assert_eq!(
            world.number(&format!("SELECT COUNT(*) FROM {table} WHERE import_id = {id}")),
            0,
            "{table}"
        );
    }
    assert!(browser.get(&path).await.body.contains("没有导入，文件已删除"));
    assert_eq!(browser.get(&format!("{path}/remarks.xlsx")).await.status, 404);
}

#[actix_web::test]
async fn the_page_tells_how_far_it_is_while_a_long_list_is_applied() {
    let world = World::new();
    let admin = world.signed_in("admin").await;
    let (own, ..) = branches(&world);
    let path = sent(&admin, "members", many(4_000, own).as_bytes()).await;
    let id = ImportId(path.rsplit('/').next().unwrap().parse().unwrap());
    checked(&admin, &path, false).await;
    imports::run(&world.db, id, &mut |_, _| {}, clock::now()).unwrap();
    assert_eq!(admin.post(&format!("{path}/apply"), &[]).await.status, 303);
    // The worker waits after each of its steps until the page has been looked at.
    let ((tell, hear), (go, wait)) = (std::sync::mpsc::channel(), std::sync::mpsc::channel());
    let db = world.db.clone();
    let worker = std::thread::spawn(move || {
        let mut told = |done: usize, total: usize| {
            tell.send((done, total)).unwrap();
            wait.recv().unwrap();
        };
        imports::run(&db, id, &mut told, clock::now()).unwrap();
    });
    let mut seen: Vec<usize> = vec![];
    while let Ok((done, total)) = hear.recv() {
        let page = admin.get(&path).await;
        assert_eq!(total, 4_000);
        assert!(page.body.contains("http-equiv=\"refresh\""), "{}", page.body);
        if done == total {
            assert!(page.body.contains("4,000 行都已核对，正在一次写入"), "{}", page.body);
        } else {
            let compared = page.between("已核对 ", " / 4,000 行").replace(',', "");
            seen.push(compared.parse().unwrap());
            assert!(
                seen.last().is_some_and(|shown| *shown <= done && *shown + 1_000 > done),
                "{seen:?} {done}"
            );
        }
        go.send(()).unwrap();
    }
    worker.join().unwrap();
    assert!(seen.is_sorted(), "{seen:?}");
    seen.dedup();
    assert!(seen.len() >= 4 && seen[0] == 0 && seen[seen.len() - 1] > 2_500, "{seen:?}");
    assert_eq!(world.text(&format!("SELECT state FROM imports WHERE id = {id}")), "applied");
    assert_eq!(world.number("SELECT COUNT(*) FROM memberships WHERE member_no LIKE 'M0%'"), 4_000);
}

#[actix_web::test]
async fn the_command_tells_how_far_it_is() {
    let world = World::new();
    let (own, ..) = branches(&world);
    let file = FOLDER.join(format!("{}.csv", random_hex(8)));
    std::fs::write(&file, many(2_500, own)).unwrap();
    let out = run(&["import", "members", file.to_str().unwrap()], &world.url);
    let said = String::from_utf8_lossy(&out.stderr).into_owned();
    assert!(out.status.success(), "{said}");
    let counts: Vec<usize> = said
        .lines()
        .filter_map(|line| line.strip_prefix("已核对 ")?.strip_suffix(" / 2500 行。")?.parse().ok())
        .collect();
    // Once for the check, once before it is written.
    let once = [500, 1_000, 1_500, 2_000, 2_500];
    assert_eq!(counts, [once, once].concat(), "{said}");
    assert!(said.contains("正在一次写入"), "{said}");
}

#[actix_web::test]
async fn templates_are_files_that_hold_nothing_yet() {
    let world = World::new();
    let browser = world.signed_in("town").await;
    for kind in ["members", "organizations", "schools", "alliances"] {
        for form in ["xlsx", "csv"] {
            let (answer, bytes) = browser.bytes(&format!("/imports/template/{kind}.{form}")).await;
            assert_eq!(answer.status, 200);
            assert_eq!(weixiao::web::sheet::read(&bytes).unwrap().len(), 1, "{kind} {form}");
        }
    }
    assert_eq!(browser.get("/imports/template/persons.csv").await.status, 404);
    assert!(browser.get("/imports").await.body.contains("还没有导入过"));
}

#[actix_web::test]
async fn the_command_tells_of_rows_and_brings_them_in() {
    let world = World::new();
    let (own, ..) = branches(&world);
    let file = FOLDER.join(format!("{}.csv", random_hex(8)));
    let path = file.to_str().unwrap();
    std::fs::write(&file, format!("编号,姓名,支部,阶段\nN001,沈谷,{own},群众\n")).unwrap();
    let out = run(&["import", "members", path], &world.url);
    let said = String::from_utf8_lossy(&out.stdout).into_owned() + &String::from_utf8_lossy(&out.stderr);
    assert!(!out.status.success() && said.contains("第 2 行：沈谷 N001 发展阶段：要写"), "{said}");
    let text = format!("编号,姓名,支部,阶段\nN001,𠮷谷,{own},正式党员\n");
    std::fs::write(&file, encoding_rs::GB18030.encode(&text).0).unwrap();
    let out = run(&["import", "members", path, "--dry-run", "--encoding", "gb18030"], &world.url);
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    assert_eq!(world.number("SELECT COUNT(*) FROM memberships WHERE member_no = 'N001'"), 0);
    let out = run(&["import", "members", path], &world.url);
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    assert_eq!(
        world.text(
            "SELECT p.name FROM persons p JOIN memberships m ON m.person_id = p.id WHERE m.member_no = 'N001'"
        ),
        "𠮷谷"
    );
    let out = run(&["import", "members", "/nowhere.csv"], &world.url);
    assert!(!out.status.success() && String::from_utf8_lossy(&out.stderr).contains("请核对路径"));
}

/// The person of a demo account, with the member number and the name.
fn of_account(world: &World, account: &str) -> (i64, String, String) {
    let who = world.number(&format!("SELECT person_id FROM accounts WHERE username = '{account}'"));
    let number = format!("SELECT member_no FROM memberships WHERE person_id = {who} AND valid_to IS NULL");
    (who, world.text(&number), world.text(&format!("SELECT name FROM persons WHERE id = {who}")))
}

/// How many roles of a person there are of which this holds.
fn roles(world: &World, who: i64, what: &str) -> i64 {
    world.number(&format!(
        "SELECT COUNT(*) FROM grants g JOIN accounts a ON a.id = g.account_id WHERE a.person_id = {who} AND {what}"
    ))
}

/// Gives an account one more role: at an organisation, or in the whole city.
fn grant(world: &World, account: &str, role: &str, at: Option<(&str, i64)>) {
    let (kind, id) = at.map_or(("city", "NULL".to_owned()), |(kind, id)| (kind, id.to_string()));
    world.sql(&format!(
        "INSERT INTO grants (account_id, role, scope_kind, scope_id, granted_at) VALUES \
         ((SELECT id FROM accounts WHERE username = '{account}'), '{role}', '{kind}', {id}, '2024-01-01 00:00:00')"
    ));
}

fn open_rows(world: &World, table: &str, who: i64) -> i64 {
    world.number(&format!("SELECT COUNT(*) FROM {table} WHERE person_id = {who} AND valid_to IS NULL"))
}

/// Asks for an import to be applied; how it stands then.
async fn applied(browser: &Browser<'_>, path: &str) -> String {
    browser.post(&format!("{path}/apply"), &[]).await;
    let id = path.rsplit('/').next().unwrap();
    browser.world.text(&format!("SELECT state FROM imports WHERE id = {id}"))
}

#[actix_web::test]
async fn nobody_changes_the_own_record_by_a_list() {
    let world = World::new();
    let (who, number, name) = of_account(&world, "admin");
    let phone = || world.text(&format!("SELECT phone FROM persons WHERE id = {who}"));
    let before = phone();
    let admin = world.signed_in("admin").await;
    let text = format!("编号,姓名,手机\n{number},{name},13700000011\n");
    let (path, answer) = looked_at(&admin, "members", &text).await;
    assert_eq!((count(&answer, "changed"), count(&answer, "wrong")), (1, 0), "{}", answer.body);
    assert_eq!(applied(&admin, &path).await, "checked");
    let page = admin.get(&path).await;
    assert!(page.body.contains("这是您自己的信息，要由别人登记"), "{}", page.body);
    assert_eq!(phone(), before);
    assert_eq!(world.number("SELECT COUNT(*) FROM audit_entries WHERE action = 'import_applied'"), 0);
    assert_eq!(world.number("SELECT COUNT(*) FROM import_touches"), 0);
    // Somebody else who imports for the whole city applies the same list.
    grant(&world, "organizer", "admin", None);
    let other = world.signed_in("organizer").await;
    assert_eq!(applied(&other, &path).await, "applied");
    assert_eq!(phone(), "13700000011");
}

#[actix_web::test]
async fn roles_go_with_the_membership_that_a_list_moves_or_ends() {
    let world = World::new();
    let admin = world.signed_in("admin").await;
    let (own, _, other) = branches(&world);
    let (mover, number, name) = of_account(&world, "secretary");
    let leaver = of_account(&world, "clerk").0;
    for account in ["secretary", "clerk"] {
        grant(&world, account, "guide", None);
    }
    let open = "g.ended_at IS NULL";
    let at_home = format!("{open} AND g.scope_kind = 'branch' AND g.scope_id = {own}");
    assert_eq!((roles(&world, mover, &at_home), roles(&world, mover, open)), (1, 2));
    assert_eq!(roles(&world, leaver, open), 2);
    // One goes to another branch, and one of those who are not in the list leaves.
    let text = format!("编号,姓名,支部\n{number},{name},{other}\n");
    let (path, answer) = looked_at(&admin, "members", &text).await;
    assert_eq!((count(&answer, "changed"), count(&answer, "wrong")), (1, 0), "{}", answer.body);
    let mark = format!("gone:{leaver}");
    admin.post(&format!("{path}/choices"), &[("row", mark.as_str()), ("end", mark.as_str())]).await;
    assert_eq!(applied(&admin, &path).await, "applied");
    assert_eq!(
        (roles(&world, mover, &at_home), roles(&world, mover, open)),
        (0, 1),
        "what is not of the old branch stays"
    );
    assert_eq!(roles(&world, leaver, open), 0, "whoever is no member has none");
    let by_admin = "g.ended_by = (SELECT id FROM accounts WHERE username = 'admin')";
    assert_eq!((roles(&world, mover, by_admin), roles(&world, leaver, by_admin)), (1, 2));
    for who in [mover, leaver] {
        let told = format!(
            "SELECT COUNT(*) FROM audit_entries WHERE action = 'grant_ended' AND for_person_id = {who}"
        );
        assert_eq!(world.number(&told), 1);
    }
    for table in ["memberships", "membership_stages", "member_categories", "office_terms", "host_stays"] {
        assert_eq!(open_rows(&world, table, leaver), 0, "{table}");
    }
    // What had been in force ended today, and is there.
    let today = clock::day(clock::now());
    for table in ["memberships", "membership_stages", "member_categories"] {
        let kept =
            format!("SELECT COUNT(*) FROM {table} WHERE person_id = {leaver} AND valid_to = '{today}'");
        assert_eq!(world.number(&kept), 1, "{table}");
    }
    assert_eq!(world.signed_in("secretary").await.get("/roster").await.status, 403);
    // Taken back, they are members again; a role is given by somebody who knows it.
    admin.post(&format!("{path}/undo"), &[]).await;
    assert_eq!((open_rows(&world, "memberships", leaver), roles(&world, leaver, open)), (1, 0));
    assert_eq!(
        world.number(&format!(
            "SELECT branch_id FROM memberships WHERE person_id = {mover} AND valid_to IS NULL"
        )),
        own
    );
    assert_eq!(roles(&world, mover, &at_home), 0);
}

#[actix_web::test]
async fn a_guest_whose_host_becomes_the_home_is_a_guest_no_longer() {
    let world = World::new();
    let admin = world.signed_in("admin").await;
    let (who, number, name) = of_account(&world, "mobile");
    let host = world.number(&format!(
        "SELECT host_branch_id FROM host_stays WHERE person_id = {who} AND valid_to IS NULL"
    ));
    let third = world.number(&format!(
        "SELECT MIN(id) FROM orgs WHERE level = 'branch' AND id <> {host} AND id NOT IN (SELECT branch_id FROM memberships WHERE person_id = {who})"
    ));
    let rows = || {
        world.text(&format!(
            "SELECT COUNT(*) || ' ' || COALESCE(MAX(CAST(valid_to AS TEXT)), 'open') FROM host_stays WHERE person_id = {who}"
        ))
    };
    assert_eq!(rows(), "1 open");
    for (to, after) in [(third, "open".to_owned()), (host, clock::day(clock::now()).to_string())] {
        let text = format!("编号,姓名,支部\n{number},{name},{to}\n");
        let (path, answer) = looked_at(&admin, "members", &text).await;
        assert_eq!(count(&answer, "changed"), 1, "{}", answer.body);
        assert_eq!(applied(&admin, &path).await, "applied");
        assert_eq!(rows(), format!("1 {after}"), "{to}");
        admin.post(&format!("{path}/undo"), &[]).await;
        assert_eq!(rows(), "1 open", "{to}");
    }
}

#[actix_web::test]
async fn who_is_being_transferred_is_neither_moved_nor_ended_by_a_list() {
    let world = World::new();
    let admin = world.signed_in("admin").await;
    let (own, _, other) = branches(&world);
    let (who, number, name) = of_account(&world, "member");
    world.sql(&format!(
        "INSERT INTO transfers (person_id, from_branch_id, to_branch_id, state, proposed_by, proposed_at, idem_key) VALUES \
         ({who}, {own}, {other}, 'proposed', (SELECT id FROM accounts WHERE username = 'secretary'), '2026-01-01 00:00:00', 'a-list')"
    ));
    let third = world
        .number(&format!("SELECT MIN(id) FROM orgs WHERE level = 'branch' AND id NOT IN ({own}, {other})"));
    let text = format!("编号,姓名,支部\n{number},{name},{third}\n");
    let (path, answer) = looked_at(&admin, "members", &text).await;
    assert_eq!(count(&answer, "wrong"), 1, "{}", answer.body);
    assert!(answer.body.contains("正在转接"), "{}", answer.body);
    assert_eq!(admin.post(&format!("{path}/apply"), &[]).await.status, 409);
    // All who are missing end, but not this one.
    let members = open_in(&world, own);
    let (_, number, name) = of_account(&world, "elder");
    let text = format!("编号,姓名,手机\n{number},{name},13700000012\n");
    let (path, _) = looked_at(&admin, "members", &text).await;
    admin.post(&format!("{path}/choices"), &[("all", "end")]).await;
    let page = admin.get(&path).await;
    assert_eq!(i64::from(count(&page, "gone")), members - 1, "{}", page.body);
    assert!(page.body.contains(&format!("文件里没有的 {} 个从今天起结束", members - 2)), "{}", page.body);
    assert_eq!(applied(&admin, &path).await, "applied");
    assert_eq!((open_in(&world, own), open_rows(&world, "memberships", who)), (2, 1));
}

/// How many are members of a branch.
fn open_in(world: &World, branch: i64) -> i64 {
    world.number(&format!("SELECT COUNT(*) FROM memberships WHERE branch_id = {branch} AND valid_to IS NULL"))
}

#[actix_web::test]
async fn an_import_is_not_ones_own_any_more_when_its_scope_has_gone() {
    let world = World::new();
    let (who, number, name) = of_account(&world, "member");
    let phone = || world.text(&format!("SELECT phone FROM persons WHERE id = {who}"));
    let before = phone();
    let browser = world.signed_in("committee").await;
    let text = format!("编号,姓名,手机\n{number},{name},13700000013\n");
    let (path, answer) = looked_at(&browser, "members", &text).await;
    assert_eq!(count(&answer, "changed"), 1, "{}", answer.body);
    // Now in charge of another committee.
    world.sql("UPDATE grants SET ended_at = granted_at WHERE role = 'committee'");
    let elsewhere = world.number(
        "SELECT MIN(id) FROM orgs WHERE level = 'committee' AND id NOT IN (SELECT scope_id FROM grants WHERE scope_kind = 'committee')",
    );
    grant(&world, "committee", "committee", Some(("committee", elsewhere)));
    let browser = world.signed_in("committee").await;
    assert_eq!(browser.get("/imports").await.status, 200);
    assert_eq!(browser.get(&path).await.status, 404);
    assert_eq!(browser.post(&format!("{path}/apply"), &[]).await.status, 404);
    assert_eq!(phone(), before);
    let admin = world.signed_in("admin").await;
    assert_eq!(applied(&admin, &path).await, "applied");
    assert_eq!(phone(), "13700000013");
    assert_eq!(browser.post(&format!("{path}/undo"), &[]).await.status, 404);
    assert_eq!(phone(), "13700000013");
}

#[actix_web::test]
async fn what_was_decided_of_all_who_are_missing_is_not_decided_of_others() {
    let world = World::new();
    let admin = world.signed_in("admin").await;
    let own = branches(&world).0;
    let (_, number, name) = of_account(&world, "elder");
    let all = || world.number("SELECT COUNT(*) FROM memberships WHERE valid_to IS NULL");
    let (everybody, members) = (all(), open_in(&world, own));
    let list = |phone: &str| format!("编号,姓名,手机\n{number},{name},{phone}\n");
    let (path, answer) = looked_at(&admin, "members", &list("13700000014")).await;
    assert_eq!(i64::from(count(&answer, "gone")), members - 1);
    admin.post(&format!("{path}/choices"), &[("all", "end")]).await;
    assert!(admin.get(&path).await.body.contains("从今天起结束"));
    // It is the list of the whole city after all: now others are missing.
    let columns = [("c0", "number"), ("c1", "name"), ("c2", "phone"), ("whole", "yes")];
    admin.post(&format!("{path}/mapping"), &columns).await;
    let page = admin.get(&path).await;
    assert_eq!(i64::from(count(&page, "gone")), everybody - 1, "{}", page.body);
    assert!(!page.body.contains("个从今天起结束"), "{}", page.body);
    assert_eq!(applied(&admin, &path).await, "applied");
    assert_eq!(all(), everybody, "nobody has ended");
    // Said of the list as it is, it holds.
    let (path, _) = looked_at(&admin, "members", &list("13700000015")).await;
    admin.post(&format!("{path}/choices"), &[("all", "end")]).await;
    assert_eq!(applied(&admin, &path).await, "applied");
    assert_eq!((all(), open_in(&world, own)), (everybody - members + 1, 1));
}

#[actix_web::test]
async fn a_branch_keeps_its_own_school_when_a_list_brings_another() {
    let world = World::new();
    let admin = world.signed_in("admin").await;
    let own = branches(&world).0;
    let committee =
        world.number("SELECT scope_id FROM grants WHERE role = 'committee' AND scope_kind = 'committee'");
    let fresh = a_branch(&world, committee, "堰口第一支部");
    let alliance = world.text("SELECT name FROM alliances WHERE id = 1");
    let primary = |branch: i64| {
        world.text(&format!(
            "SELECT COUNT(*) || ' ' || MAX(s.name) FROM school_branches b JOIN schools s ON s.id = b.school_id \
             WHERE b.branch_id = {branch} AND b.is_primary AND b.valid_to IS NULL"
        ))
    };
    let before = primary(own);
    assert!(before.starts_with("1 "), "{before}");
    let text = format!(
        "名称,承办组织,地址,座位,屏幕,服务支部,主联盟\n新渠微党校,{own},新渠村委会,40座,有,{own}、{fresh},{alliance}\n"
    );
    let (path, answer) = looked_at(&admin, "schools", &text).await;
    assert_eq!((count(&answer, "new"), count(&answer, "wrong")), (1, 0), "{}", answer.body);
    assert_eq!(applied(&admin, &path).await, "applied");
    assert_eq!((primary(own), primary(fresh)), (before.clone(), "1 新渠微党校".to_owned()));
    let serves = format!(
        "SELECT COUNT(*) FROM school_branches b JOIN schools s ON s.id = b.school_id WHERE s.name = '新渠微党校' AND b.branch_id = {own}"
    );
    assert_eq!(world.number(&serves), 1, "it serves both");
    admin.post(&format!("{path}/undo"), &[]).await;
    assert_eq!(primary(own), before);
}

/// The day since when there are the branches that a test makes.
fn since() -> chrono::NaiveDate {
    clock::day(clock::now()) - chrono::Days::new(400)
}

/// A branch without members below a committee.
fn a_branch(world: &World, committee: i64, name: &str) -> i64 {
    let since = since();
    let made = world.db.write_now(|conn| {
        organization::add(conn, Some(OrgId(committee)), Level::Branch, OrgKind::Rural, name, since)
    });
    made.unwrap().0
}

#[actix_web::test]
async fn what_a_list_changes_of_an_organisation_stays_on_record() {
    let world = World::new();
    let admin = world.signed_in("admin").await;
    let committee =
        world.number("SELECT scope_id FROM grants WHERE role = 'committee' AND scope_kind = 'committee'");
    let id = a_branch(&world, committee, "堰口第一支部");
    grant(&world, "guide", "clerk", Some(("branch", id)));
    let keeper = of_account(&world, "guide").0;
    let at_it = format!("g.scope_id = {id} AND g.scope_kind = 'branch' AND g.ended_at IS NULL");
    let today = clock::day(clock::now());
    let kind_on = |day: chrono::NaiveDate| {
        let tree = world.db.read_now(|conn| Tree::on(conn, day)).unwrap();
        tree.nodes()[tree.place(OrgId(id)).unwrap()].kind
    };
    // Another name and another kind, from today on.
    let text = format!("代码,名称,类型\n{id},堰口新支部,社区\n");
    let (path, answer) = looked_at(&admin, "organizations", &text).await;
    assert_eq!((count(&answer, "changed"), count(&answer, "wrong")), (1, 0), "{}", answer.body);
    assert_eq!(applied(&admin, &path).await, "applied");
    assert_eq!(world.text(&format!("SELECT name || kind FROM orgs WHERE id = {id}")), "堰口新支部community");
    let old = format!(
        "SELECT COUNT(*) FROM org_names WHERE org_id = {id} AND name = '堰口第一支部' AND valid_from = '{}' AND valid_to = '{today}'",
        since()
    );
    assert_eq!(world.number(&old), 1);
    assert_eq!((kind_on(today), kind_on(today - chrono::Days::new(1))), (OrgKind::Community, OrgKind::Rural));
    // While a guest is there it does not end, whatever is ticked; then it does, and its roles with it.
    let guest = of_account(&world, "member").0;
    world.sql(&format!(
        "INSERT INTO host_stays (person_id, host_branch_id, card_no, valid_from) VALUES ({guest}, {id}, 'L1', '2024-01-01')"
    ));
    let over = |table: &str, key: &str| {
        world.number(&format!("SELECT COUNT(*) FROM {table} WHERE {key} = {id} AND valid_to = '{today}'"))
    };
    let mark = format!("gone:{id}");
    for ended in [0, 1] {
        let name = world.text(&format!("SELECT name FROM orgs WHERE id = {committee}"));
        let kind = if ended == 0 { "农村" } else { "机关" };
        let text = format!("代码,名称,类型\n{committee},{name},{kind}\n");
        let path = sent(&admin, "organizations", text.as_bytes()).await;
        let answer = checked(&admin, &path, true).await;
        assert_eq!((count(&answer, "changed"), count(&answer, "wrong")), (1, 0), "{}", answer.body);
        admin.post(&format!("{path}/choices"), &[("row", mark.as_str()), ("end", mark.as_str())]).await;
        assert_eq!(applied(&admin, &path).await, "applied");
        assert_eq!((over("orgs", "id"), over("org_placements", "org_id")), (ended, ended));
        assert_eq!(roles(&world, keeper, &at_it), 1 - ended);
        world.sql(&format!("DELETE FROM host_stays WHERE host_branch_id = {id}"));
    }
    assert_eq!(roles(&world, keeper, "g.ended_at IS NULL"), 1, "the role in the city stays");
}

#[actix_web::test]
async fn what_a_list_changes_of_a_school_or_an_alliance_stands_in_its_history_and_the_undoing_too() {
    let world = World::new();
    let admin = world.signed_in("admin").await;
    let organizer = world.signed_in("organizer").await;
    let who = of_account(&world, "admin").2;
    let (own, ..) = branches(&world);
    let text = |sql: &str| world.text(sql);
    let (name, address) =
        (text("SELECT name FROM schools WHERE id = 1"), text("SELECT address FROM schools WHERE id = 1"));
    let host = text("SELECT o.name FROM orgs o JOIN schools s ON s.host_org_id = o.id WHERE s.id = 1");
    let new_host = world.number(&format!(
        "SELECT MIN(id) FROM orgs WHERE level = 'branch' AND valid_to IS NULL AND id <> {own} AND name <> '{host}'"
    ));
    let new_name = text(&format!("SELECT name FROM orgs WHERE id = {new_host}"));
    let edits = |what: &str| world.number(&format!("SELECT COUNT(*) FROM school_changes WHERE {what}"));
    let list = format!("代码,名称,承办组织,地址\n1,{name},{new_host},新街 9 号\n");
    let (path, answer) = looked_at(&admin, "schools", &list).await;
    assert_eq!((count(&answer, "changed"), count(&answer, "wrong")), (1, 0), "{}", answer.body);
    assert_eq!(applied(&admin, &path).await, "applied");
    assert_eq!(edits("school_id = 1"), 2, "what stays has no row");
    let page = organizer.get("/schools/1/edit").await;
    for told in [format!("{address} 改为 新街 9 号"), format!("{host} 改为 {new_name}"), who.clone()] {
        assert!(page.body.contains(&told), "{told}: {}", page.body);
    }
    admin.post(&format!("{path}/undo"), &[]).await;
    assert_eq!(text("SELECT address FROM schools WHERE id = 1"), address);
    let page = organizer.get("/schools/1/edit").await;
    for told in [format!("新街 9 号 改为 {address}"), format!("{new_name} 改为 {host}")] {
        assert!(page.body.contains(&told), "{told}: {}", page.body);
    }
    assert_eq!(edits("school_id = 1"), 4);
    let by = "by_id = (SELECT id FROM accounts WHERE username = 'admin')";
    assert_eq!(edits(by), 4, "nothing else was changed, and by nobody else");
    // One that a list ends, and that is open again.
    let gone = world.number("SELECT MIN(id) FROM schools WHERE id > 1 AND valid_to IS NULL");
    let path = sent(&admin, "schools", format!("代码,名称\n1,{name}\n").as_bytes()).await;
    checked(&admin, &path, true).await;
    let mark = format!("gone:{gone}");
    admin.post(&format!("{path}/choices"), &[("row", mark.as_str()), ("end", mark.as_str())]).await;
    assert_eq!(applied(&admin, &path).await, "applied");
    let of = |field: &str| edits(&format!("school_id = {gone} AND field = '{field}'"));
    assert_eq!((of("closed"), of("reopened")), (1, 0));
    admin.post(&format!("{path}/undo"), &[]).await;
    assert_eq!((of("closed"), of("reopened")), (1, 1));
    assert_eq!(edits(&format!("school_id = {gone}")), 2);
    let page = organizer.get(&format!("/schools/{gone}/edit")).await;
    assert!(page.body.contains("停办") && page.body.contains("恢复开办"), "{}", page.body);
    // An alliance likewise.
    let name = text("SELECT name FROM alliances WHERE id = 1");
    let list = format!("代码,名称,简介\n1,{name},沿河各校\n");
    let (path, answer) = looked_at(&admin, "alliances", &list).await;
    assert_eq!((count(&answer, "changed"), count(&answer, "wrong")), (1, 0), "{}", answer.body);
    assert_eq!(applied(&admin, &path).await, "applied");
    assert_eq!(edits("alliance_id = 1 AND field = 'intro' AND new_value = '沿河各校'"), 1);
    admin.post(&format!("{path}/undo"), &[]).await;
    assert_eq!(edits("alliance_id = 1 AND field = 'intro' AND old_value = '沿河各校'"), 1);
    let page = organizer.get("/alliances/1/edit").await;
    assert!(page.body.contains("沿河各校") && page.body.contains(&who), "{}", page.body);
}

#[actix_web::test]
async fn what_a_list_does_to_an_organisation_stands_in_its_own_record_with_who_and_by_which_file() {
    let world = World::new();
    let admin = world.signed_in("admin").await;
    let who = of_account(&world, "admin").2;
    let committee =
        world.number("SELECT scope_id FROM grants WHERE role = 'committee' AND scope_kind = 'committee'");
    let id = a_branch(&world, committee, "堰口第一支部");
    let other = world.number(&format!(
        "SELECT MIN(id) FROM orgs WHERE level = 'committee' AND valid_to IS NULL AND id <> {committee}"
    ));
    let rows = |what: &str| {
        world.number(&format!(
            "SELECT COUNT(*) FROM roster_changes c JOIN accounts a ON a.id = c.by_id \
             WHERE c.org_id = {id} AND a.username = 'admin' AND c.day = '{}' AND {what}",
            clock::day(clock::now())
        ))
    };
    let kind =
        |old: &str, new: &str| format!("c.kind = 'org_kind' AND c.old_key = '{old}' AND c.new_key = '{new}'");
    let moved =
        |old: i64, new: i64| format!("c.kind = 'org_moved' AND c.old_key = '{old}' AND c.new_key = '{new}'");
    // Another name, another kind, another place; and back.
    let text = format!("代码,名称,类型,上级\n{id},堰口新支部,社区,{other}\n");
    let (path, answer) = looked_at(&admin, "organizations", &text).await;
    assert_eq!((count(&answer, "changed"), count(&answer, "wrong")), (1, 0), "{}", answer.body);
    assert_eq!(applied(&admin, &path).await, "applied");
    let counts = || {
        (rows("c.kind = 'org_renamed'"), rows(&kind("rural", "community")), rows(&moved(committee, other)))
    };
    assert_eq!((counts(), rows("TRUE")), ((1, 1, 1), 3));
    let page = admin.get(&format!("/organizations/{id}")).await;
    for told in ["改名称", "换上级", "名单导入：名册.csv", who.as_str()] {
        assert!(page.body.contains(told), "{told}: {}", page.body);
    }
    admin.post(&format!("{path}/undo"), &[]).await;
    assert_eq!(
        (rows("c.kind = 'org_renamed'"), rows(&kind("community", "rural")), rows(&moved(other, committee))),
        (2, 1, 1)
    );
    assert!(admin.get(&format!("/organizations/{id}")).await.body.contains("撤销名单导入：名册.csv"));
    // One that ends, and comes back.
    let name = world.text(&format!("SELECT name FROM orgs WHERE id = {committee}"));
    let path = sent(&admin, "organizations", format!("代码,名称\n{committee},{name}\n").as_bytes()).await;
    checked(&admin, &path, true).await;
    let mark = format!("gone:{id}");
    admin.post(&format!("{path}/choices"), &[("row", mark.as_str()), ("end", mark.as_str())]).await;
    assert_eq!(applied(&admin, &path).await, "applied");
    assert_eq!((rows("c.kind = 'org_closed'"), rows("c.kind = 'org_reopened'"), rows("TRUE")), (1, 0, 7));
    admin.post(&format!("{path}/undo"), &[]).await;
    assert_eq!((rows("c.kind = 'org_closed'"), rows("c.kind = 'org_reopened'"), rows("TRUE")), (1, 1, 8));
    assert_eq!(world.number("SELECT COUNT(*) FROM roster_notes"), 8);
}

#[actix_web::test]
async fn nobody_takes_back_a_list_about_themselves() {
    let world = World::new();
    let (who, number, name) = of_account(&world, "admin");
    let phone = || world.text(&format!("SELECT phone FROM persons WHERE id = {who}"));
    let before = phone();
    grant(&world, "organizer", "admin", None);
    let (admin, other) = (world.signed_in("admin").await, world.signed_in("organizer").await);
    let text = format!("编号,姓名,手机\n{number},{name},13700000011\n");
    let (path, _) = looked_at(&other, "members", &text).await;
    assert_eq!(applied(&other, &path).await, "applied");
    admin.post(&format!("{path}/undo"), &[]).await;
    assert_eq!(phone(), "13700000011", "this is the own record");
    other.post(&format!("{path}/undo"), &[]).await;
    assert_eq!(phone(), before);
}

#[actix_web::test]
async fn a_branch_whose_own_school_goes_by_a_list_has_the_next_one() {
    let world = World::new();
    let admin = world.signed_in("admin").await;
    let own = branches(&world).0;
    let primary = format!(
        "SELECT school_id FROM school_branches WHERE branch_id = {own} AND is_primary AND valid_to IS NULL"
    );
    let first = world.number(&primary);
    let next = world.number(&format!(
        "SELECT MIN(school_id) FROM school_branches WHERE branch_id = {own} AND NOT is_primary AND valid_to IS NULL"
    ));
    let name = world.text(&format!("SELECT name FROM schools WHERE id = {first}"));
    let (path, answer) =
        looked_at(&admin, "schools", &format!("代码,名称,服务支部\n{first},{name},无\n")).await;
    assert_eq!((count(&answer, "changed"), count(&answer, "wrong")), (1, 0), "{}", answer.body);
    assert_eq!(applied(&admin, &path).await, "applied");
    assert_eq!(world.number(&format!("SELECT COUNT(*) FROM ({primary}) own")), 1);
    assert_eq!(world.number(&primary), next);
}
