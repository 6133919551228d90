//! Every door, tried by every kind of caller. What opens to whom is written out in `access.txt`, so that a change of who
//! may do what is a changed line in review. `UPDATE_MATRIX=1 cargo test` writes it anew.
use crate::world::World;
use actix_web::http::Method;
use std::fmt::Write;
use weixiao::access::Access;
use weixiao::app::routes;

/// One account a role, and a member without any.
const CALLERS: &[&str] = &[
    "visitor",
    "member",
    "instructor",
    "reviewer1",
    "judge1",
    "organizer",
    "checker",
    "scorer",
    "supervisor",
    "secretary",
    "committee",
    "clerk",
    "town",
    "alliance",
    "guide",
    "auditor",
    "admin",
];

/// Records that exist, for the parameters of paths.
pub fn sample(path: &str) -> String {
    let slug = match path {
        path if path.starts_with("/bases") => "guanqu-yingxiang",
        path if path.starts_with("/courses") => "huiyi-jilu",
        path if path.starts_with("/stories") => "no-such-story",
        path if path.starts_with("/contests") => "no-such-contest",
        _ => "fifty-questions",
    };
    let course = match path {
        path if path.starts_with("/review") => "9",
        path if path.contains("{course}/add") || path.contains("{course}/items") => "10",
        _ => "1",
    };
    let known = [
        ("{slug}", slug),
        ("{sig}", "2"),
        ("{folder}", "3"),
        ("{file}", "4"),
        ("{digest}", "0123456789abcdef"),
        ("{setting}", "help_phone"),
        ("{verdict}", "approved"),
        ("{role}", "member"),
        ("{name}", "picture.png"),
        ("{code}", "NOSUCHCODE"),
        ("{feed}", "1-00.ics"),
        // The course that waits for its review; the draft, where steps may be changed, and its step.
        ("{course}", course),
        ("{item}", "31"),
    ];
    let mut filled = path.to_owned();
    for (name, value) in known {
        filled = filled.replace(name, value);
    }
    // All others are numbers.
    while let (Some(start), Some(end)) = (filled.find('{'), filled.find('}')) {
        filled.replace_range(start..=end, "1");
    }
    filled
}

#[actix_web::test]
async fn every_door_opens_to_those_it_is_for() {
    let world = World::new();
    let mut browsers = vec![];
    for caller in CALLERS {
        browsers.push(if *caller == "visitor" { world.visitor() } else { world.signed_in(caller).await });
    }
    let mut matrix = String::from(
        "# Who may open what. Written by tests/portal/access.rs; UPDATE_MATRIX=1 writes it anew.\n",
    );
    for route in routes() {
        let path = sample(route.path);
        let (mut open, mut shut, mut asked) = (vec![], vec![], vec![]);
        for (place, caller) in CALLERS.iter().enumerate() {
            let browser = &browsers[place];
            let answer = match route.method {
                Method::GET => browser.get(&path).await,
                Method::POST => browser.post(&path, &[]).await,
                ref other => browser.send(other.clone(), &path, None, &[]).await,
            };
            assert!(!answer.status.is_server_error(), "{caller} {} {path}: {}", route.method, answer.status);
            let at_sign_in = answer.location.as_deref().is_some_and(|to| to.starts_with("/sign-in?"));
            match answer.status.as_u16() {
                401 => asked.push(*caller),
                303 if at_sign_in => asked.push(*caller),
                403 => shut.push(*caller),
                _ => open.push(*caller),
            }
            // Some actions end the session or change who is looking.
            if route.method == Method::POST
                && (path.contains("sign-out") || path.contains("acting") || path.contains("devices"))
                && *caller != "visitor"
            {
                browsers[place] = world.signed_in(caller).await;
            }
        }
        let list = |names: &[&str]| {
            if names.len() == CALLERS.len() { "everybody".to_owned() } else { names.join(" ") }
        };
        write!(matrix, "{} {}", route.method, route.path).unwrap();
        for (word, names) in [("open", &open), ("shut", &shut), ("sign-in", &asked)] {
            if !names.is_empty() {
                write!(matrix, "\n    {word}: {}", list(names)).unwrap();
            }
        }
        matrix.push('\n');
        // What the door says and what happened agree.
        match route.access {
            Access::Anyone => assert_eq!(open.len(), CALLERS.len(), "{} {path}", route.method),
            Access::SignedIn | Access::Oneself => assert_eq!(
                (asked.as_slice(), shut.len()),
                (["visitor"].as_slice(), 0),
                "{} {path}",
                route.method
            ),
            Access::May(_) => {
                assert!(asked == ["visitor"] && shut.contains(&"member"), "{} {path}", route.method)
            }
        }
    }
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/portal/access.txt");
    if std::env::var("UPDATE_MATRIX").is_ok() {
        std::fs::write(file, &matrix).unwrap();
    }
    assert_eq!(std::fs::read_to_string(file).unwrap_or_default(), matrix, "who may do what has changed");
}

