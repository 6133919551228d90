//! Files as people have them, files as nobody should have them, and that what is written is read back as it was.
use super::*;
use proptest::prelude::*;

const HOUR: i32 = 3_600_000;

fn line(start_ms: i32, end_ms: i32, text: &str) -> Line {
    Line { start_ms, end_ms, text: text.into() }
}

fn texts(lines: &[Line]) -> Vec<&str> {
    lines.iter().map(|line| line.text.as_str()).collect()
}

fn wrongs(file: &str) -> Vec<Wrong> {
    read(file.as_bytes(), HOUR).expect_err(file)
}

#[test]
fn webvtt_loses_its_dress() {
    let file = "WEBVTT - 岁修\nKind: captions\n\nSTYLE\n::cue { color: red }\n\nREGION\nid:a\n\nNOTE\n写给自己\n两行\n\n\
                第一段\n00:01.000 --> 00:00:02.500 line:0 position:20% align:start\n<v 周明澜>大家<b>好</b>，<c.yellow.bg>欢迎</c></v>\n\n\
                NOTE 一行\n\n00:00:03.000 --> 00:00:04.000\n第一行\n第二行 &lt;b&gt; &amp;amp; A&nbsp;B <00:00:03.500>完\n";
    assert_eq!(
        read(file.as_bytes(), HOUR).unwrap(),
        [line(1_000, 2_500, "大家好，欢迎"), line(3_000, 4_000, "第一行 第二行 <b> &amp; A B 完")]
    );
}

#[test]
fn srt_as_programs_write_it() {
    let file = "\u{FEFF}1\r\n00:00:01,000 --> 00:00:02,000 X1:40 X2:600\r\n{\\an8}<font color=\"#fff\">渠首</font> <i>A</i>\r\n\r\n\
                2\r\n00:00:03,5 --> 00:00:04,250\r\n3 < 5 & 7 > 2\r\n\r\n空行之后\r\n\r\n3\r\n00:00:05,000 --> 00:00:06,000\r\n\r\n\
                4\r\n0:00:07.000 --> 0:00:08.000\r\n2008\r\n5\r\n00:00:09,000-->00:00:10,000\r\n二<br/>行\r\n";
    assert_eq!(
        read(file.as_bytes(), HOUR).unwrap(),
        [
            line(1_000, 2_000, "渠首 A"),
            line(3_500, 4_250, "3 < 5 & 7 > 2 空行之后"),
            line(7_000, 8_000, "2008"),
            line(9_000, 10_000, "二 行"),
        ]
    );
}

#[test]
fn a_forgotten_empty_line_costs_nothing() {
    let file =
        "WEBVTT\n00:01.000 --> 00:02.000\n甲\n00:02.000 --> 00:03.000\n乙\n3\n00:03.000 --> 00:04.000\n丙";
    assert_eq!(texts(&read(file.as_bytes(), HOUR).unwrap()), ["甲", "乙", "丙"]);
}

#[test]
fn each_line_end_ends_a_line() {
    for end in ["\n", "\r\n", "\r"] {
        let file =
            ["WEBVTT", "", "00:01.000 --> 00:02.000", "甲", "", "00:03.000 --> 00:02.000", "乙"].join(end);
        assert_eq!(wrongs(&file), [Wrong::Reversed { line: 6 }], "{end:?}");
    }
}

#[test]
fn lines_come_sorted_and_a_text_over_itself_is_one() {
    let lines = check(
        vec![
            line(5_000, 6_000, "乙"),
            line(1_000, 3_000, "甲"),
            line(1_000, 3_000, "甲"),
            line(2_000, 4_000, "甲"),
            line(1_000, 2_000, "丙"),
            line(4_000, 4_500, "甲"),
            line(0, 1, " \u{200B}\n"),
        ],
        HOUR,
    );
    let expected = [
        line(1_000, 2_000, "丙"),
        line(1_000, 4_000, "甲"),
        line(4_000, 4_500, "甲"),
        line(5_000, 6_000, "乙"),
    ];
    assert_eq!(lines.unwrap(), expected);
}

