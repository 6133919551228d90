//! Files as Word and WPS write them, made here part by part, and files that nobody would send in good faith.
use super::*;
use crate::web::text::{markdown, plain as words};
use std::io::Write;
use zip::write::SimpleFileOptions;

const TYPES: &str = r#"<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Default Extension="png" ContentType="image/png"/><Override PartName="/word/document.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>"#;
const RELS: &str = r#"<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="word/document.xml"/></Relationships>"#;
const DOCUMENT_RELS: &str = r#"<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/styles" Target="styles.xml"/><Relationship Id="rId2" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/numbering" Target="numbering.xml"/><Relationship Id="rId5" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/image" Target="media/image1.png"/><Relationship Id="rId6" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/hyperlink" Target="https://example.org/a?b=1" TargetMode="External"/><Relationship Id="rId7" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/hyperlink" Target="javascript:alert(1)" TargetMode="External"/><Relationship Id="rId8" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/image" Target="media/image2.emf"/></Relationships>"#;
/// Chinese Word and WPS number their styles; a style of the author's own is made from one of them.
const STYLES: &str = r#"<?xml version="1.0"?><w:styles xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:style w:type="paragraph" w:default="1" w:styleId="a"><w:name w:val="Normal"/></w:style><w:style w:type="paragraph" w:styleId="1"><w:name w:val="heading 1"/><w:basedOn w:val="a"/></w:style><w:style w:type="paragraph" w:styleId="2"><w:name w:val="heading 2"/></w:style><w:style w:type="paragraph" w:styleId="Heading3"><w:name w:val="Heading 3"/></w:style><w:style w:type="paragraph" w:styleId="x1"><w:name w:val="一级标题"/><w:basedOn w:val="1"/></w:style><w:style w:type="paragraph" w:styleId="x2"><w:name w:val="篇名"/><w:pPr><w:outlineLvl w:val="0"/></w:pPr></w:style></w:styles>"#;
const NUMBERING: &str = r#"<?xml version="1.0"?><w:numbering xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:abstractNum w:abstractNumId="0"><w:lvl w:ilvl="0"><w:start w:val="1"/><w:numFmt w:val="bullet"/><w:lvlText w:val="•"/><w:lvlJc w:val="left"/></w:lvl><w:lvl w:ilvl="1"><w:start w:val="1"/><w:numFmt w:val="bullet"/><w:lvlText w:val="•"/><w:lvlJc w:val="left"/></w:lvl></w:abstractNum><w:abstractNum w:abstractNumId="1"><w:lvl w:ilvl="0"><w:start w:val="1"/><w:numFmt w:val="chineseCounting"/><w:lvlText w:val="%1、"/><w:lvlJc w:val="left"/></w:lvl></w:abstractNum><w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num><w:num w:numId="2"><w:abstractNumId w:val="1"/></w:num></w:numbering>"#;

fn png() -> Vec<u8> {
    let mut bytes = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x08\0\0\0\x08\x08\x02\0\0\0".to_vec();
    bytes.extend([0; 20]);
    bytes
}

fn file(body: &str) -> Vec<u8> {
    let document = format!(
        r#"<?xml version="1.0"?><w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships" xmlns:wp="http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing" xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" xmlns:pic="http://schemas.openxmlformats.org/drawingml/2006/picture" xmlns:m="http://schemas.openxmlformats.org/officeDocument/2006/math"><w:body>{body}<w:sectPr/></w:body></w:document>"#
    );
    zipped(&[
        ("[Content_Types].xml", TYPES.as_bytes()),
        ("_rels/.rels", RELS.as_bytes()),
        ("word/document.xml", document.as_bytes()),
        ("word/_rels/document.xml.rels", DOCUMENT_RELS.as_bytes()),
        ("word/styles.xml", STYLES.as_bytes()),
        ("word/numbering.xml", NUMBERING.as_bytes()),
        ("word/media/image1.png", &png()),
        ("word/media/image2.emf", b"\x01\0\0\0emf"),
    ])
}

