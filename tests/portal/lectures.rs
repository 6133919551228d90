//! Finding lectures, watching them, asking about them.
use crate::world::{FOLDER, World};
use actix_web::http::Method;

#[actix_web::test]
async fn filters_and_orders_show_what_they_say() {
    let world = World::new();
    let visitor = world.visitor();
    let public = "FROM lectures WHERE stage = 'published' AND visibility = 'public'";
    let total = |page: &str| {
        page.split("共 ")
            .nth(1)
            .unwrap()
            .split(" 课")
            .next()
            .unwrap()
            .replace(',', "")
            .parse::<i64>()
            .unwrap()
    };
    for (query, and) in [
        ("", ""),
        ("?topic=rescue", "AND topic_id = (SELECT id FROM topics WHERE slug = 'rescue')"),
        ("?school=3", "AND school_id = 3"),
        ("?alliance=2", "AND alliance_id = 2"),
        ("?instructor=1", "AND id IN (SELECT lecture_id FROM lecture_instructors WHERE instructor_id = 1)"),
        ("?length=1", "AND duration_ms < 60000"),
        ("?length=5", "AND duration_ms >= 60000 AND duration_ms < 300000"),
        ("?gold=1", "AND id IN (SELECT lecture_id FROM lecture_instructors WHERE instructor_id <= 10)"),
        (
            "?topic=rescue&length=1&gold=1",
            "AND topic_id = 2 AND duration_ms < 60000 AND id IN (SELECT lecture_id FROM lecture_instructors WHERE instructor_id <= 10)",
        ),
        ("?topic=nonsense", "AND FALSE"),
        ("?length=nonsense&sort=nonsense&school=x", ""),
    ] {
        let answer = visitor.get(&format!("/lectures{query}")).await;
        assert_eq!(answer.status, 200, "{query}");
        assert_eq!(total(&answer.body), world.number(&format!("SELECT COUNT(*) {public} {and}")), "{query}");
    }
    let first = |page: &str| {
        page.split("<h3 class=\"lesson__t\"")
            .nth(1)
            .unwrap()
            .split("/lectures/")
            .nth(1)
            .unwrap()
            .split('"')
            .next()
            .unwrap()
            .parse::<i64>()
            .unwrap()
    };
    for (sort, order) in [
        ("new", "published_at DESC, id DESC"),
        ("old", "published_at, id"),
        ("short", "duration_ms, id"),
        ("long", "duration_ms DESC, id DESC"),
    ] {
        let answer = visitor.get(&format!("/lectures?sort={sort}")).await;
        assert_eq!(
            first(&answer.body),
            world.number(&format!("SELECT id {public} ORDER BY {order} LIMIT 1")),
            "{sort}"
        );
    }
}

#[actix_web::test]
async fn every_lecture_stands_on_exactly_one_page_of_the_list() {
    let world = World::new();
    let visitor = world.visitor();
    let mut seen = vec![];
    for page in 1.. {
        let answer = visitor.get(&format!("/lectures?sort=short&page={page}")).await;
        if answer.status == 404 {
            break;
        }
        seen.extend(
            answer
                .body
                .split("<h3 class=\"lesson__t\"")
                .skip(1)
                .map(|card| card.split("/lectures/").nth(1).unwrap().split('"').next().unwrap().to_owned()),
        );
    }
    let all = seen.len() as i64;
    seen.sort();
    seen.dedup();
    assert_eq!(
        (seen.len() as i64, all),
        (
            all,
            world.number("SELECT COUNT(*) FROM lectures WHERE stage = 'published' AND visibility = 'public'")
        )
    );
}

#[actix_web::test]
async fn a_lecture_for_members_asks_a_visitor_to_sign_in_and_drafts_are_nowhere() {
    let world = World::new();
    world.sql("UPDATE lectures SET visibility = 'members' WHERE id = 5");
    world.sql("UPDATE lectures SET stage = 'draft' WHERE id = 6");
    world.sql("UPDATE lectures SET stage = 'withdrawn' WHERE id = 7");
    let (visitor, member) = (world.visitor(), world.signed_in("member").await);
    for part in ["", "/video.mp4", "/audio.m4a", "/captions.vtt"] {
        assert_eq!(
            visitor.get(&format!("/lectures/5{part}")).await.location.unwrap().split('?').next(),
            Some("/sign-in"),
            "{part}"
        );
        let own = member.get(&format!("/lectures/5{part}")).await;
        // A recording is sent from its signed address.
        let status = match own.location {
            Some(signed) => visitor.get(&signed).await.status,
            None => own.status,
        };
        assert_eq!(status, 200, "{part}");
        for hidden in [6, 7] {
            assert_eq!(visitor.get(&format!("/lectures/{hidden}{part}")).await.status, 404, "{hidden}{part}");
            assert_eq!(member.get(&format!("/lectures/{hidden}{part}")).await.status, 404, "{hidden}{part}");
        }
    }
    assert!(!visitor.get("/lectures").await.body.contains("\"/lectures/5\""));
    assert!(member.get("/lectures").await.body.contains("\"/lectures/5\""));
    assert!(!member.get("/lectures").await.body.contains("\"/lectures/6\""));
}