/// Routes whose record belongs to somebody: the account that may, a record within its scope, and one outside.
const SCOPED: &[(&str, &str, &str, &str, &str)] = &[
    // method, route, account, own, somebody else's
    ("GET", "/people/{person}", "secretary", "/people/1", "/people/599"),
    ("POST", "/people/{person}/code", "secretary", "/people/2/code", "/people/599/code"),
    ("POST", "/people/{person}/acting", "secretary", "/people/1/acting", "/people/599/acting"),
    ("POST", "/questions/{question}/answer", "instructor", "", ""),
    ("POST", "/admin/feedback/{id}/handled", "admin", "", ""),
    ("GET", "/admin/settings/{setting}", "admin", "", ""),
    ("POST", "/admin/settings/{setting}", "admin", "", ""),
    ("POST", "/admin/settings/changes/{change}/{verdict}", "admin", "", ""),
    ("POST", "/admin/calendar/{calendar}/{verdict}", "admin", "", ""),
    // Rankings are the city's: a role for a part of it does not open them, see tests/portal/rankings.rs.
    ("GET", "/organize/rankings/{snapshot}", "checker", "", ""),
    ("POST", "/organize/rankings/{snapshot}/check", "checker", "", ""),
    ("POST", "/organize/rankings/{snapshot}/publish", "organizer", "", ""),
    ("POST", "/organize/rankings/{snapshot}/finish", "organizer", "", ""),
    ("POST", "/organize/rankings/{snapshot}/withdraw", "organizer", "", ""),
    ("POST", "/organize/rankings/of/{ranking}/compute", "organizer", "", ""),
    ("POST", "/organize/rankings/of/{ranking}/redact", "organizer", "", ""),
    // Whose an import is is in tests/portal/imports.rs.
    ("GET", "/imports/template/{file}", "committee", "", ""),
    ("GET", "/imports/{import}", "committee", "", ""),
    ("POST", "/imports/{import}/mapping", "committee", "", ""),
    ("POST", "/imports/{import}/choices", "committee", "", ""),
    ("POST", "/imports/{import}/apply", "committee", "", ""),
    ("POST", "/imports/{import}/undo", "committee", "", ""),
    ("GET", "/imports/{import}/remarks.xlsx", "committee", "", ""),
    // Whose a case is to decide is in tests/portal/cases.rs.
    ("GET", "/cases/{case}", "committee", "", ""),
    ("POST", "/cases/{case}", "committee", "", ""),
    // Lecture 9999 is nobody's of the accounts; the walk of the desks is in tests/portal/studio.rs.
    ("GET", "/studio/lectures/{lecture}", "instructor", "", ""),
    ("GET", "/studio/lectures/{lecture}/progress", "instructor", "", ""),
    ("GET", "/studio/lectures/{lecture}/captions", "instructor", "", ""),
    ("GET", "/studio/lectures/{lecture}/captions.vtt", "instructor", "", ""),
    ("GET", "/studio/lectures/{lecture}/captions.srt", "instructor", "", ""),
    ("POST", "/studio/lectures/{lecture}", "instructor", "", ""),
    ("POST", "/studio/lectures/{lecture}/submit", "instructor", "", ""),
    ("POST", "/studio/lectures/{lecture}/take-back", "instructor", "", ""),
    ("POST", "/studio/lectures/{lecture}/withdraw", "instructor", "", ""),
    ("POST", "/studio/lectures/{lecture}/reopen", "instructor", "", ""),
    ("POST", "/studio/lectures/{lecture}/uploads", "instructor", "", ""),
    ("POST", "/studio/lectures/{lecture}/file", "instructor", "", ""),
    ("POST", "/studio/lectures/{lecture}/recordings/{recording}/cancel", "instructor", "", ""),
    ("POST", "/studio/lectures/{lecture}/recordings/{recording}/retry", "instructor", "", ""),
    ("POST", "/studio/lectures/{lecture}/poster", "instructor", "", ""),
    ("POST", "/studio/lectures/{lecture}/attach", "instructor", "", ""),
    ("POST", "/studio/lectures/{lecture}/captions", "instructor", "", ""),
    ("POST", "/studio/lectures/{lecture}/captions/file", "instructor", "", ""),
    ("POST", "/studio/lectures/{lecture}/captions/copy", "instructor", "", ""),
    ("POST", "/studio/lectures/{lecture}/chapters", "instructor", "", ""),
    // The booklets of the town are nobody's who writes: the walk of the desk is in tests/portal/manuscripts.rs.
    ("GET", "/studio/booklets/{booklet}", "instructor", "", ""),
    ("POST", "/studio/booklets/{booklet}", "instructor", "", ""),
    ("GET", "/studio/booklets/{booklet}/preview", "instructor", "", ""),
    ("POST", "/studio/booklets/{booklet}/begin", "instructor", "", ""),
    ("POST", "/studio/booklets/{booklet}/submit", "instructor", "", ""),
    ("POST", "/studio/booklets/{booklet}/take-back", "instructor", "", ""),
    ("POST", "/studio/booklets/{booklet}/withdraw", "instructor", "", ""),
    ("POST", "/studio/booklets/{booklet}/reopen", "instructor", "", ""),
    ("POST", "/studio/booklets/{booklet}/archive", "instructor", "", ""),
    ("POST", "/studio/booklets/{booklet}/copy", "instructor", "", ""),
    ("POST", "/studio/booklets/{booklet}/chapters", "instructor", "", ""),
    ("GET", "/studio/booklets/{booklet}/chapters/{draft}", "instructor", "", ""),
    ("POST", "/studio/booklets/{booklet}/chapters/{draft}", "instructor", "", ""),
    ("POST", "/studio/booklets/{booklet}/chapters/{draft}/auto", "instructor", "", ""),
    ("POST", "/studio/booklets/{booklet}/chapters/{draft}/preview", "instructor", "", ""),
    ("POST", "/studio/booklets/{booklet}/chapters/{draft}/move", "instructor", "", ""),
    ("POST", "/studio/booklets/{booklet}/chapters/{draft}/delete", "instructor", "", ""),
    ("POST", "/studio/booklets/{booklet}/chapters/{draft}/revive", "instructor", "", ""),
    ("GET", "/studio/booklets/{booklet}/chapters/{draft}/saves", "instructor", "", ""),
    ("GET", "/studio/booklets/{booklet}/chapters/{draft}/saves/{save}", "instructor", "", ""),
    ("POST", "/studio/booklets/{booklet}/chapters/{draft}/saves/{save}", "instructor", "", ""),
    ("POST", "/studio/booklets/{booklet}/files", "instructor", "", ""),
    ("POST", "/studio/booklets/{booklet}/files/{attachment}/remove", "instructor", "", ""),
    ("GET", "/studio/booklets/{booklet}/import", "instructor", "", ""),
    ("POST", "/studio/booklets/{booklet}/import", "instructor", "", ""),
    ("POST", "/studio/booklets/{booklet}/import/apply", "instructor", "", ""),
    ("GET", "/review/booklets/{booklet}", "reviewer1", "", ""),
    ("POST", "/review/booklets/{booklet}", "reviewer1", "", ""),
    ("GET", "/review/{lecture}", "reviewer1", "", ""),
    ("POST", "/review/{lecture}", "reviewer1", "", ""),
    ("POST", "/review/{lecture}/withdraw", "reviewer1", "", ""),
    // The instructor made course 2, the organizer course 1; the walk of the desk is in tests/portal/organize.rs.
    ("GET", "/organize/courses/{course}", "instructor", "/organize/courses/2", "/organize/courses/1"),
    ("POST", "/organize/courses/{course}", "instructor", "", ""),
    (
        "GET",
        "/organize/courses/{course}/preview",
        "instructor",
        "/organize/courses/2/preview",
        "/organize/courses/1/preview",
    ),
    ("POST", "/organize/courses/{course}/prerequisites", "instructor", "", ""),
    (
        "POST",
        "/organize/courses/{course}/begin",
        "instructor",
        "/organize/courses/2/begin",
        "/organize/courses/1/begin",
    ),
    ("POST", "/organize/courses/{course}/drop", "instructor", "", ""),
    ("POST", "/organize/courses/{course}/submit", "instructor", "", ""),
    ("POST", "/organize/courses/{course}/take-back", "instructor", "", ""),
    ("POST", "/organize/courses/{course}/withdraw", "instructor", "", ""),
    ("POST", "/organize/courses/{course}/reopen", "instructor", "", ""),
    ("POST", "/organize/courses/{course}/archive", "instructor", "", ""),
    ("POST", "/organize/courses/{course}/duplicate", "instructor", "", ""),
    (
        "GET",
        "/organize/courses/{course}/sessions",
        "instructor",
        "/organize/courses/2/sessions",
        "/organize/courses/1/sessions",
    ),
    ("GET", "/organize/courses/{course}/sessions/new", "instructor", "", ""),
    ("POST", "/organize/courses/{course}/sessions", "instructor", "", ""),
    ("GET", "/organize/courses/{course}/sessions/{event}", "instructor", "", ""),
    ("POST", "/organize/courses/{course}/sessions/{event}", "instructor", "", ""),
    ("POST", "/organize/courses/{course}/sessions/{event}/cancel", "instructor", "", ""),
    ("GET", "/review/courses/{course}", "reviewer1", "/review/courses/9", "/review/courses/10"),
    ("POST", "/review/courses/{course}", "reviewer1", "", ""),
    ("GET", "/organize/courses/{course}/add/lectures", "instructor", "", ""),
    ("POST", "/organize/courses/{course}/add/lectures", "instructor", "", ""),
    ("GET", "/organize/courses/{course}/add/chapters", "instructor", "", ""),
    ("POST", "/organize/courses/{course}/add/chapters", "instructor", "", ""),
    ("GET", "/organize/courses/{course}/add/tests", "instructor", "", ""),
    ("POST", "/organize/courses/{course}/add/tests", "instructor", "", ""),
    ("GET", "/organize/courses/{course}/add/session", "instructor", "", ""),
    ("POST", "/organize/courses/{course}/add/session", "instructor", "", ""),
    ("GET", "/organize/courses/{course}/items/{item}", "instructor", "", ""),
    ("POST", "/organize/courses/{course}/items/{item}", "instructor", "", ""),
    ("POST", "/organize/courses/{course}/items/{item}/up", "instructor", "", ""),
    ("POST", "/organize/courses/{course}/items/{item}/down", "instructor", "", ""),
    ("POST", "/organize/courses/{course}/items/{item}/remove", "instructor", "", ""),
    // whose lists are whose: tests/portal/enrolment_pages.rs
    ("GET", "/organize/offerings/{offering}", "instructor", "", ""),
    ("POST", "/organize/offerings/{offering}", "instructor", "", ""),
    ("POST", "/organize/offerings/{offering}/closing", "instructor", "", ""),
    ("GET", "/organize/offerings/{offering}/participants", "instructor", "", ""),
    ("POST", "/organize/offerings/{offering}/participants", "instructor", "", ""),
    ("POST", "/organize/offerings/{offering}/add", "instructor", "", ""),
    ("POST", "/organize/offerings/{offering}/export", "instructor", "", ""),
    // Banks of somebody else are walked in tests/portal/selftests.rs.
    ("GET", "/studio/banks/{bank}", "instructor", "", ""),
    ("POST", "/studio/banks/{bank}", "instructor", "", ""),
    ("POST", "/studio/banks/{bank}/tests", "instructor", "", ""),
    ("GET", "/studio/banks/{bank}/tests/new", "instructor", "", ""),
    ("GET", "/studio/banks/{bank}/tests/{test}", "instructor", "", ""),
    ("POST", "/studio/banks/{bank}/tests/{test}", "instructor", "", ""),
    ("POST", "/studio/banks/{bank}/questions", "instructor", "", ""),
    ("GET", "/studio/banks/{bank}/questions/new", "instructor", "", ""),
    ("GET", "/studio/banks/{bank}/questions/{bankquestion}", "instructor", "", ""),
    ("POST", "/studio/banks/{bank}/questions/{bankquestion}", "instructor", "", ""),
    ("POST", "/studio/banks/{bank}/questions/{bankquestion}/retire", "instructor", "", ""),
    ("POST", "/studio/banks/{bank}/questions/{bankquestion}/restore", "instructor", "", ""),
    ("GET", "/studio/banks/{bank}/template.xlsx", "instructor", "", ""),
    ("GET", "/studio/banks/{bank}/import", "instructor", "", ""),
    ("POST", "/studio/banks/{bank}/import", "instructor", "", ""),
    ("POST", "/studio/banks/{bank}/import/apply", "instructor", "", ""),
    ("POST", "/studio/banks/{bank}/export", "instructor", "", ""),
    // Whose lectures, comments and flags these are is tried in tests/portal/ratings.rs.
    ("GET", "/studio/lectures/{lecture}/ratings", "instructor", "", ""),
    ("POST", "/studio/lectures/{lecture}/ratings/{comment}", "instructor", "", ""),
    ("POST", "/review/ratings/{comment}", "reviewer1", "", ""),
    ("POST", "/review/ratings/{comment}/reply", "reviewer1", "", ""),
    ("GET", "/ratings/flags/{flag}", "checker", "", ""),
    ("POST", "/ratings/flags/{flag}/dismiss", "checker", "", ""),
    ("POST", "/ratings/flags/{flag}/exclude", "checker", "", ""),
    ("POST", "/ratings/exclusions/{exclusion}", "checker", "", ""),
    ("POST", "/ratings/exclusions/{exclusion}/lift", "checker", "", ""),
    ("POST", "/ratings/liftings/{lifting}", "checker", "", ""),
    ("POST", "/ratings/unmask/{unmask}", "checker", "", ""),
    ("POST", "/ratings/unmask/{unmask}/open", "checker", "", ""),
    // Whose desk and list it is, is tried in tests/portal/copies.rs.
    ("GET", "/copies/{edition}", "secretary", "", ""),
    ("GET", "/copies/{edition}/missing", "secretary", "", ""),
    ("POST", "/copies/{edition}/export", "secretary", "", ""),
    ("POST", "/copies/{edition}/order", "organizer", "", ""),
    ("GET", "/copies/{edition}/{org}", "secretary", "", ""),
    ("POST", "/copies/{edition}/{org}", "secretary", "", ""),
    ("GET", "/copies/{edition}/{org}/issue", "secretary", "", ""),
    ("POST", "/copies/{edition}/{org}/issue", "secretary", "", ""),
    ("GET", "/copies/{edition}/{org}/members", "secretary", "", ""),
    ("POST", "/copies/{edition}/{org}/members", "secretary", "", ""),
    ("GET", "/copies/{edition}/{org}/members/{person}", "secretary", "", ""),
    ("POST", "/copies/{edition}/{org}/members/{person}", "secretary", "", ""),
    ("GET", "/copies/{edition}/{org}/sheet", "secretary", "", ""),
    // The robots and the plans are the city's; whose a screening is, is tried in tests/portal/broadcast.rs.
    ("POST", "/admin/channels/{webhook}/switch", "admin", "", ""),
    ("POST", "/admin/channels/{webhook}/trial", "admin", "", ""),
    ("POST", "/admin/channels/deliveries/{delivery}/again", "admin", "", ""),
    ("GET", "/broadcast/plans/{plan}", "organizer", "", ""),
    ("POST", "/broadcast/plans/{plan}", "organizer", "", ""),
    ("POST", "/broadcast/plans/{plan}/lectures", "organizer", "", ""),
    ("POST", "/broadcast/plans/{plan}/gold", "organizer", "", ""),
    ("POST", "/broadcast/plans/{plan}/lectures/{lecture}/remove", "organizer", "", ""),
    ("POST", "/broadcast/plans/{plan}/publish", "organizer", "", ""),
    ("POST", "/broadcast/plans/{plan}/close", "organizer", "", ""),
    ("POST", "/broadcast/plans/{plan}/lectures/{lecture}/records", "organizer", "", ""),
    ("POST", "/broadcast/plans/{plan}/records/{record}", "organizer", "", ""),
    ("GET", "/broadcast/plans/{plan}/days", "organizer", "", ""),
    ("POST", "/broadcast/plans/{plan}/days", "organizer", "", ""),
    ("POST", "/broadcast/plans/{plan}/screenings", "organizer", "", ""),
    ("GET", "/broadcast/plans/{plan}/screenings", "organizer", "", ""),
    ("POST", "/broadcast/screenings/{screening}/cancel", "organizer", "", ""),
    ("GET", "/broadcast/screenings/{screening}", "secretary", "", ""),
    ("POST", "/broadcast/screenings/{screening}", "secretary", "", ""),
    ("GET", "/broadcast/coverage/{file}", "secretary", "", ""),
    ("POST", "/broadcast/schools/{school}/kiosk", "secretary", "", ""),
    ("POST", "/broadcast/schools/{school}/kiosk/withdraw", "secretary", "", ""),
    // Whose visits are is tried in tests/portal/visits.rs.
    ("POST", "/visits/{event}/witness/{person}", "secretary", "", ""),
    // Whose they are is tried in tests/portal/viewings.rs.
    ("GET", "/viewings/{event}", "secretary", "", ""),
    ("POST", "/viewings/{event}/open", "secretary", "", ""),
    ("POST", "/viewings/{event}/sign", "secretary", "", ""),
    ("POST", "/viewings/{event}/unsign", "secretary", "", ""),
    ("POST", "/viewings/{event}/end", "secretary", "", ""),
    ("POST", "/viewings/{event}/play", "secretary", "", ""),
    ("POST", "/viewings/{event}/beat", "secretary", "", ""),
    ("POST", "/viewings/{event}/start", "secretary", "", ""),
    ("POST", "/viewings/{event}/finish", "secretary", "", ""),
    // Whose contest, round and sheet these are is tried in tests/portal/contests.rs.
    ("GET", "/judge/contests/{contest}", "judge1", "", ""),
    ("POST", "/judge/contests/{contest}/answer", "judge1", "", ""),
    ("POST", "/judge/contests/{contest}/conflicts", "judge1", "", ""),
    ("GET", "/judge/sheets/{assignment}", "judge1", "", ""),
    ("POST", "/judge/sheets/{assignment}", "judge1", "", ""),
    ("POST", "/judge/sheets/{assignment}/draft", "judge1", "", ""),
    ("POST", "/judge/sheets/{assignment}/recuse", "judge1", "", ""),
    ("GET", "/organize/contests/{contest}/judges", "organizer", "", ""),
    ("POST", "/organize/contests/{contest}/judges", "organizer", "", ""),
    ("POST", "/organize/judges/{judge}/panel", "organizer", "", ""),
    ("POST", "/organize/judges/{judge}/withdraw", "organizer", "", ""),
    ("POST", "/organize/contests/{contest}/conflicts", "supervisor", "", ""),
    ("POST", "/organize/contests/{contest}/conflicts/remove", "supervisor", "", ""),
    ("POST", "/organize/rounds/{round}/assign", "organizer", "", ""),
    ("POST", "/organize/rounds/{round}/assign-one", "organizer", "", ""),
    ("GET", "/score/rounds/{round}", "scorer", "", ""),
    ("POST", "/score/rounds/{round}/hall", "scorer", "", ""),
    ("POST", "/score/rounds/{round}/lock", "scorer", "", ""),
    ("POST", "/score/rounds/{round}/second-lock", "supervisor", "", ""),
    ("POST", "/score/rounds/{round}/unlock", "scorer", "", ""),
    ("POST", "/score/rounds/{round}/second-unlock", "supervisor", "", ""),
    ("POST", "/score/sheets/{assignment}/return", "scorer", "", ""),
    ("POST", "/score/sheets/{assignment}/missing", "scorer", "", ""),
    ("GET", "/score/sheets/{assignment}/paper", "scorer", "", ""),
    ("POST", "/score/sheets/{assignment}/paper", "scorer", "", ""),
    ("GET", "/score/sheets/{assignment}/second-paper", "supervisor", "", ""),
    ("POST", "/score/sheets/{assignment}/second-paper", "supervisor", "", ""),
    ("GET", "/score/rounds/{round}/result", "scorer", "", ""),
    ("POST", "/score/rounds/{round}/compute", "scorer", "", ""),
    ("POST", "/score/rounds/{round}/check", "checker", "", ""),
    ("POST", "/score/rounds/{round}/publish", "organizer", "", ""),
    ("POST", "/score/rounds/{round}/finish", "organizer", "", ""),
    ("POST", "/score/rounds/{round}/votes", "scorer", "", ""),
    ("GET", "/score/objections/{case}", "supervisor", "", ""),
    ("POST", "/score/objections/{case}", "supervisor", "", ""),
    // Contests are walked in tests/portal/contests_entries.rs.
    ("GET", "/organize/contests/{contest}/edit", "organizer", "", ""),
    ("POST", "/organize/contests/{contest}/edit", "organizer", "", ""),
    ("POST", "/organize/contests/{contest}/announce", "organizer", "", ""),
    ("POST", "/organize/contests/{contest}/open", "organizer", "", ""),
    ("POST", "/organize/contests/{contest}/close", "organizer", "", ""),
    ("POST", "/organize/contests/{contest}/archive", "organizer", "", ""),
    ("POST", "/organize/contests/{contest}/suspend", "organizer", "", ""),
    ("POST", "/organize/contests/{contest}/resume", "organizer", "", ""),
    ("POST", "/organize/contests/{contest}/rounds", "organizer", "", ""),
    ("POST", "/organize/contests/{contest}/rounds/{round}", "organizer", "", ""),
    ("POST", "/organize/contests/{contest}/rounds/{round}/remove", "organizer", "", ""),
    ("POST", "/organize/contests/{contest}/rounds/{round}/freeze", "organizer", "", ""),
    ("POST", "/organize/contests/{contest}/rounds/{round}/thaw", "organizer", "", ""),
    ("POST", "/organize/contests/{contest}/rounds/{round}/approve", "checker", "", ""),
    ("POST", "/organize/contests/{contest}/rounds/{round}/draw", "organizer", "", ""),
    ("POST", "/organize/contests/{contest}/rounds/{round}/start", "organizer", "", ""),
    ("GET", "/organize/contests/{contest}/screening", "checker", "", ""),
    ("GET", "/organize/contests/{contest}/screening/{entry}", "checker", "", ""),
    ("POST", "/organize/contests/{contest}/screening/{entry}", "checker", "", ""),
    ("GET", "/branch/entries/{entry}", "secretary", "", ""),
    ("POST", "/branch/entries/{entry}", "secretary", "", ""),
    // Whose a member, an organisation, a school is: also tests/portal/roster.rs.
    ("GET", "/roster/{person}", "secretary", "/roster/1", "/roster/599"),
    (
        "GET",
        "/roster/{person}/change",
        "secretary",
        "/roster/1/change?what=stage",
        "/roster/599/change?what=stage",
    ),
    ("POST", "/roster/{person}/change", "secretary", "", ""),
    ("GET", "/roster/transfers/{transfer}", "secretary", "", ""),
    ("POST", "/roster/transfers/{transfer}/accept", "secretary", "", ""),
    ("POST", "/roster/transfers/{transfer}/refuse", "secretary", "", ""),
    ("POST", "/roster/transfers/{transfer}/withdraw", "secretary", "", ""),
    ("GET", "/organizations/{org}", "admin", "", ""),
    ("GET", "/organizations/{org}/change", "committee", "", ""),
    ("POST", "/organizations/{org}/change", "committee", "", ""),
    ("GET", "/schools/{school}/edit", "committee", "/schools/1/edit", "/schools/49/edit"),
    ("POST", "/schools/{school}/edit", "committee", "", ""),
    ("POST", "/schools/{school}/close", "committee", "", ""),
    ("GET", "/alliances/{alliance}/edit", "organizer", "", ""),
    ("POST", "/alliances/{alliance}/edit", "organizer", "", ""),
    // Whose a contest is: tests/portal/honours.rs.
    ("POST", "/organize/honours/{contest}/nominate", "organizer", "", ""),
    ("POST", "/organize/honours/{contest}/notice", "organizer", "", ""),
    ("POST", "/organize/honours/{contest}/appoint", "checker", "", ""),
    ("POST", "/organize/honours/{contest}/{gold}/appoint", "checker", "", ""),
    ("POST", "/organize/honours/{contest}/{gold}/refuse", "checker", "", ""),
    // Whose plans, exemptions and figures are whose: tests/portal/coverage.rs.
    ("GET", "/audiences/{audience}", "organizer", "", ""),
    ("POST", "/audiences/{audience}", "organizer", "", ""),
    ("POST", "/audiences/{audience}/archive", "organizer", "", ""),
    ("GET", "/plans/{plan}", "organizer", "", ""),
    ("GET", "/plans/{plan}/add", "organizer", "", ""),
    ("GET", "/plans/{plan}/head", "organizer", "", ""),
    ("POST", "/plans/{plan}/add", "organizer", "", ""),
    ("POST", "/plans/{plan}/back", "organizer", "", ""),
    ("POST", "/plans/{plan}/drop", "organizer", "", ""),
    ("POST", "/plans/{plan}/end", "organizer", "", ""),
    ("POST", "/plans/{plan}/head", "organizer", "", ""),
    ("POST", "/plans/{plan}/items", "organizer", "", ""),
    ("POST", "/plans/{plan}/publish", "organizer", "", ""),
    ("POST", "/plans/{plan}/submit", "organizer", "", ""),
    ("POST", "/plans/{plan}/withdraw", "organizer", "", ""),
    ("GET", "/events/{event}/plans", "secretary", "", ""),
    ("POST", "/events/{event}/plans", "secretary", "", ""),
    ("GET", "/exemptions/{exemption}", "secretary", "", ""),
    ("POST", "/exemptions/{exemption}/decide", "secretary", "", ""),
    ("POST", "/exemptions/{exemption}/end", "secretary", "", ""),
    ("POST", "/exemptions/{exemption}/withdraw", "secretary", "", ""),
    ("GET", "/coverage/export/{file}", "secretary", "", ""),
    ("GET", "/coverage/members/export/{file}", "secretary", "", ""),
    ("GET", "/coverage/members/{person}", "secretary", "", ""),
    // The town has no guidance groups: whose what is, is in tests/portal/guidance.rs.
    ("POST", "/guidance/groups/{group}/name", "committee", "", ""),
    ("POST", "/guidance/groups/{group}/close", "committee", "", ""),
    ("POST", "/guidance/groups/{group}/members", "committee", "", ""),
    ("POST", "/guidance/groups/{group}/members/end", "committee", "", ""),
    ("GET", "/guidance/groups/{group}/assign", "committee", "", ""),
    ("POST", "/guidance/groups/{group}/assign", "committee", "", ""),
    ("POST", "/guidance/groups/{group}/assign-below", "committee", "", ""),
    ("POST", "/guidance/groups/{group}/unassign", "committee", "", ""),
    ("POST", "/guidance/groups/{group}/plan", "committee", "", ""),
    ("GET", "/guidance/visit/{group}", "guide", "", ""),
    ("POST", "/guidance/visit/{group}", "guide", "", ""),
    ("POST", "/guidance/visit/{group}/send", "guide", "", ""),
    ("GET", "/guidance/visits/{visit}/correct", "guide", "", ""),
    ("POST", "/guidance/visits/{visit}/correct", "guide", "", ""),
    ("POST", "/guidance/findings/{finding}", "guide", "", ""),
    ("GET", "/branch/findings/{finding}", "secretary", "", ""),
    ("POST", "/branch/findings/{finding}", "secretary", "", ""),
];

