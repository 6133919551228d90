//! The entry side of competitions: the organizer's desk up to the announcement, entries until they compete, what visitors see.
//! domain.md §3, §4.3, §5.5.
use crate::world::{Answer, Browser, World};
use sha2::{Digest, Sha256};
use weixiao::clock;

const ABOUT: &[(&str, &str)] = &[
    ("title", "秋季微党课赛课"),
    ("slug", "autumn"),
    ("summary", "一堂课讲清楚一件事。"),
    ("rules", "## 选题\n\n讲 **本地** 的事。"),
    ("opens_on", "2020-01-01"),
    ("closes_on", "2099-12-31"),
    ("notice_days", "5"),
    ("gold_count", "2"),
    ("gold_years", "2"),
    ("revision", "0"),
];

fn with<'a>(base: &[(&'a str, &'a str)], changes: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let kept = base.iter().filter(|(name, _)| changes.iter().all(|(other, _)| other != name));
    kept.chain(changes).copied().collect()
}

/// A contest with one round, and those who work on it.
struct Desk<'a> {
    world: &'a World,
    organizer: Browser<'a>,
    checker: Browser<'a>,
    id: i64,
    round: i64,
}

impl<'a> Desk<'a> {
    async fn new(world: &'a World) -> Desk<'a> {
        Desk::with(world, &[]).await
    }
    async fn with(world: &'a World, changes: &[(&str, &str)]) -> Desk<'a> {
        let organizer = world.signed_in("organizer").await;
        let checker = world.signed_in("checker").await;
        let key = organizer.get("/organize/contests/new").await.key();
        let made = organizer.post("/organize/contests", &with(&with(ABOUT, changes), &[("key", &key)])).await;
        assert_eq!(made.status, 303, "{}", made.body);
        let id = world.number("SELECT MAX(id) FROM contests");
        let added = organizer.post(&format!("/organize/contests/{id}/rounds"), &[]).await;
        assert_eq!(added.status, 303, "{}", added.body);
        let round = world.number("SELECT MAX(id) FROM contest_rounds");
        Desk { world, organizer, checker, id, round }
    }
    /// Announced and open.
    async fn open(world: &'a World) -> Desk<'a> {
        Desk::opened(world, &[]).await
    }
    async fn opened(world: &'a World, changes: &[(&str, &str)]) -> Desk<'a> {
        let desk = Desk::with(world, changes).await;
        assert_eq!(desk.round_step(&desk.organizer, "freeze").await.status, 303);
        assert_eq!(desk.round_step(&desk.checker, "approve").await.status, 303);
        for step in ["announce", "open"] {
            let answer = desk.step(&desk.organizer, step).await;
            assert_eq!(answer.status, 303, "{step}: {}", answer.body);
        }
        desk
    }
    fn path(&self) -> String {
        format!("/organize/contests/{}", self.id)
    }
    fn round_path(&self) -> String {
        format!("/organize/contests/{}/rounds/{}", self.id, self.round)
    }
    async fn step(&self, browser: &Browser<'_>, step: &str) -> Answer {
        browser.post(&format!("{}/{step}", self.path()), &[("reason", "停电")]).await
    }
    fn digest(&self) -> String {
        self.world.text(&format!("SELECT method_sha256 FROM contest_rounds WHERE id = {}", self.round))
    }
    async fn round_step(&self, browser: &Browser<'_>, step: &str) -> Answer {
        let digest = self.digest();
        browser.post(&format!("{}/{step}", self.round_path()), &[("digest", &digest)]).await
    }
    fn state(&self) -> String {
        self.world.text(&format!("SELECT state FROM contests WHERE id = {}", self.id))
    }
    fn record(&self, what: &str) -> i64 {
        self.world.number(&format!(
            "SELECT COUNT(*) FROM contest_steps WHERE contest_id = {} AND what = '{what}'",
            self.id
        ))
    }
    fn entry(&self, column: &str, whose: &str) -> String {
        self.world.text(&format!(
            "SELECT {column} FROM contest_entries WHERE contest_id = {} AND entrant_id = {} ORDER BY id DESC LIMIT 1",
            self.id,
            person(self.world, whose)
        ))
    }
    /// Closes the entries: the last day is made one of the past.
    async fn close(&self) {
        self.world.sql(&format!("UPDATE contests SET closes_on = '2020-01-02' WHERE id = {}", self.id));
        let answer = self.step(&self.organizer, "close").await;
        assert_eq!(answer.status, 303, "{}", answer.body);
    }
    async fn endorse(&self, secretary: &Browser<'_>, entry: &str, verdict: &str) -> Answer {
        let version = self.world.text(&format!("SELECT version FROM contest_entries WHERE id = {entry}"));
        let fields = [("verdict", verdict), ("reason", "请写明出处"), ("version", &version)];
        secretary.post(&format!("/branch/entries/{entry}"), &fields).await
    }
    async fn screen(&self, screener: &Browser<'_>, entry: &str, verdict: &str) -> Answer {
        let version = self.world.text(&format!("SELECT version FROM contest_entries WHERE id = {entry}"));
        let fields = [("verdict", verdict), ("reason", "第二段的数字和出处对不上"), ("version", &version)];
        screener.post(&format!("{}/screening/{entry}", self.path()), &fields).await
    }
}

fn person(world: &World, name: &str) -> i64 {
    world.number(&format!("SELECT person_id FROM accounts WHERE username = '{name}'"))
}

const ENTRY: &[(&str, &str)] = &[
    ("title", "一条支渠的轮灌表"),
    ("summary", "轮灌表怎样排。"),
    ("script", "各位同志，今天讲一条支渠。"),
    ("school", "1"),
    ("find", ""),
    ("lecture", ""),
    ("original", "1"),
    ("go", "submit"),
];

async fn enter(browser: &Browser<'_>, changes: &[(&str, &str)]) -> Answer {
    let key = browser.get("/contests/autumn/enter").await.key();
    browser.post("/contests/autumn/enter", &with(&with(ENTRY, changes), &[("key", &key)])).await
}

/// The form of a round as it is shown, with these changes.
fn round_form<'a>(
    seen: &'a str,
    weights: [&'a str; 3],
    changes: &[(&'a str, &'a str)],
) -> Vec<(&'a str, &'a str)> {
    let rows =
        [("content", "内容", "主题鲜明"), ("delivery", "讲授表达", "听得懂"), ("form", "形式", "清楚")];
    let mut fields = vec![];
    for ((key, name, about), weight) in rows.into_iter().zip(weights) {
        fields.extend([
            ("ckey", key),
            ("name", name),
            ("about", about),
            ("weight", weight),
            ("max", "100"),
            ("step", "0.1"),
        ]);
    }
    let rest = [
        ("content", "0"),
        ("kind", "final"),
        ("title", "决赛"),
        ("panels", "1"),
        ("sheets_each", "0"),
        ("judge_load", "0"),
        ("low", "1"),
        ("high", "1"),
        ("least", "5"),
        ("method", "single"),
        ("coefficient", ""),
        ("pull", "0"),
        ("timed", "1"),
        ("limit", "8:00"),
        ("grace", "30"),
        ("every", "30"),
        ("each", "0.5"),
        ("most", "3"),
        ("audience", "none"),
        ("share", ""),
        ("of", ""),
        ("by", ""),
        ("places", "2"),
        ("breaker", "content"),
        ("breaker", "median"),
        ("breaker", "vote"),
        ("n", "2"),
        ("boundary", "strict"),
        ("per_alliance", "3"),
        ("per_panel", ""),
        ("seen", seen),
    ];
    fields.extend(rest.into_iter().filter(|(name, _)| changes.iter().all(|(other, _)| other != name)));
    fields.extend(changes);
    fields
}

#[actix_web::test]
async fn a_contest_goes_from_a_title_to_open_entries_and_each_guard_holds() {
    let world = World::new();
    let desk = Desk::new(&world).await;
    // A draft is nobody's but theirs who work on it.
    for path in ["/contests", "/contests/autumn"] {
        assert!(!world.visitor().get(path).await.body.contains("秋季微党课赛课"), "{path}");
    }
    assert_eq!(world.visitor().get("/contests/autumn").await.status, 404);
    let member = world.signed_in("member").await;
    for path in ["/organize/contests".to_owned(), desk.path(), desk.round_path()] {
        assert_eq!(member.get(&path).await.status, 404, "{path}");
        assert_eq!(desk.checker.get(&path).await.status, 200, "{path}");
    }
    // Not announced before the method is frozen by one and approved by another.
    assert_eq!(desk.step(&desk.organizer, "announce").await.status, 409);
    assert_eq!(desk.round_step(&desk.checker, "freeze").await.status, 403, "not the checker's");
    // What was looked at is what is frozen.
    let seen =
        desk.organizer.get(&desk.round_path()).await.between(r#"name="seen" value=""#, "\"").to_owned();
    let before = desk.digest();
    let saved = desk.organizer.post(&desk.round_path(), &round_form(&seen, ["50", "30", "20"], &[])).await;
    assert_eq!(saved.status, 303, "{}", saved.body);
    let old = desk.organizer.post(&format!("{}/freeze", desk.round_path()), &[("digest", &before)]).await;
    assert_eq!(old.status, 409, "somebody has saved since");
    assert_eq!(desk.round_step(&desk.organizer, "freeze").await.status, 303);
    let again = desk.round_step(&desk.organizer, "freeze").await;
    assert_eq!(again.status, 409);
    let late = desk.organizer.post(&desk.round_path(), &round_form(&seen, ["60", "20", "20"], &[])).await;
    assert_eq!(late.status, 409, "frozen");
    assert_eq!(desk.step(&desk.organizer, "announce").await.status, 409, "not approved yet");
    // Whoever froze it does not approve it, even with that right.
    let account = world.number("SELECT id FROM accounts WHERE username = 'organizer'");
    world.sql(&format!(
        "INSERT INTO grants (account_id, role, scope_kind, granted_at) VALUES ({account}, 'checker', 'city', '2020-01-01 00:00:00')"
    ));
    let own = desk.round_step(&world.signed_in("organizer").await, "approve").await;
    assert!(own.status == 409 && own.body.contains("这一步要由另一个人办理"), "{}", own.body);
    world.sql(&format!("DELETE FROM grants WHERE account_id = {account} AND role = 'checker'"));
    assert_eq!(desk.round_step(&desk.checker, "approve").await.status, 303);
    assert_eq!(desk.step(&desk.checker, "announce").await.status, 403);
    assert_eq!(desk.step(&desk.organizer, "announce").await.status, 303);
    assert_eq!(desk.step(&desk.organizer, "announce").await.status, 409, "once");
    // Thawing ends with the announcement; opening waits for its day, closing for the end of the last one.
    let thaw = desk.organizer.post(&format!("{}/thaw", desk.round_path()), &[("reason", "要改")]).await;
    assert_eq!(thaw.status, 409);
    world.sql(&format!("UPDATE contests SET opens_on = '2099-01-01' WHERE id = {}", desk.id));
    assert_eq!(desk.step(&desk.organizer, "open").await.status, 409);
    world.sql(&format!("UPDATE contests SET opens_on = '2020-01-01' WHERE id = {}", desk.id));
    assert_eq!(desk.step(&desk.organizer, "open").await.status, 303);
    assert_eq!(desk.step(&desk.organizer, "close").await.status, 409);
    let today = clock::day(clock::now());
    world.sql(&format!("UPDATE contests SET closes_on = '{today}' WHERE id = {}", desk.id));
    assert_eq!(desk.step(&desk.organizer, "close").await.status, 409, "the last day is one of them");
    desk.close().await;
    assert_eq!(desk.state(), "screening");
    let commit = world.text(&format!("SELECT seed_commit FROM contest_rounds WHERE id = {}", desk.round));
    let page = world.visitor().get("/contests/autumn").await;
    assert!(page.body.contains(&commit), "shown before the draw");
    let secret = world.text(&format!("SELECT seed_secret FROM contest_rounds WHERE id = {}", desk.round));
    assert!(!page.body.contains(&secret));
    for what in ["made", "frozen", "approved", "announced", "opened", "closed"] {
        assert_eq!(desk.record(what), 1, "{what}");
    }
}

#[actix_web::test]
async fn a_method_that_is_wrong_says_where_and_keeps_what_was_typed_and_two_savers_see_both() {
    let world = World::new();
    let desk = Desk::new(&world).await;
    let shown = desk.organizer.get(&desk.round_path()).await;
    let seen = shown.between(r#"name="seen" value=""#, "\"").to_owned();
    let wrong = desk
        .organizer
        .post(&desk.round_path(), &round_form(&seen, ["60", "25", "16"], &[("title", "终评一场")]))
        .await;
    assert_eq!(wrong.status, 422);
    assert!(
        wrong.body.contains("各项权重相加要等于 100") && wrong.body.contains("终评一场"),
        "{}",
        wrong.body
    );
    for (field, value, says) in [
        ("least", "4", "至少要留下 3 份"),
        ("limit", "8:99", "时间写成 8:00"),
        ("n", "0", "1 到 1000"),
        ("panels", "2", "分成几个评委组"),
        ("pull", "x", "填数字"),
        // Where equals stand at the last place the judges vote: the method has to say so.
        ("breaker", "content", "次序里要有“评委书面表决”"),
    ] {
        let answer = desk
            .organizer
            .post(&desk.round_path(), &round_form(&seen, ["60", "25", "15"], &[(field, value)]))
            .await;
        assert_eq!(answer.status, 422, "{field}");
        assert!(answer.body.contains(says) && answer.body.contains("href=\"#f-"), "{field}: {}", answer.body);
    }
    let row = desk.organizer.post(&desk.round_path(), &round_form(&seen, ["六十", "25", "15"], &[])).await;
    assert!(row.status == 422 && row.body.contains("第 1 项") && row.body.contains("六十"));
    let first = desk
        .organizer
        .post(&desk.round_path(), &round_form(&seen, ["60", "25", "15"], &[("title", "甲的一份")]))
        .await;
    assert_eq!(first.status, 303, "{}", first.body);
    let second = desk
        .organizer
        .post(&desk.round_path(), &round_form(&seen, ["50", "35", "15"], &[("title", "乙的一份")]))
        .await;
    assert_eq!(second.status, 422);
    assert!(second.body.contains("甲的一份") && second.body.contains("乙的一份"), "{}", second.body);
    let seen = second.between(r#"name="seen" value=""#, "\"").to_owned();
    let third = desk.organizer.post(&desk.round_path(), &round_form(&seen, ["50", "35", "15"], &[])).await;
    assert_eq!(third.status, 303);
    // The same for what is said of the contest.
    let path = format!("{}/edit", desk.path());
    let revision = desk.organizer.get(&path).await.between(r#"name="revision" value=""#, "\"").to_owned();
    let form = |title| with(ABOUT, &[("title", title), ("revision", &revision)]);
    assert_eq!(desk.organizer.post(&path, &form("甲的名称")).await.status, 303);
    let second = desk.organizer.post(&path, &form("乙的名称")).await;
    assert_eq!(second.status, 422);
    assert!(second.body.contains("甲的名称") && second.body.contains("乙的名称"));
    let bad = desk.organizer.post(&path, &with(ABOUT, &[("closes_on", "2019-12-31"), ("title", "")])).await;
    assert!(bad.status == 422 && bad.body.contains("截止不能早于开始") && bad.body.contains("2019-12-31"));
}

#[actix_web::test]
async fn a_contest_is_made_once_and_its_address_is_its_own() {
    let world = World::new();
    let organizer = world.signed_in("organizer").await;
    let key = organizer.get("/organize/contests/new").await.key();
    let form = with(ABOUT, &[("key", &key)]);
    for _ in 0..2 {
        assert_eq!(organizer.post("/organize/contests", &form).await.status, 303);
    }
    assert_eq!(world.number("SELECT COUNT(*) FROM contests WHERE slug = 'autumn'"), 1);
    let other = "0123456789abcdef0123456789abcdef";
    let taken = organizer.post("/organize/contests", &with(ABOUT, &[("key", other)])).await;
    assert!(taken.status == 422 && taken.body.contains("这个地址名已经有人用了"));
    let bad = organizer.post("/organize/contests", &with(ABOUT, &[("key", other), ("slug", "秋 季")])).await;
    assert!(bad.status == 422 && bad.body.contains("秋 季"));
}

#[actix_web::test]
async fn an_entry_goes_its_way_and_nobody_decides_about_their_own() {
    let world = World::new();
    let desk = Desk::open(&world).await;
    let member = world.signed_in("member").await;
    let (secretary, secretary2) = (world.signed_in("secretary").await, world.signed_in("secretary2").await);
    let call = world.visitor().get("/contests/autumn").await;
    assert!(call.body.contains("/contests/autumn/enter"), "the call to enter");
    // Handing in asks for more than saving; what was typed stays.
    for (field, value, says) in [
        ("script", "", "请填写"),
        ("original", "", "提交时要声明原创"),
        ("school", "9999999", "请选一所微党校"),
        ("companion", "D9999999", "有的编号没有找到"),
        ("title", "", "请填写"),
    ] {
        let answer = enter(&member, &[(field, value)]).await;
        assert_eq!(answer.status, 422, "{field}");
        assert!(
            answer.body.contains(says) && answer.body.contains("轮灌表怎样排。"),
            "{field}: {}",
            answer.body
        );
    }
    assert_eq!(world.number("SELECT COUNT(*) FROM contest_entries"), 0);
    let saved = enter(&member, &[("go", "save"), ("script", ""), ("original", "")]).await;
    assert_eq!(saved.location.as_deref(), Some("/contests/autumn/entry?done=entry-saved"));
    assert_eq!(desk.entry("state", "member"), "draft");
    let entry = desk.entry("id", "member");
    for (browser, path) in [
        (&secretary, format!("/branch/entries/{entry}")),
        (&desk.organizer, format!("{}/screening/{entry}", desk.path())),
    ] {
        assert_eq!(browser.get(&path).await.status, 404, "a draft is its author's: {path}");
    }
    let early = member.post("/contests/autumn/entry/submit", &[]).await;
    assert!(early.status == 409 && early.body.contains("还没有写全"));
    let seen =
        member.get("/contests/autumn/entry/edit").await.between(r#"name="seen" value=""#, "\"").to_owned();
    let handed = member.post("/contests/autumn/entry/edit", &with(ENTRY, &[("seen", &seen)])).await;
    assert_eq!(handed.status, 303, "{}", handed.body);
    assert_eq!(desk.entry("state || version", "member"), "submitted1");
    let alliance = "COALESCE((SELECT alliance_id FROM alliance_schools WHERE school_id = 1 AND is_primary AND valid_to IS NULL), -1)";
    assert_eq!(desk.entry("COALESCE(alliance_id, -1)", "member"), world.text(&format!("SELECT {alliance}")));
    // The branch's secretary is told and agrees; another branch's finds nothing, a member is not let in.
    let told = world.number(&format!(
        "SELECT COUNT(*) FROM notices WHERE person_id = {} AND link = '/branch/entries/{entry}'",
        person(&world, "secretary")
    ));
    assert_eq!(told, 1);
    assert!(secretary.get("/branch/entries").await.body.contains("一条支渠的轮灌表"));
    assert!(!secretary2.get("/branch/entries").await.body.contains("一条支渠的轮灌表"));
    assert_eq!(secretary2.get(&format!("/branch/entries/{entry}")).await.status, 404);
    assert_eq!(desk.endorse(&secretary2, &entry, "agreed").await.status, 404);
    assert_eq!(desk.endorse(&member, &entry, "agreed").await.status, 403);
    let reviewer = world.signed_in("reviewer1").await;
    assert_eq!(desk.screen(&reviewer, &entry, "passed").await.status, 409, "before the branch");
    // Back with a reason that the entrant reads, and in again as the next version.
    let back = secretary
        .post(&format!("/branch/entries/{entry}"), &[("verdict", "returned"), ("version", "1")])
        .await;
    assert!(back.status == 422 && back.body.contains("请写明原因"));
    assert_eq!(desk.endorse(&secretary, &entry, "returned").await.status, 303);
    assert!(member.get("/contests/autumn/entry").await.body.contains("请写明出处"));
    assert_eq!(member.post("/contests/autumn/entry/submit", &[]).await.status, 303);
    assert_eq!(desk.entry("version", "member"), "2");
    assert_eq!(world.number(&format!("SELECT COUNT(*) FROM contest_scripts WHERE entry_id = {entry}")), 2);
    let old = [("verdict", "agreed"), ("version", "1")];
    assert_eq!(
        secretary.post(&format!("/branch/entries/{entry}"), &old).await.status,
        409,
        "not what was seen"
    );
    assert_eq!(desk.endorse(&secretary, &entry, "agreed").await.status, 303);
    assert_eq!(desk.endorse(&secretary, &entry, "agreed").await.status, 409, "once");
    // Two screeners; the same one counts once.
    assert_eq!(desk.screen(&secretary, &entry, "passed").await.status, 403);
    assert_eq!(desk.screen(&reviewer, &entry, "passed").await.status, 303);
    assert_eq!(desk.entry("state", "member"), "branch_endorsed");
    let twice = desk.screen(&reviewer, &entry, "passed").await;
    assert!(twice.status == 409 && twice.body.contains("要由另一个人办理"), "{}", twice.body);
    assert!(!world.visitor().get("/contests/autumn").await.body.contains("一条支渠的轮灌表"), "not screened");
    assert_eq!(desk.screen(&desk.checker, &entry, "passed").await.status, 303);
    assert_eq!(desk.entry("state", "member"), "screened");
    // Frozen (INV-C2): neither a form that was still open nor a new one changes it.
    let late = member
        .post("/contests/autumn/entry/edit", &with(ENTRY, &[("script", "换了"), ("seen", &seen)]))
        .await;
    assert_eq!(late.status, 422);
    assert!(late.body.contains("换了"), "what was typed stays");
    assert_eq!(member.get("/contests/autumn/entry/edit").await.status, 409);
    assert_eq!(
        world.number(&format!(
            "SELECT COUNT(*) FROM contest_scripts WHERE entry_id = {entry} AND script = '换了'"
        )),
        0
    );
    // Everybody sees its title, nobody whose it is.
    let page = world.visitor().get("/contests/autumn").await;
    let name = world.text(&format!("SELECT name FROM persons WHERE id = {}", person(&world, "member")));
    assert!(page.body.contains("一条支渠的轮灌表") && !page.body.contains(&name));
    let steps = world.number(&format!("SELECT COUNT(*) FROM contest_entry_steps WHERE entry_id = {entry}"));
    assert_eq!(steps, 7, "draft, submitted, returned, submitted, endorsed, one screener, screened");
}

#[actix_web::test]
async fn one_screener_returns_two_refuse_and_what_was_returned_is_in_again_only_until_the_draw() {
    let world = World::new();
    let desk = Desk::open(&world).await;
    let (member, secretary) = (world.signed_in("member").await, world.signed_in("secretary").await);
    let (one, two) = (world.signed_in("reviewer1").await, world.signed_in("reviewer2").await);
    assert_eq!(enter(&member, &[]).await.status, 303);
    let entry = desk.entry("id", "member");
    assert_eq!(desk.endorse(&secretary, &entry, "agreed").await.status, 303);
    let bare = one
        .post(&format!("{}/screening/{entry}", desk.path()), &[("verdict", "returned"), ("version", "1")])
        .await;
    assert!(bare.status == 422 && bare.body.contains("请写明原因"));
    assert_eq!(desk.screen(&one, &entry, "returned").await.status, 303);
    assert_eq!(desk.entry("state", "member"), "returned");
    assert!(member.get("/contests/autumn/entry").await.body.contains("第二段的数字和出处对不上"));
    // After the last day what was returned may come again, a draft may not.
    let other = world.signed_in("elder").await;
    assert_eq!(enter(&other, &[("go", "save")]).await.status, 303);
    desk.close().await;
    let draft = other.post("/contests/autumn/entry/submit", &[]).await;
    assert!(draft.status == 409 && draft.body.contains("已经过了截止的日子"), "{}", draft.body);
    assert_eq!(member.post("/contests/autumn/entry/submit", &[]).await.status, 303);
    assert_eq!(desk.endorse(&secretary, &entry, "agreed").await.status, 303);
    // The verdict about the version before does not count; two have to refuse.
    assert_eq!(desk.screen(&one, &entry, "refused").await.status, 303);
    assert_eq!(desk.entry("state", "member"), "branch_endorsed");
    let draw = desk.organizer.post(&format!("{}/draw", desk.round_path()), &[("outside", "3 5")]).await;
    assert!(draw.status == 409 && draw.body.contains("还有 1 件作品没有审核完"), "{}", draw.body);
    assert_eq!(desk.screen(&two, &entry, "passed").await.status, 303);
    assert_eq!(desk.entry("state", "member"), "branch_endorsed", "one each: a third decides");
    assert_eq!(desk.screen(&desk.checker, &entry, "refused").await.status, 303);
    assert_eq!(desk.entry("state", "member"), "refused");
    assert_eq!(member.post("/contests/autumn/entry/submit", &[]).await.status, 409);
    assert_eq!(member.post("/contests/autumn/entry/withdraw", &[]).await.status, 409);
}

#[actix_web::test]
async fn one_entry_for_each_person_however_many_tabs() {
    let world = World::new();
    let desk = Desk::open(&world).await;
    let member = world.signed_in("member").await;
    let (first, second) =
        (member.get("/contests/autumn/enter").await.key(), member.get("/contests/autumn/enter").await.key());
    let (one, two) = (with(ENTRY, &[("key", &first)]), with(ENTRY, &[("key", &second), ("title", "另一件")]));
    let (a, b) = futures_join(
        member.post("/contests/autumn/enter", &one),
        member.post("/contests/autumn/enter", &two),
    )
    .await;
    let mut statuses = [a.status.as_u16(), b.status.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [303, 422], "{} {}", a.body, b.body);
    let told = if a.status == 422 { a } else { b };
    assert!(told.body.contains("每人在一次赛课里只能有一件作品"), "{}", told.body);
    assert_eq!(world.number("SELECT COUNT(*) FROM contest_entries"), 1);
    // The same form twice is one entry, and its own page is where entering leads.
    let kept = if desk.entry("title", "member") == "另一件" { &two } else { &one };
    let again = member.post("/contests/autumn/enter", kept).await;
    assert_eq!(again.status, 303, "{}", again.body);
    assert_eq!(world.number("SELECT version FROM contest_entries"), 1, "handed in once");
    assert_eq!(
        member.get("/contests/autumn/enter").await.location.as_deref(),
        Some("/contests/autumn/entry")
    );
    // Withdrawn, it makes room for another one while entries are open.
    assert_eq!(member.post("/contests/autumn/entry/withdraw", &[]).await.status, 303);
    assert_eq!(enter(&member, &[]).await.status, 303);
    assert_eq!(world.number("SELECT COUNT(*) FROM contest_entries"), 2);
}

async fn futures_join<A, B>(a: impl Future<Output = A>, b: impl Future<Output = B>) -> (A, B) {
    let (mut a, mut b) = (std::pin::pin!(a), std::pin::pin!(b));
    let (mut left, mut right) = (None, None);
    std::future::poll_fn(|cx| {
        if left.is_none()
            && let std::task::Poll::Ready(done) = a.as_mut().poll(cx)
        {
            left = Some(done);
        }
        if right.is_none()
            && let std::task::Poll::Ready(done) = b.as_mut().poll(cx)
        {
            right = Some(done);
        }
        if left.is_some() && right.is_some() { std::task::Poll::Ready(()) } else { std::task::Poll::Pending }
    })
    .await;
    (left.unwrap(), right.unwrap())
}

#[actix_web::test]
async fn two_screeners_at_once_screen_it_once() {
    let world = World::new();
    let desk = Desk::open(&world).await;
    let (member, secretary) = (world.signed_in("member").await, world.signed_in("secretary").await);
    let (one, two) = (world.signed_in("reviewer1").await, world.signed_in("reviewer2").await);
    assert_eq!(enter(&member, &[]).await.status, 303);
    let entry = desk.entry("id", "member");
    assert_eq!(desk.endorse(&secretary, &entry, "agreed").await.status, 303);
    let (a, b) = futures_join(desk.screen(&one, &entry, "passed"), desk.screen(&two, &entry, "passed")).await;
    assert_eq!((a.status.as_u16(), b.status.as_u16()), (303, 303), "{} {}", a.body, b.body);
    assert_eq!(desk.entry("state", "member"), "screened");
    let screened = "SELECT COUNT(*) FROM contest_entry_steps WHERE state = 'screened'";
    assert_eq!(world.number(screened), 1);
    let third = desk.screen(&desk.checker, &entry, "refused").await;
    assert_eq!(third.status, 409, "it is decided");
}

#[actix_web::test]
async fn who_enters_or_teaches_in_it_decides_nothing_about_it_and_who_judges_does_not_enter() {
    let world = World::new();
    let desk = Desk::open(&world).await;
    // A secretary's own entry is for another one of the branch.
    let secretary = world.signed_in("secretary").await;
    assert_eq!(enter(&secretary, &[]).await.status, 303);
    let own = desk.entry("id", "secretary");
    let refused = desk.endorse(&secretary, &own, "agreed").await;
    assert!(refused.status == 409 && refused.body.contains("这是您自己的作品"), "{}", refused.body);
    assert!(!secretary.get(&format!("/branch/entries/{own}")).await.body.contains("name=\"verdict\""));
    // One who teaches beside the entrant neither endorses nor screens.
    let number = |name: &str| {
        world.text(&format!(
            "SELECT member_no FROM memberships WHERE person_id = {} AND valid_to IS NULL",
            person(&world, name)
        ))
    };
    let member = world.signed_in("member").await;
    let (beside, screener) = (number("secretary"), number("reviewer1"));
    let entered = enter(&member, &[("companion", &beside), ("companion", &screener)]).await;
    assert_eq!(entered.status, 303, "{}", entered.body);
    let entry = desk.entry("id", "member");
    assert_eq!(desk.endorse(&secretary, &entry, "agreed").await.status, 409);
    world.sql(&format!("UPDATE contest_entries SET state = 'branch_endorsed' WHERE id = {entry}"));
    let reviewer = world.signed_in("reviewer1").await;
    assert_eq!(desk.screen(&reviewer, &entry, "passed").await.status, 409);
    assert_eq!(desk.screen(&world.signed_in("reviewer2").await, &entry, "passed").await.status, 303);
    // Whoever agreed for the branch does not screen.
    let account = world.number("SELECT id FROM accounts WHERE username = 'checker'");
    world.sql(&format!("UPDATE contest_entries SET endorsed_by = {account} WHERE id = {entry}"));
    let endorser = desk.screen(&desk.checker, &entry, "passed").await;
    assert!(endorser.status == 409 && endorser.body.contains("另一个人"), "{}", endorser.body);
    // Judges, scorers and supervisors neither enter nor teach beside one.
    for name in ["scorer", "supervisor"] {
        let answer = enter(&world.signed_in(name).await, &[]).await;
        assert!(answer.status == 422 && answer.body.contains("不能是同一个人"), "{name}: {}", answer.body);
    }
    world.sql(&format!(
        "INSERT INTO contest_judges (contest_id, person_id, unit, expertise, number, state, invited_by, invited_at) \
         VALUES ({}, {}, '', '', 1, 'invited', {account}, '2020-01-01 00:00:00')",
        desk.id,
        person(&world, "judge1")
    ));
    assert_eq!(enter(&world.signed_in("judge1").await, &[]).await.status, 422);
    let beside = number("judge1");
    assert_eq!(enter(&world.signed_in("elder").await, &[("companion", &beside)]).await.status, 422);
    assert_eq!(enter(&world.signed_in("judge2").await, &[]).await.status, 303, "judges elsewhere, not here");
}

#[actix_web::test]
async fn entries_are_taken_from_the_first_day_to_the_last_and_not_while_suspended() {
    let world = World::new();
    let desk = Desk::open(&world).await;
    let member = world.signed_in("member").await;
    let key = member.get("/contests/autumn/enter").await.key();
    let form = with(ENTRY, &[("key", &key)]);
    let today = clock::day(clock::now());
    let set = |opens: String, closes: String| {
        world.sql(&format!(
            "UPDATE contests SET opens_on = '{opens}', closes_on = '{closes}' WHERE id = {}",
            desk.id
        ));
    };
    set(today.succ_opt().unwrap().to_string(), "2099-12-31".into());
    let early = member.post("/contests/autumn/enter", &form).await;
    assert!(early.status == 422 && early.body.contains("还没有到这一天"), "{}", early.body);
    set("2020-01-01".into(), today.pred_opt().unwrap().to_string());
    let late = member.post("/contests/autumn/enter", &form).await;
    assert!(late.status == 422 && late.body.contains("已经过了截止的日子"), "{}", late.body);
    assert!(!world.visitor().get("/contests/autumn").await.body.contains("/contests/autumn/enter"));
    set(today.to_string(), today.to_string());
    assert_eq!(desk.step(&desk.organizer, "suspend").await.status, 303);
    let stopped = member.post("/contests/autumn/enter", &form).await;
    assert!(stopped.status == 422 && stopped.body.contains("赛课已暂停"), "{}", stopped.body);
    assert!(
        world.visitor().get("/contests/autumn/record").await.body.contains("停电"),
        "everybody reads why"
    );
    let silent = desk.organizer.post(&format!("{}/resume", desk.path()), &[("reason", "")]).await;
    assert_eq!(silent.status, 422);
    assert_eq!(desk.step(&desk.organizer, "resume").await.status, 303);
    assert_eq!(member.post("/contests/autumn/enter", &form).await.status, 303);
}

#[actix_web::test]
async fn lots_can_be_drawn_again_by_anybody_and_a_withdrawn_entry_leaves_its_place() {
    let world = World::new();
    let desk = Desk::open(&world).await;
    for name in ["member", "elder", "mobile"] {
        let browser = world.signed_in(name).await;
        let named = if name == "elder" { "1" } else { "" };
        assert_eq!(
            enter(&browser, &[("title", &format!("课 {name}")), ("may_name", named)]).await.status,
            303
        );
    }
    world.sql("UPDATE contest_entries SET state = 'screened'");
    let early = desk.organizer.post(&format!("{}/draw", desk.round_path()), &[("outside", "3 5")]).await;
    assert_eq!(early.status, 409, "entries are still taken");
    desk.close().await;
    let secret = world.text(&format!("SELECT seed_secret FROM contest_rounds WHERE id = {}", desk.round));
    let commit = world.text(&format!("SELECT seed_commit FROM contest_rounds WHERE id = {}", desk.round));
    let hex = |text: &str| Sha256::digest(text).iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    assert_eq!(hex(&secret), commit);
    let bad = desk.organizer.post(&format!("{}/draw", desk.round_path()), &[("outside", "3|5")]).await;
    assert!(bad.status == 422 && bad.body.contains("3|5"));
    let drawn = desk.organizer.post(&format!("{}/draw", desk.round_path()), &[("outside", "3 5 1")]).await;
    assert_eq!(drawn.status, 303, "{}", drawn.body);
    let twice = desk.organizer.post(&format!("{}/draw", desk.round_path()), &[("outside", "6 6 6")]).await;
    assert_eq!(twice.status, 409);
    let page = world.visitor().get("/contests/autumn").await;
    let seed = format!("{secret}|3 5 1");
    assert!(page.body.contains(&seed), "the seed is shown");
    let mut codes = ["E01", "E02", "E03"];
    codes.sort_by_key(|code| hex(&format!("{seed}|{code}")));
    let list = page.between("<ol class=\"lots\">", "</ol>");
    let at: Vec<usize> = codes.iter().map(|code| list.find(code).unwrap()).collect();
    assert!(at.is_sorted(), "{list}");
    // Out before it is scored: the place stays empty, nobody moves up.
    let member = world.signed_in("member").await;
    assert_eq!(member.post("/contests/autumn/entry/withdraw", &[]).await.status, 303);
    assert_eq!(world.number("SELECT COUNT(*) FROM contest_places WHERE state = 'withdrawn'"), 1);
    assert_eq!(world.number("SELECT COUNT(*) FROM contest_places"), 3);
    let key = ("key", "0123456789abcdef0123456789abcdef");
    let again = member.post("/contests/autumn/enter", &with(ENTRY, &[key])).await;
    assert_eq!(again.status, 422, "entries are closed");
    // Not from a round that is locked.
    world.sql(&format!(
        "UPDATE contest_rounds SET state = 'locked', locked_at = '2020-02-01 00:00:00' WHERE id = {}",
        desk.round
    ));
    let elder = world.signed_in("elder").await;
    let locked = elder.post("/contests/autumn/entry/withdraw", &[]).await;
    assert!(locked.status == 409 && locked.body.contains("已经锁定"), "{}", locked.body);
    // Names come with the result, and only where they were agreed to.
    let name =
        |who: &str| world.text(&format!("SELECT name FROM persons WHERE id = {}", person(&world, who)));
    let before = world.visitor().get("/contests/autumn").await.body;
    assert!(!before.contains(&name("elder")) && !before.contains(&name("mobile")));
    world.sql(&format!("UPDATE contests SET state = 'provisional' WHERE id = {}", desk.id));
    let after = world.visitor().get("/contests/autumn").await.body;
    assert!(after.contains(&name("elder")) && !after.contains(&name("mobile")));
}

#[actix_web::test]
async fn a_recording_that_is_the_entrants_own_is_asked_for_where_the_contest_wants_one() {
    let world = World::new();
    let desk = Desk::opened(&world, &[("needs_video", "1")]).await;
    let instructor = world.signed_in("instructor").await;
    let none = enter(&instructor, &[]).await;
    assert!(none.status == 422 && none.body.contains("提交时要选一堂录像已经做好的课"), "{}", none.body);
    let others = enter(&instructor, &[("lecture", "2")]).await;
    assert!(others.status == 422 && others.body.contains("请从列出的课里选"));
    // The first of those that the page lists.
    let list = others.between("name=\"lecture\"", "</select>");
    let listed = list.split("<option value=\"").nth(2).unwrap().split('"').next().unwrap().to_owned();
    let own = enter(&instructor, &[("lecture", &listed)]).await;
    assert_eq!(own.status, 303, "{}", own.body);
    assert_eq!(desk.entry("lecture_id", "instructor"), listed);
    let page = instructor.get("/contests/autumn/entry").await;
    assert!(page.body.contains("<video"), "{}", page.body);
}

#[actix_web::test]
async fn a_clerk_enters_for_a_member_and_the_record_says_so() {
    let world = World::new();
    let desk = Desk::open(&world).await;
    let clerk = world.signed_in("clerk").await;
    let elder = person(&world, "elder");
    assert_eq!(clerk.post(&format!("/people/{elder}/acting"), &[]).await.status, 303);
    assert_eq!(enter(&clerk, &[]).await.status, 303);
    let account = world.text("SELECT id FROM accounts WHERE username = 'clerk'");
    assert_eq!(desk.entry("acted_by", "elder"), account);
    assert!(
        world.signed_in("elder").await.get("/contests/autumn/entry").await.body.contains("一条支渠的轮灌表")
    );
}

#[actix_web::test]
async fn two_tabs_of_one_entry_see_both_and_a_search_saves_nothing() {
    let world = World::new();
    let desk = Desk::open(&world).await;
    let member = world.signed_in("member").await;
    let school = world.text("SELECT name FROM schools WHERE id = 7");
    let found = enter(&member, &[("go", "find"), ("find", &school)]).await;
    assert!(
        found.status == 200
            && found.body.contains("name=\"school\" value=\"7\"")
            && found.body.contains("轮灌表怎样排。")
    );
    assert_eq!(world.number("SELECT COUNT(*) FROM contest_entries"), 0);
    assert_eq!(enter(&member, &[("go", "save")]).await.status, 303);
    let seen =
        member.get("/contests/autumn/entry/edit").await.between(r#"name="seen" value=""#, "\"").to_owned();
    let save = |script| with(ENTRY, &[("go", "save"), ("seen", &seen), ("script", script)]);
    assert_eq!(member.post("/contests/autumn/entry/edit", &save("甲的讲稿")).await.status, 303);
    let second = member.post("/contests/autumn/entry/edit", &save("乙的讲稿")).await;
    assert_eq!(second.status, 422);
    assert!(second.body.contains("甲的讲稿") && second.body.contains("乙的讲稿"), "{}", second.body);
    let kept = world
        .text(&format!("SELECT script FROM contest_scripts WHERE entry_id = {}", desk.entry("id", "member")));
    assert_eq!(kept, "甲的讲稿");
}

#[actix_web::test]
async fn kept_pages_of_contests_change_at_once_on_two_servers() {
    let world = World::new();
    let other = World::at(world.url.clone());
    let (here, there) = (world.visitor(), other.visitor());
    for browser in [&here, &there] {
        assert!(browser.get("/contests").await.body.contains("还没有赛课"));
        assert!(browser.get("/contests").await.headers.contains_key("etag"), "kept");
    }
    let desk = Desk::open(&world).await;
    for (path, sql, after) in [
        ("/contests", String::new(), "秋季微党课赛课"),
        (
            "/contests/autumn",
            format!("UPDATE contests SET summary = '改过的一句话' WHERE id = {}", desk.id),
            "改过的一句话",
        ),
        (
            "/contests/autumn",
            format!("UPDATE contest_rounds SET title = '改过的一轮' WHERE id = {}", desk.round),
            "改过的一轮",
        ),
        (
            "/contests/autumn/record",
            format!(
                "INSERT INTO contest_steps (contest_id, what, at, reason) VALUES ({}, 'suspended', '2020-01-01 00:00:00', '改过的原因')",
                desk.id
            ),
            "改过的原因",
        ),
    ] {
        if !sql.is_empty() {
            for browser in [&here, &there] {
                browser.get(path).await;
                let kept = browser.get(path).await;
                assert!(kept.headers.contains_key("etag") && !kept.body.contains(after), "{path}");
            }
            world.sql(&sql);
        }
        for browser in [&there, &here] {
            assert!(browser.get(path).await.body.contains(after), "{path}: {after}");
        }
    }
    // The record names roles, and people only at the desk.
    let name = world.text(&format!("SELECT name FROM persons WHERE id = {}", person(&world, "organizer")));
    assert!(!here.get("/contests/autumn/record").await.body.contains(&name));
    assert!(desk.organizer.get(&format!("{}/record", desk.path())).await.body.contains(&name));
}

#[actix_web::test]
async fn lists_are_paged_and_past_the_end_is_nothing() {
    let world = World::new();
    let desk = Desk::open(&world).await;
    world.sql(&format!(
        "INSERT INTO contest_entries (contest_id, entrant_id, branch_id, school_id, title, is_original, may_broadcast, may_name, \
         state, version, made_by, created_at, key) SELECT {}, m.person_id, m.branch_id, 1, '课', true, false, false, 'screened', 1, 1, \
         '2020-01-01 00:00:00', 'k' || m.person_id FROM memberships m WHERE m.person_id <= 25 AND m.valid_to IS NULL",
        desk.id
    ));
    let visitor = world.visitor();
    assert!(visitor.get("/contests/autumn").await.body.contains("page=2"));
    assert_eq!(visitor.get("/contests/autumn?page=2").await.status, 200);
    assert_eq!(visitor.get("/contests/autumn?page=9").await.status, 404);
    assert_eq!(visitor.get("/contests/autumn?round=2").await.status, 404);
    assert_eq!(visitor.get("/contests?page=2").await.status, 404);
    let entries = format!("{}/entries?state=screened", desk.path());
    assert!(desk.organizer.get(&entries).await.body.contains("page=2"));
    world.sql("UPDATE contest_entries SET state = 'branch_endorsed'");
    assert!(desk.checker.get(&format!("{}/screening", desk.path())).await.body.contains("page=2"));
    world.sql("UPDATE contest_entries SET state = 'submitted'");
    world.sql(&format!(
        "UPDATE contest_entries SET branch_id = (SELECT branch_id FROM memberships WHERE person_id = {} AND valid_to IS NULL)",
        person(&world, "secretary")
    ));
    assert!(world.signed_in("secretary").await.get("/branch/entries").await.body.contains("page=2"));
}