#[actix_web::test]
async fn a_recording_is_sent_in_the_ranges_that_are_asked_for() {
    let world = World::new();
    let visitor = world.visitor();
    let at = visitor.get("/lectures/1/video.mp4").await.location.unwrap();
    let file = at.rsplitn(3, '/').take(2).collect::<Vec<_>>();
    let whole = std::fs::read(FOLDER.join("media").join(file[1]).join(file[0])).unwrap();
    let ask = async |range: &str| {
        visitor.send(Method::GET, &at, None, &[("range", range), ("accept-encoding", "gzip")]).await
    };
    let part = ask("bytes=1000-1999").await;
    assert_eq!((part.status.as_u16(), part.bytes), (206, 1_000));
    assert_eq!(part.headers["content-range"], format!("bytes 1000-1999/{}", whole.len()));
    assert_eq!(part.headers["content-type"], "video/mp4");
    assert!(
        !part.headers.contains_key("content-encoding"),
        "a part of a compressed file is no part of the film"
    );
    let rest = ask(&format!("bytes={}-", whole.len() - 10)).await;
    assert_eq!((rest.status.as_u16(), rest.bytes), (206, 10));
    let beyond = ask("bytes=99999999-").await;
    assert_eq!(beyond.status, 416);
    assert_eq!(beyond.headers["content-range"], format!("bytes */{}", whole.len()));
    let all = visitor.get(&at).await;
    assert_eq!((all.status.as_u16(), all.bytes), (200, whole.len()));
    let again = visitor.send(Method::GET, &at, None, &[("if-none-match", &all.headers["etag"])]).await;
    assert_eq!(again.status, 304);
    let sound = visitor.get(&visitor.get("/lectures/1/audio.m4a").await.location.unwrap()).await;
    assert_eq!((sound.status.as_u16(), sound.headers["content-type"].as_str()), (200, "audio/mp4"));
}

#[actix_web::test]
async fn captions_transcript_and_chapters_come_from_the_same_rows() {
    let world = World::new();
    world.sql("UPDATE cues SET text = 'A & B <c>' WHERE media_id = 1 AND position = 1");
    let visitor = world.visitor();
    let vtt = visitor.get("/lectures/1/captions.vtt").await;
    assert!(vtt.body.starts_with("WEBVTT\n\n00:00:0"), "{}", &vtt.body[..80]);
    assert!(vtt.body.contains("A &amp; B &lt;c&gt;"));
    assert_eq!(vtt.headers["content-type"], "text/vtt; charset=utf-8");
    let cues = world.number("SELECT COUNT(*) FROM cues WHERE media_id = 1");
    let page = visitor.get("/lectures/1").await;
    assert_eq!(vtt.body.matches(" --> ").count() as i64, cues);
    assert_eq!(page.body.matches("data-end=").count() as i64, cues);
    assert_eq!(
        page.body.matches("class=\"chap\"").count() as i64,
        world.number("SELECT COUNT(*) FROM media_chapters WHERE media_id = 1")
    );
    let later = visitor.get("/lectures/1?t=65").await;
    assert!(later.body.contains("video.mp4#t=65"), "a chapter without JavaScript begins there");
    assert!(visitor.get("/lectures/1?t=-5").await.body.contains("video.mp4\""));
}

#[actix_web::test]
async fn every_card_shows_the_length_of_what_plays() {
    let world = World::new();
    assert_eq!(world.number("SELECT COUNT(*) FROM lectures l JOIN media m ON m.id = l.media_id WHERE l.duration_ms <> m.duration_ms"), 0);
}