#[actix_web::test]
async fn somebody_elses_record_is_not_found() {
    for route in
        routes().iter().filter(|route| matches!(route.access, Access::May(_)) && route.path.contains('{'))
    {
        let is_listed =
            SCOPED.iter().any(|(method, path, ..)| *method == route.method.as_str() && *path == route.path);
        assert!(is_listed, "say in SCOPED whose {} {} is", route.method, route.path);
    }
    let world = World::new();
    for (method, path, account, own, others) in SCOPED.iter().filter(|(.., own, _)| !own.is_empty()) {
        let browser = world.signed_in(account).await;
        let method: Method = method.parse().unwrap();
        let before = world.number("SELECT COUNT(*) FROM audit_entries");
        let stranger = browser.send(method.clone(), others, Some(String::new()), &[]).await;
        assert_eq!(stranger.status, 404, "{method} {path} of a stranger");
        assert_eq!(
            world.number("SELECT COUNT(*) FROM audit_entries"),
            before,
            "{method} {path} left a trace"
        );
        let mine = browser.send(method.clone(), own, Some(String::new()), &[]).await;
        assert!(
            mine.status.is_success() || mine.status == 303,
            "{method} {path} of one's own: {}",
            mine.status
        );
    }
}

#[actix_web::test]
async fn a_question_under_somebody_elses_lecture_is_not_found() {
    let world = World::new();
    // The account `instructor` gives lecture 1; lecture 2 is somebody else's.
    let other = world.number("SELECT MIN(id) FROM questions WHERE lecture_id = 2 AND answered_at IS NULL");
    let own = world.number("SELECT COUNT(*) FROM lecture_instructors l JOIN instructors i ON i.id = l.instructor_id JOIN accounts a ON a.person_id = i.person_id WHERE a.username = 'instructor' AND l.lecture_id = 2");
    assert_eq!(own, 0);
    let browser = world.signed_in("instructor").await;
    let answer = browser.post(&format!("/questions/{other}/answer"), &[("answer", "看水位。")]).await;
    assert_eq!(answer.status, 404);
    assert_eq!(
        world.number(&format!(
            "SELECT COUNT(*) FROM questions WHERE id = {other} AND answered_at IS NOT NULL"
        )),
        0
    );
}