#[test]
fn every_encoding_that_people_have() {
    let text = "1\r\n00:00:01,000 --> 00:00:03,000\r\n同志们好，今天讲渠首枢纽怎样分水。\r\n\r\n\
                2\r\n00:00:03,000 --> 00:00:06,000\r\n堤、堰、瓶口，三处各管一件事。\r\n";
    let expected = ["同志们好，今天讲渠首枢纽怎样分水。", "堤、堰、瓶口，三处各管一件事。"];
    let utf16 = |mark: &str, little: bool| -> Vec<u8> {
        let units = format!("{mark}{text}").encode_utf16().collect::<Vec<_>>();
        units.iter().flat_map(|unit| if little { unit.to_le_bytes() } else { unit.to_be_bytes() }).collect()
    };
    let mut files = vec![text.as_bytes().to_vec(), format!("\u{FEFF}\u{FEFF}{text}").into_bytes()];
    files.extend([utf16("\u{FEFF}", true), utf16("\u{FEFF}", false), utf16("", true), utf16("", false)]);
    files.push(encoding_rs::GB18030.encode(text).0.into_owned());
    for file in files {
        assert_eq!(texts(&read(&file, HOUR).unwrap()), expected, "{:x?}", &file[..8]);
    }
}

/// Bytes as Notepad on a Chinese Windows saves them, with a sign outside GBK (four bytes).
#[test]
fn an_srt_in_gb18030_bytes() {
    let file = b"1\r\n00:00:00,500 --> 00:00:02,000\r\n\xb6\xbc\xbd\xad\xd1\xdf\xb5\xc4\xcb\xae\xa3\xac\xc1\xf7\xc1\xcb\xc1\xbd\xc7\xa7\xb6\xe0\xc4\xea\xa1\xa3\r\n\r\n2\r\n00:00:02,000 --> 00:00:04,000\r\n\x95\x32\x82\x36\r\n";
    assert_eq!(
        read(file, HOUR).unwrap(),
        [line(500, 2_000, "都江堰的水，流了两千多年。"), line(2_000, 4_000, "𠀀")]
    );
}

#[test]
fn one_short_chinese_line_in_gb18030_and_a_taiwanese_file() {
    let short = encoding_rs::GB18030.encode("1\n00:00:01,000 --> 00:00:02,000\n开闸\n").0;
    assert_eq!(texts(&read(&short, HOUR).unwrap()), ["开闸"]);
    let text = "1\n00:00:01,000 --> 00:00:02,000\n各位同學，今天我們來看水利工程的歷史。\n\n2\n00:00:02,000 --> 00:00:03,000\n這裡的堤防是兩千年前修築的，現在還在使用。\n";
    let big5 = encoding_rs::BIG5.encode(text).0;
    assert!(texts(&read(&big5, HOUR).unwrap())[0].starts_with("各位同學"));
}

#[test]
fn damaged_text_is_refused_with_its_line() {
    let mut utf8 =
        "1\n00:00:01,000 --> 00:00:02,000\n第一句话在这里\n\n2\n00:00:03,000 --> 00:00:04,000\n第二"
            .as_bytes()
            .to_vec();
    utf8.pop();
    assert_eq!(read(&utf8, HOUR), Err(vec![Wrong::Encoding { line: 7 }]));
    let mut gb = encoding_rs::GB18030.encode("1\n00:00:01,000 --> 00:00:02,000\n第一句话\n").0.into_owned();
    gb.insert(gb.len() - 1, 0xff);
    assert_eq!(read(&gb, HOUR), Err(vec![Wrong::Encoding { line: 3 }]));
    assert_eq!(read(b"\xff\xfeW\0E\0B\0V\0T\0T\0\n", HOUR), Err(vec![Wrong::Encoding { line: 1 }]));
    assert_eq!(read(b"\xef\xbb\xbf\xff\xfeW\0E\0", HOUR), Err(vec![Wrong::Encoding { line: 1 }]));
}

#[test]
fn what_is_no_captions_is_told_in_one_sentence() {
    let mut binary = b"\x7fELF\x02\x01\x01".to_vec();
    binary.extend((0..4_000_u32).flat_map(|n| (n.wrapping_mul(2_654_435_761)).to_le_bytes()));
    let mp4 = b"\0\0\0\x20ftypisom\0\0\x02\0isomiso2avc1mp41\0\0\0\x08free";
    for file in [
        &b""[..],
        b"\n\n\n",
        b"<!doctype html><p>x</p>",
        &binary,
        mp4,
        b"#EXTM3U\nfile:///etc/passwd",
        b"\0\0\0\0",
    ] {
        let told = read(file, HOUR).unwrap_err();
        let is_told = told.len() == 1 && matches!(told[0], Wrong::NotCaptions | Wrong::Encoding { .. });
        assert!(is_told, "{told:?}");
    }
    // UTF-32 starts with the mark of UTF-16
    assert_eq!(read(b"\xff\xfe\0\0W\0\0\0E\0\0\0", HOUR), Err(vec![Wrong::NotCaptions]));
    assert_eq!(read(b"WEBVTT", HOUR), Ok(vec![]));
    assert_eq!(read("WEBVTT\n\n没有时间\n".as_bytes(), HOUR), Err(vec![Wrong::NoTime { line: 3 }]));
    assert_eq!(read("WEBVTTX\n\n没有时间\n".as_bytes(), HOUR), Err(vec![Wrong::NotCaptions]));
}