#[actix_web::test]
async fn a_handout_is_downloaded_under_its_title() {
    let world = World::new();
    let answer = world.visitor().get("/lectures/1/handouts/1").await;
    assert_eq!(answer.status, 200);
    assert!(
        answer.headers["content-disposition"].starts_with("attachment; "),
        "{}",
        answer.headers["content-disposition"]
    );
    assert!(answer.headers["content-disposition"].contains("filename*=UTF-8''%"));
    assert!(answer.body.len() > 300);
    assert_eq!(
        world.number("SELECT bytes FROM handouts WHERE lecture_id = 1 AND position = 1") / 1_000,
        answer.bytes as i64 / 1_000
    );
    assert_eq!(world.visitor().get("/lectures/1/handouts/2").await.status, 404);
    world.sql("UPDATE handouts SET file = '../weixiao.db' WHERE lecture_id = 1");
    assert_eq!(world.visitor().get("/lectures/1/handouts/1").await.status, 500, "no name leaves the folder");
}

#[actix_web::test]
async fn a_question_is_asked_once_however_often_it_is_posted() {
    let world = World::new();
    let member = world.signed_in("member").await;
    let key = member.get("/lectures/2").await.key();
    let text = "岸边的水尺几天看一次？";
    for _ in 0..3 {
        let answer = member.post("/lectures/2/questions", &[("text", text), ("key", &key)]).await;
        assert_eq!(answer.location.as_deref(), Some("/lectures/2?done=asked#questions"));
    }
    assert_eq!(world.number(&format!("SELECT COUNT(*) FROM questions WHERE text = '{text}'")), 1);
    assert!(member.get("/lectures/2").await.body.contains(text), "the asker sees it");
    assert!(!world.visitor().get("/lectures/2").await.body.contains(text), "others only when it is answered");
    assert!(!world.signed_in("member2").await.get("/lectures/2").await.body.contains(text));
}

#[actix_web::test]
async fn a_question_with_mistakes_comes_back_as_it_was_typed() {
    let world = World::new();
    let member = world.signed_in("member").await;
    let key = member.get("/lectures/1").await.key();
    let long = "长".repeat(501);
    for text in ["", "   ", "a\0b", long.as_str()] {
        let answer = member.post("/lectures/1/questions", &[("text", text), ("key", &key)]).await;
        assert_eq!(answer.status, 422, "{text:?}");
        assert!(answer.body.contains("aria-invalid=\"true\""));
        assert!(answer.body.contains(text.trim()), "kept");
    }
    let forged = member.post("/lectures/1/questions", &[("text", "好"), ("key", "not-a-key")]).await;
    assert_eq!(forged.status, 422);
    assert_eq!(member.post("/lectures/99999/questions", &[("text", "好"), ("key", &key)]).await.status, 404);
    assert_eq!(world.number("SELECT COUNT(*) FROM questions WHERE person_id = (SELECT person_id FROM accounts WHERE username = 'member')"), 0);
}

#[actix_web::test]
async fn the_instructor_answers_and_the_first_answer_stays() {
    let world = World::new();
    let (member, instructor) = (world.signed_in("member").await, world.signed_in("instructor").await);
    let key = member.get("/lectures/1").await.key();
    member.post("/lectures/1/questions", &[("text", "<b>枯水期</b>看哪里？"), ("key", &key)]).await;
    let list = instructor.get("/questions").await;
    assert!(list.body.contains("&#60;b&#62;枯水期"), "escaped");
    assert!(!list.body.contains("林秋实"), "the asker's name is not shown");
    let id = world.number("SELECT MAX(id) FROM questions WHERE text LIKE '%枯水期%'");
    assert_eq!(instructor.post(&format!("/questions/{id}/answer"), &[("answer", " ")]).await.status, 422);
    let answered =
        instructor.post(&format!("/questions/{id}/answer"), &[("answer", "看桥下第二根水尺。")]).await;
    assert_eq!(answered.status, 303);
    assert_eq!(
        instructor.post(&format!("/questions/{id}/answer"), &[("answer", "另一个回答")]).await.status,
        409
    );
    let page = world.visitor().get("/lectures/1").await;
    assert!(page.body.contains("看桥下第二根水尺。") && !page.body.contains("另一个回答"));
}

#[actix_web::test]
async fn nobody_floods_an_instructor() {
    let world = World::new();
    let member = world.signed_in("member").await;
    let mut last = 0;
    for number in 0..21 {
        let key = format!("{number:032x}");
        last = member
            .post("/lectures/3/questions", &[("text", "第几个问题"), ("key", &key)])
            .await
            .status
            .as_u16();
    }
    assert_eq!(last, 409);
    assert_eq!(world.number("SELECT COUNT(*) FROM questions WHERE text = '第几个问题'"), 20);
}