/// Beats pass by the layers around pages, so their door is not in the table above.
#[actix_web::test]
async fn the_door_for_beats_knows_only_who_signed_in() {
    let world = World::new();
    assert!(routes().iter().all(|route| route.path != "/watch/beat"), "it is mounted apart");
    let member = world.signed_in("member").await;
    let media = world.number("SELECT media_id FROM lectures WHERE id = 1");
    let opened = member.json("/watch/open", &format!(r#"{{"lecture":1,"media":{media}}}"#)).await;
    let play = opened.between(r#""play":""#, "\"");
    let beat = format!(r#"{{"play":"{play}","seq":1,"segs":[[0,15000]],"at_ms":15000}}"#);
    for (name, browser) in [("visitor", world.visitor()), ("member2", world.signed_in("member2").await)] {
        let answer = browser.json("/watch/beat", &beat).await;
        assert_eq!((answer.status.as_u16(), answer.body.as_str()), (401, ""), "{name}");
    }
    assert_eq!(world.number("SELECT seq FROM watch_clocks"), 0, "nothing was written");
    assert_eq!(world.number("SELECT SUM(seconds) FROM watches"), 0);
    for method in [Method::GET, Method::PUT, Method::DELETE] {
        let answer = member.send(method.clone(), "/watch/beat", None, &[]).await;
        assert!([404, 405].contains(&answer.status.as_u16()), "{method}: {}", answer.status);
    }
    assert_eq!(member.json("/watch/beat", &beat).await.status, 200);
    assert_eq!(world.number("SELECT SUM(seconds) FROM watches"), 15);
}