#[test]
fn large_claims_are_refused_before_they_are_read() {
    assert_eq!(read(&vec![b'x'; 100 << 20], HOUR), Err(vec![Wrong::TooBig]));
    assert_eq!(
        wrongs("WEBVTT\n\n99999999999999999999:00:00.000 --> 00:02.000\nx"),
        [Wrong::BadTime { line: 3 }]
    );
    assert_eq!(wrongs("WEBVTT\n\n00:01.000 --> 999999999:59:59.999\nx"), [Wrong::BadTime { line: 3 }]);
    let many: String = (0..MAX_LINES as i32 + 1)
        .map(|n| format!("\n{} --> {}\nx{n}\n", shown(n * 10), shown(n * 10 + 5)))
        .collect();
    let at = MAX_LINES as u32 * 3 + 3;
    assert_eq!(wrongs(&format!("WEBVTT\n{many}")), [Wrong::TooMany { line: at }]);
    let long = format!("WEBVTT\n\n0:01 --> 0:02\n{}", "字".repeat(201));
    assert_eq!(wrongs(&long), [Wrong::TooLong { line: 3, letters: 201, most: 200 }]);
    let broken = "\n0:02 --> 0:01\nx\n".repeat(300);
    assert_eq!(wrongs(&format!("WEBVTT\n{broken}")).len(), MAX_WRONGS);
}

#[test]
fn hostile_text_becomes_plain_and_stays_so() {
    let file = "WEBVTT\n\n0:01.000 --> 0:02.000\n<script>alert(1)</script> <<b>script> <img src=x onerror=alert(1)> &lt;script&gt;\n";
    let lines = read(file.as_bytes(), HOUR).unwrap();
    assert_eq!(texts(&lines), ["alert(1) <script> <script>"]);
    assert!(!vtt(&lines).contains("<script"), "{}", vtt(&lines));
    assert!(!srt(&lines).contains("<script"), "{}", srt(&lines));
    assert_eq!(read(vtt(&lines).as_bytes(), HOUR).unwrap(), lines);
    let sneaky = [line(0, 1_000, "一\n\n00:00:05.000 --> 00:00:06.000\n二")];
    assert_eq!(read(vtt(&sneaky).as_bytes(), HOUR).unwrap().len(), 1);
    assert_eq!(read(srt(&sneaky).as_bytes(), HOUR).unwrap().len(), 1);
}

#[test]
fn deep_and_endless_tags_take_no_time() {
    let began = std::time::Instant::now();
    for body in
        ["<b>".repeat(400_000), "<b".repeat(600_000), "&".repeat(1 << 20), "<a ".repeat(500_000) + ">"]
    {
        let file = format!("WEBVTT\n\n0:01.000 --> 0:02.000\n{body}字\n");
        let told = read(file.as_bytes(), HOUR);
        assert!(told.is_ok_and(|lines| texts(&lines) == ["字"]) || body.starts_with(['&', '<']));
    }
    let arrows = "-->".repeat(600_000);
    let _ = read(arrows.as_bytes(), HOUR);
    let _ = read(format!("WEBVTT\n\n{}", "0:1-->0:2\n".repeat(150_000)).as_bytes(), HOUR);
    let _ = read("\r".repeat(MAX_BYTES).as_bytes(), HOUR);
    assert!(began.elapsed().as_secs() < 20, "{:?}", began.elapsed());
}

