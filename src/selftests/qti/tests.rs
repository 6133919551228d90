//! Both ways, and what is refused.
use super::super::exchange::checked;
use super::super::question::{Choice, Content, Kind, truth};
use super::*;
use crate::ids::BankQuestionId;
use crate::lang::Lang;

fn question(n: i64, kind: Kind, stem: &str, choices: Vec<Choice>, explanation: &str) -> Question {
    let content = Content {
        kind,
        stem: stem.into(),
        choices,
        explanation: explanation.into(),
        chapter: (n == 2).then_some(7),
    };
    Question {
        id: BankQuestionId(n),
        code: format!("党-{n}.x"),
        is_active: true,
        revision: 1,
        content: content.check(9).unwrap(),
    }
}

fn bank() -> Vec<Question> {
    let choices = |right: &[usize]| {
        ["甲 <b>&amp;", "乙 \"引\"", "丙", "丁\u{3000}戊"]
            .iter()
            .enumerate()
            .map(|(n, text)| Choice::new(*text, right.contains(&n)))
            .collect::<Vec<_>>()
    };
    let fill = |texts: &[&str]| texts.iter().map(|text| Choice::new(*text, true)).collect::<Vec<_>>();
    vec![
        question(1, Kind::Single, "第一行 <p>\n\n第三行 & 更多", choices(&[1]), "解析\n两行 <i>"),
        question(2, Kind::Multiple, "哪些对？", choices(&[0, 2]), ""),
        question(3, Kind::Boolean, "这句话错。", truth(false), "因为"),
        question(4, Kind::Fill, "正式党员____人以上，\n应当设立。", fill(&["7", "七", "<七>"]), ""),
        question(5, Kind::Fill, "写出名称", fill(&["微党校"]), ""),
        question(6, Kind::Fill, "____\n在开头", fill(&["甲"]), ""),
        question(7, Kind::Fill, "在末尾：\n____", fill(&["甲"]), ""),
        question(8, Kind::Fill, "____", fill(&["甲"]), ""),
    ]
}

#[test]
fn what_is_written_is_read_again() {
    let found = checked(read(&write(&bank(), "bank").unwrap()).unwrap(), 9);
    assert_eq!(found.bad, []);
    assert_eq!(found.items.len(), bank().len());
    for (item, one) in found.items.iter().zip(bank()) {
        assert_eq!((item.code.as_deref(), &item.content), (Some(one.code.as_str()), &one.content));
    }
    assert_eq!(write(&bank(), "bank").unwrap(), write(&bank(), "bank").unwrap());
}

/// A question of another program; `change` says what is different in it.
fn foreign(from: &str, to: &str) -> Result<Read, Message> {
    let xml = r#"<?xml version="1.0" encoding="UTF-8"?>
<qti:assessmentItem xmlns:qti="http://www.imsglobal.org/xsd/imsqti_v2p1" identifier="ITEM_1" title="t" adaptive="false" timeDependent="false">
  <qti:responseDeclaration identifier="R" cardinality="single" baseType="identifier"><qti:correctResponse><qti:value>B</qti:value></qti:correctResponse></qti:responseDeclaration>
  <qti:itemBody>
    <qti:p>Which &lt;one&gt;
      of <qti:strong>these</qti:strong>?</qti:p>
    <qti:choiceInteraction responseIdentifier="R" shuffle="true" maxChoices="1">
      <qti:simpleChoice identifier="A">No</qti:simpleChoice>
      <qti:simpleChoice identifier="B" fixed="true">Yes &#x2713;</qti:simpleChoice>
    </qti:choiceInteraction>
  </qti:itemBody>
  <qti:responseProcessing template="http://www.imsglobal.org/question/qti_v2p1/rptemplates/match_correct.xml"/>
</qti:assessmentItem>"#;
    assert!(xml.contains(from), "{from}");
    read(xml.replacen(from, to, 1).as_bytes())
}

fn refusal(from: &str, to: &str) -> String {
    let found = foreign(from, to).unwrap();
    assert_eq!(found.items, [], "{to}");
    found.bad[0].problems[0].1.in_lang(Lang::Zh)
}