fn zipped(parts: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(Cursor::new(vec![]));
    for (name, bytes) in parts {
        zip.start_file(*name, SimpleFileOptions::default()).unwrap();
        zip.write_all(bytes).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

fn paragraph(style: &str, text: &str) -> String {
    let style = if style.is_empty() {
        String::new()
    } else {
        format!(r#"<w:pPr><w:pStyle w:val="{style}"/></w:pPr>"#)
    };
    format!(r#"<w:p>{style}<w:r><w:t xml:space="preserve">{text}</w:t></w:r></w:p>"#)
}

fn picture(id: &str) -> String {
    format!(
        r#"<w:p><w:r><w:drawing><wp:inline><wp:extent cx="95250" cy="95250"/><wp:docPr id="1" name="a"/><a:graphic><a:graphicData uri="http://schemas.openxmlformats.org/drawingml/2006/picture"><pic:pic><pic:nvPicPr><pic:cNvPr id="0" name="a"/><pic:cNvPicPr/></pic:nvPicPr><pic:blipFill><a:blip r:embed="{id}"/></pic:blipFill><pic:spPr><a:xfrm><a:ext cx="95250" cy="95250"/></a:xfrm></pic:spPr></pic:pic></a:graphicData></a:graphic></wp:inline></w:drawing></w:r></w:p>"#
    )
}

#[test]
fn headings_of_word_and_wps_make_chapters() {
    let body = [
        paragraph("1", "第一章 水尺"),
        paragraph("", "先看 <刻度> &amp; 再记。".replace("<刻度>", "&lt;刻度&gt;").as_str()),
        paragraph("2", "怎样读"),
        paragraph("Heading3", "细处"),
        paragraph("x1", "第二章 巡渠"),
        paragraph("", "沿渠走。"),
        paragraph("x2", "第三章"),
        paragraph("", "# 不是标题"),
        paragraph("", "1. 不是列表"),
    ]
    .concat();
    let found = read(&file(&body)).unwrap();
    let titles: Vec<_> = found.chapters.iter().map(|chapter| chapter.0.as_str()).collect();
    assert_eq!(titles, ["第一章 水尺", "第二章 巡渠", "第三章"]);
    assert!(found.chapters[0].1.contains("## 怎样读\n\n### 细处"), "{}", found.chapters[0].1);
    assert_eq!(words(&found.chapters[0].1).lines().next(), Some("先看 <刻度> & 再记。"));
    let third = markdown(&found.chapters[2].1);
    assert!(third.contains("<p># 不是标题</p>") && third.contains("<p>1. 不是列表</p>"), "{third}");
    assert!(found.left_out.is_empty(), "{:?}", found.left_out);
}

#[test]
fn looks_lists_tables_links_and_pictures_come_along_and_the_rest_is_named() {
    let run = |look: &str, text: &str| format!("<w:r><w:rPr>{look}</w:rPr><w:t>{text}</w:t></w:r>");
    let item = |number: &str, level: &str, text: &str| {
        format!(
            r#"<w:p><w:pPr><w:numPr><w:ilvl w:val="{level}"/><w:numId w:val="{number}"/></w:numPr></w:pPr><w:r><w:t>{text}</w:t></w:r></w:p>"#
        )
    };
    let cell = |text: &str| format!("<w:tc><w:tcPr/>{}</w:tc>", paragraph("", text));
    let body = [
        paragraph("1", "一"),
        format!("<w:p>{}{}{}</w:p>", run("<w:b/>", "要点："), run("", "先报告，"), run("<w:i/><w:b w:val=\"0\"/>", "再处置")),
        item("1", "0", "甲"),
        item("1", "1", "甲之一"),
        item("1", "0", "乙"),
        paragraph("", "中间"),
        item("2", "0", "先"),
        item("2", "0", "后"),
        format!(
            "<w:tbl><w:tblPr/><w:tblGrid/><w:tr><w:trPr/>{}{}</w:tr><w:tr><w:trPr/>{}{}</w:tr></w:tbl>",
            cell("形式"),
            cell("频次"),
            cell("a|b"),
            cell("每月")
        ),
        r#"<w:p><w:hyperlink r:id="rId6"><w:r><w:t>链接</w:t></w:r></w:hyperlink><w:hyperlink r:id="rId7"><w:r><w:t>坏链接</w:t></w:r></w:hyperlink></w:p>"#.to_owned(),
        picture("rId5"),
        picture("rId8"),
        "<w:p><m:oMath><m:r><m:t>x</m:t></m:r></m:oMath></w:p>".to_owned(),
    ]
    .concat();
    let found = read(&file(&body)).unwrap();
    let body = &found.chapters[0].1;
    assert!(body.contains("**要点**：先报告，*再处置*"), "{body}");
    assert!(body.contains("- 甲\n    - 甲之一\n- 乙"), "{body}");
    assert!(body.contains("1. 先\n2. 后"), "{body}");
    assert!(body.contains("| 形式 | 频次 |\n| --- | --- |\n| a\\|b | 每月 |"), "{body}");
    assert!(body.contains("[链接](<https://example.org/a?b=1>)坏链接"), "{body}");
    assert!(body.contains("![图 1](picture:0)"), "{body}");
    assert_eq!((found.pictures.len(), found.pictures[0].0.as_str()), (1, "image1.png"));
    let html = markdown(body);
    for part in ["<strong>要点</strong>", "<em>再处置</em>", "<li>甲", "<ol>", "<td>a|b</td>"] {
        assert!(html.contains(part), "{part}: {html}");
    }
    let said: Vec<_> = found.left_out.iter().map(ToString::to_string).collect();
    assert!(
        said.iter().any(|one| one.contains("1 张图片")) && said.iter().any(|one| one.contains("1 个公式")),
        "{said:?}"
    );
}

#[test]
fn files_that_were_made_to_do_harm_are_refused() {
    let deep = format!(
        "{}{}{}",
        "<w:tbl><w:tr><w:tc>".repeat(3_000),
        paragraph("", "x"),
        "</w:tc></w:tr></w:tbl>".repeat(3_000)
    );
    let many = "<w:p/>".repeat(MOST_PARAGRAPHS + 1);
    for body in [deep.as_str(), &many, "<w:p>", "</w:p>", "<w:p><w:pPr><w:pStyle/></w:pPr></w:q>"] {
        assert!(read(&file(body)).is_err(), "{}", &body[..body.len().min(40)]);
    }
    // Attributes that should be there are not, numbers are none: refused or read, never an end of the program.
    for body in [
        "<w:p><w:pPr><w:pStyle/><w:outlineLvl/><w:numPr><w:numId/></w:numPr></w:pPr></w:p>",
        r#"<w:p><w:pPr><w:numPr><w:numId w:val="-1"/></w:numPr></w:pPr></w:p>"#,
        "<w:tbl/>",
        "<w:p><w:r><w:drawing/></w:r></w:p>",
    ] {
        drop(read(&file(body)));
    }
    let laughs = r#"<?xml version="1.0"?><!DOCTYPE a [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;">]><w:document xmlns:w="x"><w:body>&b;</w:body></w:document>"#;
    let part = |name, text: &'static str| {
        [("[Content_Types].xml", TYPES.as_bytes()), ("_rels/.rels", RELS.as_bytes()), (name, text.as_bytes())]
    };
    assert!(read(&zipped(&part("word/document.xml", laughs))).is_err());
    assert!(read(&zipped(&part("word/other.xml", "<a/>"))).is_err(), "there is no document");
    assert!(read(&zipped(&[("a.txt", b"x")])).is_err());
    let mut zip = zip::ZipWriter::new(Cursor::new(vec![]));
    zip.start_file("word/document.xml", SimpleFileOptions::default()).unwrap();
    let some = vec![b' '; 1024 * 1024];
    for _ in 0..80 {
        zip.write_all(&some).unwrap();
    }
    assert!(read(&zip.finish().unwrap().into_inner()).is_err(), "it unfolds too far");
}

#[test]
fn numbers_that_the_word_processor_counts_are_named_when_they_are_lost() {
    let numbered = |style: &str, text: &str| {
        format!(
            r#"<w:p><w:pPr><w:pStyle w:val="{style}"/><w:numPr><w:ilvl w:val="0"/><w:numId w:val="2"/></w:numPr></w:pPr><w:r><w:t>{text}</w:t></w:r></w:p>"#
        )
    };
    let body = [
        numbered("1", "水尺"),
        paragraph("", "甲"),
        numbered("x1", "巡渠"),
        paragraph("1", "第三章"),
        paragraph("", "乙"),
    ];
    let found = read(&file(&body.concat())).unwrap();
    let said: Vec<_> = found.left_out.iter().map(ToString::to_string).collect();
    assert!(said.len() == 1 && said[0].contains("2 个标题的自动编号"), "{said:?}");
    // The number stands in the style, and a style was made from that one.
    let styles = STYLES.replace(
        r#"<w:name w:val="heading 1"/><w:basedOn w:val="a"/>"#,
        r#"<w:name w:val="heading 1"/><w:basedOn w:val="a"/><w:pPr><w:numPr><w:numId w:val="2"/></w:numPr></w:pPr>"#,
    );
    let document =
        String::from_utf8(inside(&file(&[paragraph("1", "一"), paragraph("x1", "二")].concat()))).unwrap();
    let found = read(&zipped(&[
        ("[Content_Types].xml", TYPES.as_bytes()),
        ("_rels/.rels", RELS.as_bytes()),
        ("word/document.xml", document.as_bytes()),
        ("word/_rels/document.xml.rels", DOCUMENT_RELS.as_bytes()),
        ("word/styles.xml", styles.as_bytes()),
        ("word/numbering.xml", NUMBERING.as_bytes()),
    ]))
    .unwrap();
    assert!(
        found.left_out.iter().any(|one| one.to_string().contains("2 个标题的自动编号")),
        "{:?}",
        found.left_out
    );
}

/// The text of a file's document.
fn inside(file: &[u8]) -> Vec<u8> {
    let mut archive = zip::ZipArchive::new(Cursor::new(file)).unwrap();
    let mut bytes = vec![];
    archive.by_name("word/document.xml").unwrap().read_to_end(&mut bytes).unwrap();
    bytes
}