#[test]
fn signs_that_control_something_are_refused() {
    for sign in ['\0', '\u{7}', '\u{1b}', '\u{7f}', '\u{9b}'] {
        let file = format!("WEBVTT\n\n0:01.000 --> 0:02.000\n一{sign}二\n").into_bytes();
        let told = read(&file, HOUR).unwrap_err();
        assert!(matches!(told[..], [Wrong::Control { line: 3 } | Wrong::NotCaptions]), "{sign:?} {told:?}");
    }
    assert_eq!(wrongs("WEBVTT\n\n0:01 --> 0:02\n一&#7;二"), [Wrong::Control { line: 3 }]);
    assert_eq!(check(vec![line(0, 5, "a\0b")], HOUR), Err(vec![Wrong::Control { line: 1 }]));
    // Marks of direction turn what follows around; nobody sees them, and they go.
    assert_eq!(check(vec![line(0, 5, "甲\u{202E}乙\t 丙")], HOUR), Ok(vec![line(0, 5, "甲乙 丙")]));
}

#[test]
fn times_outside_the_recording() {
    let told = |start, end| check(vec![line(start, end, "x")], 10_000);
    assert_eq!(told(9_000, 10_000), Ok(vec![line(9_000, 10_000, "x")]));
    assert_eq!(told(9_000, 12_000), Ok(vec![line(9_000, 10_000, "x")]));
    assert_eq!(told(9_000, 12_001), Err(vec![Wrong::Beyond { line: 1, duration_ms: 10_000 }]));
    assert_eq!(told(10_000, 10_500), Err(vec![Wrong::Beyond { line: 1, duration_ms: 10_000 }]));
    assert_eq!(told(-1, 500), Err(vec![Wrong::Negative { line: 1 }]));
    assert_eq!(told(500, 500), Err(vec![Wrong::NoLength { line: 1 }]));
    assert_eq!(told(500, 499), Err(vec![Wrong::Reversed { line: 1 }]));
    assert_eq!(check(vec![line(i32::MAX - 1, i32::MAX, "x")], i32::MAX).unwrap().len(), 1);
    assert_eq!(wrongs("1\n-00:00:01,000 --> 00:00:02,000\nx"), [Wrong::Negative { line: 2 }]);
    assert_eq!(wrongs("1\n00:00:0x,000 --> 00:00:02,000\nx"), [Wrong::BadTime { line: 2 }]);
}

#[test]
fn problems_say_where_they_are() {
    let file = "WEBVTT\n\n0:01 --> 0:02\n好\n\n0:05 --> 0:04\n反了\n\n没有时间\n\n0:06 --> 2:00:00\n太晚\n";
    let words: Vec<String> = wrongs(file).iter().map(|wrong| wrong.words().to_string()).collect();
    assert_eq!(
        words,
        [
            "第 6 行：结束时间早于开始时间",
            "第 9 行：这段文字没有时间",
            "第 11 行：时间超出了视频，视频长 1:00:00.000"
        ]
    );
    assert_eq!(wrongs(file)[0].line(), Some(6));
}

#[test]
fn times_as_people_type_them() {
    for (text, ms) in [
        ("1:02.5", 62_500),
        ("00:01:02.500", 62_500),
        ("62", 62_000),
        (" 62.05 ", 62_050),
        ("1:02,5", 62_500),
        ("0", 0),
        ("１：０２．５", 62_500),
        ("1：02", 62_000),
        ("90:00", 5_400_000),
        ("1:00:00", HOUR),
        ("0.9999", 999),
    ] {
        assert_eq!(time(text), Some(ms), "{text}");
    }
    for text in [
        "",
        ":",
        "1:",
        ":5",
        "1:60",
        "1:60:00",
        "1:2:3:4",
        "-1",
        "+1",
        "1.",
        ".5",
        "1e3",
        "x",
        "1:0 2",
        "9999999999",
        "600:00:00",
        "1.5.5",
    ] {
        assert_eq!(time(text), None, "{text}");
    }
    assert_eq!(time(&"1:".repeat(100_000)), None);
    assert_eq!([shown(62_500), shown(3_729_001), shown(-5)], ["1:02.500", "1:02:09.001", "0:00.000"]);
}