#[test]
fn a_single_question_of_another_program_is_read() {
    let found = checked(foreign("t", "t").unwrap(), 0);
    assert_eq!(found.bad, []);
    let item = &found.items[0];
    assert_eq!((item.code.as_deref(), item.content.stem.as_str()), (Some("ITEM_1"), "Which <one> of these?"));
    assert_eq!(item.content.choices, [Choice::new("No", false), Choice::new("Yes ✓", true)]);
}

#[test]
fn whatever_is_outside_is_refused_with_a_sentence() {
    for (from, to) in [
        (r#"adaptive="false""#, r#"adaptive="true""#),
        (
            "match_correct.xml\"/>",
            "match_correct.xml\"><qti:setOutcomeValue identifier=\"SCORE\"/></qti:responseProcessing>",
        ),
        ("match_correct.xml", "somewhere_else"),
        ("<qti:strong>these</qti:strong>", "<qti:img src=\"x.png\" alt=\"\"/>"),
        ("<qti:strong>these</qti:strong>", "<qti:textEntryInteraction responseIdentifier=\"R\"/>"),
        ("choiceInteraction responseIdentifier=\"R\"", "choiceInteraction responseIdentifier=\"S\""),
        ("<qti:value>B", "<qti:value>C"),
        ("cardinality=\"single\"", "cardinality=\"ordered\""),
        ("maxChoices=\"1\"", "maxChoices=\"3\""),
        ("Yes &#x2713;", "Yes<qti:feedbackInline identifier=\"x\">!</qti:feedbackInline>"),
        ("qti:assessmentItem xmlns:qti", "qti:assessmentTest xmlns:qti"),
        (
            "</qti:correctResponse>",
            "</qti:correctResponse><qti:mapping><qti:mapEntry mapKey=\"A\" mappedValue=\"0.5\"/></qti:mapping>",
        ),
    ] {
        // A closing tag that no longer fits is broken XML, which is a sentence too.
        assert!(refusal(from, to).ends_with('。'), "{to}");
    }
}

#[test]
fn nothing_is_expanded_and_nothing_is_fetched() {
    let lol = "<!DOCTYPE x [<!ENTITY a \"ha\"><!ENTITY b \"&a;&a;&a;\">]>";
    assert!(refusal("<qti:assessmentItem", &format!("{lol}<qti:assessmentItem")).contains("DTD"));
    let file = "<!DOCTYPE x SYSTEM \"file:///etc/passwd\">";
    assert!(refusal("<qti:assessmentItem", &format!("{file}<qti:assessmentItem")).contains("DTD"));
    assert!(refusal("Which", "&xxe;").contains("实体"));
    assert!(refusal("title=\"t\"", "title=\"&xxe;\"").ends_with('。'));
    let deep = format!("{}{}", "<qti:p>".repeat(60), "</qti:p>".repeat(60));
    assert!(refusal("Which", &deep).contains("太大"));
    let many = "<qti:br/>".repeat(30_000);
    assert!(refusal("Which", &many).contains("太大"));
    for odd in ["<", "<a>", "<a></b>", "<a/><b/>", "<a>\u{0}</a>", "<?xml version=\"1.0\"?>"] {
        assert!(read(odd.as_bytes()).unwrap().items.is_empty(), "{odd}");
    }
}

#[test]
fn a_package_that_unfolds_too_far_or_lacks_a_file_is_told() {
    let mut zip = ZipWriter::new(Cursor::new(vec![]));
    let options = SimpleFileOptions::default();
    zip.start_file(MANIFEST, options).unwrap();
    zip.write_all(format!("<manifest><resources><resource type=\"{ITEM}\" href=\"../../etc/passwd\" identifier=\"a\"/><resource type=\"imsqti_test_xmlv2p1\" href=\"t.xml\" identifier=\"b\"/><resource type=\"webcontent\" href=\"x.png\" identifier=\"c\"/></resources></manifest>").as_bytes()).unwrap();
    let found = read(&zip.finish().unwrap().into_inner()).unwrap();
    assert_eq!((found.items.len(), found.bad.len()), (0, 2));

    let mut zip = ZipWriter::new(Cursor::new(vec![]));
    zip.start_file(MANIFEST, options).unwrap();
    for _ in 0..70 {
        zip.write_all(&vec![b' '; 1024 * 1024]).unwrap();
    }
    assert!(read(&zip.finish().unwrap().into_inner()).is_err());
}