#[test]
fn the_rows_of_the_editor() {
    let typed = [("1", "2", "甲"), ("", "", ""), ("x", "y", "  "), ("0:00", "0:01", " 乙 ")];
    assert_eq!(rows(typed, HOUR), Ok(vec![line(0, 1_000, "乙"), line(1_000, 2_000, "甲")]));
    let typed = [("", "", ""), ("1", "", "甲"), ("3", "2", "乙")];
    assert_eq!(rows(typed, HOUR), Err(vec![Wrong::BadTime { line: 2 }, Wrong::Reversed { line: 3 }]));
    let at = |start_ms, title: &str| Chapter { start_ms, title: title.into() };
    assert_eq!(
        chapters([("1:00", "二"), ("", ""), ("0", "一 ")], HOUR),
        Ok(vec![at(0, "一"), at(60_000, "二")])
    );
    assert_eq!(
        chapters([("0", "一"), ("0", "二"), ("x", "三"), ("9:00:00", "四")], HOUR),
        Err(vec![
            Wrong::SameChapter { line: 2 },
            Wrong::BadTime { line: 3 },
            Wrong::Beyond { line: 4, duration_ms: HOUR }
        ])
    );
    let many: Vec<String> = (0..51).map(|n| n.to_string()).collect();
    let many = many.iter().map(|n| (n.as_str(), "章"));
    assert_eq!(chapters(many, HOUR), Err(vec![Wrong::TooManyChapters { line: 51 }]));
}

fn a_text() -> impl Strategy<Value = String> {
    // Words that mean something to one of the formats, between anything else.
    let word = prop_oneof![
        4 => "\\PC{0,12}".boxed(),
        2 => prop::sample::select(vec![
            "<b>", "</", "<", ">", "-->", "--", "&", "&amp;", "&lt;b&gt;", "&#60;", "&#x3c;", "&nbsp;", "{\\an8}", "{", "12",
            "WEBVTT", "NOTE", "00:00:01.000 --> 00:00:02.000", "\n\n", "\r", "\u{3000}", "\u{FEFF}", "\u{202E}", "𠀀", "字幕", " ",
        ]).prop_map(str::to_owned).boxed(),
    ];
    prop::collection::vec(word, 0..8).prop_map(|words| words.concat())
}

fn some_lines() -> impl Strategy<Value = Vec<Line>> {
    let one = (0..HOUR - 1, 1..20_000_i32, a_text()).prop_map(|(start_ms, length, text)| Line {
        start_ms,
        end_ms: (start_ms + length).min(HOUR),
        text,
    });
    prop::collection::vec(one, 0..40)
}

proptest! {
    #[test]
    fn what_is_written_is_read_back(lines in some_lines()) {
        let lines = check(lines, HOUR).unwrap();
        prop_assert_eq!(&check(lines.clone(), HOUR).unwrap(), &lines);
        prop_assert_eq!(&read(vtt(&lines).as_bytes(), HOUR).unwrap(), &lines);
        if !lines.is_empty() {
            prop_assert_eq!(&read(srt(&lines).as_bytes(), HOUR).unwrap(), &lines);
            let gb = encoding_rs::GB18030.encode(&srt(&lines)).0.into_owned();
            // A few stray signs may look like another encoding: then it is refused or read, but never a panic.
            let _ = read(&gb, HOUR);
        }
    }

    #[test]
    fn a_shown_time_is_read_back(ms in 0..i32::MAX) {
        prop_assert_eq!(time(&shown(ms)), Some(ms));
    }

    #[test]
    fn no_bytes_are_too_odd(bytes in prop::collection::vec(any::<u8>(), 0..600), head in 0..4) {
        let head: &[u8] = [&b""[..], b"WEBVTT\n\n", b"\xff\xfe", b"1\n00:00:01,000 --> 00:00:02,000\n"][head as usize];
        if let Ok(lines) = read(&[head, &bytes].concat(), HOUR) {
            prop_assert_eq!(check(lines.clone(), HOUR), Ok(lines));
        }
    }

    #[test]
    fn no_text_is_too_odd(text in a_text(), duration in any::<i32>()) {
        let _ = read(text.as_bytes(), duration);
        let _ = read(format!("WEBVTT\n\n{text}").as_bytes(), duration);
        let _ = time(&text);
    }
}

/// Two letters in GB18030 may be two others in UTF-8 or Big5; every sentence of the portal is tried. A single λ in UTF-8 is 位 in
/// GB18030 and nothing tells them apart: what has no Chinese in it is left out.
#[test]
fn short_texts_are_not_taken_for_another_encoding() {
    let catalogue = include_str!("../../locales/en.po");
    for words in catalogue.lines().filter_map(|line| line.strip_prefix("msgid \"")?.strip_suffix('"')) {
        if !words.chars().any(|letter| letter >= '\u{2e80}') {
            continue;
        }
        let file = format!("1\n00:00:01,000 --> 00:00:02,000\n{words}\n");
        let gb = encoding_rs::GB18030.encode(&file).0;
        assert_eq!(read(&gb, HOUR), read(file.as_bytes(), HOUR), "{words}");
    }
}
