//! One question as an `assessmentItem`, both ways.
use super::super::Question;
use super::super::exchange::{Item, Place};
use super::super::question::{BLANK, Choice, Content, Kind, fold, truth};
use super::element::{Element, Node};
use super::short;
use crate::lang::Message;
use crate::msg;
use quick_xml::escape::escape;

const NAMESPACE: &str = "http://www.imsglobal.org/xsd/imsqti_v2p1";
const MATCH: &str = "http://www.imsglobal.org/question/qti_v2p1/rptemplates/match_correct";
const MAP: &str = "http://www.imsglobal.org/question/qti_v2p1/rptemplates/map_response";
/// In front of codes: identifiers of QTI begin with a letter.
const PREFIX: &str = "Q_";

pub fn identifier(code: &str) -> String {
    format!("{PREFIX}{code}")
}

/// Lines of a text, a break between them.
fn lines(text: &str) -> String {
    text.lines().map(|line| escape(line).into_owned()).collect::<Vec<_>>().join("<br/>")
}

/// The question as a file.
pub fn write(one: &Question) -> String {
    let content = &one.content;
    let title: String = content.stem.lines().next().unwrap_or_default().chars().take(40).collect();
    let label = content.chapter.map(|n| format!(" label=\"chapter:{n}\"")).unwrap_or_default();
    let (cardinality, kind, template) = match content.kind {
        Kind::Single | Kind::Boolean => ("single", "identifier", MATCH),
        Kind::Multiple => ("multiple", "identifier", MATCH),
        Kind::Fill => ("single", "string", MAP),
    };
    let names: Vec<String> = content
        .choices
        .iter()
        .enumerate()
        .map(|(place, choice)| match content.kind {
            Kind::Boolean => (if place == 0 { "true" } else { "false" }).to_owned(),
            Kind::Fill => escape(choice.text.as_str()).into_owned(),
            _ => format!("C{}", place + 1),
        })
        .collect();
    let right =
        names.iter().zip(&content.choices).filter(|(_, choice)| choice.is_right).map(|(name, _)| name);
    let values: String = match content.kind {
        Kind::Fill => right.clone().take(1).map(|name| format!("<value>{name}</value>")).collect(),
        _ => right.clone().map(|name| format!("<value>{name}</value>")).collect(),
    };
    let mapping = match content.kind {
        Kind::Fill => {
            let entries: String =
                right.map(|name| format!("<mapEntry mapKey=\"{name}\" mappedValue=\"1\"/>")).collect();
            format!("\n    <mapping defaultValue=\"0\">{entries}</mapping>")
        }
        _ => String::new(),
    };
    let (outcome, feedback) = match content.explanation.as_str() {
        "" => (String::new(), String::new()),
        text => (
            "\n  <outcomeDeclaration identifier=\"FEEDBACK\" cardinality=\"single\" baseType=\"identifier\"><defaultValue><value>explanation</value></defaultValue></outcomeDeclaration>".to_owned(),
            format!("\n  <modalFeedback outcomeIdentifier=\"FEEDBACK\" identifier=\"explanation\" showHide=\"show\">{}</modalFeedback>", lines(text)),
        ),
    };
    format!(
        r#"<?xml version="1.0" encoding="UTF-8"?>
<assessmentItem xmlns="{NAMESPACE}" identifier="{}" title="{}"{label} adaptive="false" timeDependent="false">
  <responseDeclaration identifier="RESPONSE" cardinality="{cardinality}" baseType="{kind}">
    <correctResponse>{values}</correctResponse>{mapping}
  </responseDeclaration>
  <outcomeDeclaration identifier="SCORE" cardinality="single" baseType="float"><defaultValue><value>0</value></defaultValue></outcomeDeclaration>{outcome}
  <itemBody>{}</itemBody>
  <responseProcessing template="{template}"/>{feedback}
</assessmentItem>
"#,
        escape(identifier(&one.code)),
        escape(title.as_str()),
        body(content, &names)
    )
}

fn body(content: &Content, names: &[String]) -> String {
    const ENTRY: &str = "<textEntryInteraction responseIdentifier=\"RESPONSE\" expectedLength=\"20\"/>";
    if content.kind == Kind::Fill {
        return match content.stem.split_once(BLANK) {
            Some((before, after)) => {
                // `lines` would lose the break at the end of what stands before.
                let before = before.split('\n').map(escape).collect::<Vec<_>>().join("<br/>");
                let after = after.split('\n').map(escape).collect::<Vec<_>>().join("<br/>");
                format!("<p>{before}{ENTRY}{after}</p>")
            }
            None => format!("<p>{}</p><p>{ENTRY}</p>", lines(&content.stem)),
        };
    }
    let most = if content.kind == Kind::Multiple { 0 } else { 1 };
    let shuffle = content.kind != Kind::Boolean;
    let choices: String = names
        .iter()
        .zip(&content.choices)
        .map(|(name, choice)| {
            format!("<simpleChoice identifier=\"{name}\">{}</simpleChoice>", escape(choice.text.as_str()))
        })
        .collect();
    format!(
        "<choiceInteraction responseIdentifier=\"RESPONSE\" shuffle=\"{shuffle}\" maxChoices=\"{most}\"><prompt>{}</prompt>{choices}</choiceInteraction>",
        lines(&content.stem)
    )
}

/// The question of a file, not yet checked against the rules of questions.
///
/// # Errors
/// What of it is not read here, in a sentence.
pub fn read(root: &Element, file: &str) -> Result<Item, Message> {
    if root.name != "assessmentItem" {
        return Err(msg!("这一项是 {}，这里只读 assessmentItem。", short(&root.name)));
    }
    if root.attribute("xmlns").is_some_and(|space| space != NAMESPACE) {
        return Err(msg!("这一题不是 QTI 2.1 的，没有读。"));
    }
    if root.attribute("adaptive") == Some("true") {
        return Err(msg!("自适应的题（adaptive）不读。"));
    }
    for name in ["templateDeclaration", "templateProcessing", "stylesheet"] {
        if root.child(name).is_some() {
            return Err(msg!("这一题用了 {}，这里不读。", name));
        }
    }
    let [declared] = root.all("responseDeclaration")[..] else {
        return Err(msg!("一题要正好有一个作答（responseDeclaration）。"));
    };
    processed(root)?;
    let body = root.child("itemBody").ok_or_else(|| msg!("这一题没有题干（itemBody）。"))?;
    let mut gathered = Gathered::default();
    gather(body, &mut gathered)?;
    let Some(interaction) = gathered.interaction else {
        return Err(msg!("这一题没有选择或填空（choiceInteraction、textEntryInteraction）。"));
    };
    if interaction.attribute("responseIdentifier") != declared.attribute("identifier") {
        return Err(msg!("作答和题目对不上（responseIdentifier）。"));
    }
    let (kind, choices) = if interaction.name == "choiceInteraction" {
        chosen(interaction, declared)?
    } else {
        (Kind::Fill, written(declared)?)
    };
    let explanation = match root.all("modalFeedback")[..] {
        [] => String::new(),
        [one] => {
            if one.attribute("showHide") == Some("hide") {
                return Err(msg!("有时隐藏的反馈（showHide 是 hide）不读。"));
            }
            words(one)?
        }
        _ => return Err(msg!("有几条反馈（modalFeedback），这里一题只有一条解析。")),
    };
    let code = root.attribute("identifier").unwrap_or_default();
    let code = code.strip_prefix(PREFIX).unwrap_or(code);
    let chapter = root.attribute("label").and_then(|label| label.strip_prefix("chapter:"));
    Ok(Item {
        place: Place::File(file.to_owned()),
        code: (!code.is_empty()).then(|| code.to_owned()),
        content: Content {
            kind,
            stem: gathered.stem(),
            choices,
            explanation,
            chapter: chapter.and_then(|n| n.parse().ok()),
        },
    })
}

/// Only the two templates say of an answer that it is right or not.
fn processed(root: &Element) -> Result<(), Message> {
    let Some(processing) = root.child("responseProcessing") else { return Ok(()) };
    let is_known = processing.elements().is_empty()
        && processing
            .attribute("template")
            .is_some_and(|template| [MATCH, MAP].iter().any(|known| same_template(known, template)));
    if is_known {
        Ok(())
    } else {
        Err(msg!("这一题自带评分规则（responseProcessing），这里只读 match_correct 和 map_response。"))
    }
}

fn same_template(known: &str, template: &str) -> bool {
    let name =
        |address: &str| address.rsplit('/').next().map(|last| last.trim_end_matches(".xml").to_owned());
    template.starts_with("http://www.imsglobal.org/question/qti_v2p1/") && name(known) == name(template)
}

fn chosen(interaction: &Element, declared: &Element) -> Result<(Kind, Vec<Choice>), Message> {
    if declared.attribute("baseType") != Some("identifier") {
        return Err(msg!("选择题的作答要是 identifier。"));
    }
    if declared.child("mapping").is_some() {
        return Err(msg!("选择题按选项给分（mapping）的不读，这里一题只有对和错。"));
    }
    let most = interaction.attribute("maxChoices").unwrap_or("1");
    let kind = match (declared.attribute("cardinality"), most) {
        (Some("single"), "1") => Kind::Single,
        (Some("multiple"), _) => Kind::Multiple,
        _ => return Err(msg!("单选还是多选写得不一致（cardinality、maxChoices）。")),
    };
    let right = values(declared);
    let mut choices = vec![];
    let mut names = vec![];
    for one in interaction.elements() {
        match one.name.as_str() {
            "prompt" => {}
            "simpleChoice" => {
                let name = one.attribute("identifier").unwrap_or_default();
                choices.push(Choice::new(
                    words(one)?.replace('\n', " "),
                    right.iter().any(|value| value == name),
                ));
                names.push(name.to_lowercase());
            }
            other => return Err(msg!("这一题用了 {}，这里不读。", short(other))),
        }
    }
    if right.iter().any(|value| !names.contains(&value.to_lowercase())) {
        return Err(msg!("正确的答案里有没列出的选项。"));
    }
    if kind == Kind::Single && is_statement(&names, &choices) {
        let is_true = choices.iter().zip(&names).any(|(choice, name)| choice.is_right && name == "true");
        return Ok((Kind::Boolean, truth(is_true)));
    }
    Ok((kind, choices))
}

/// Two choices named `true` and `false` that say so.
fn is_statement(names: &[String], choices: &[Choice]) -> bool {
    let says = |choice: &Choice, words: &[&str]| words.contains(&fold(&choice.text).as_str());
    names.len() == 2
        && names.contains(&"true".to_owned())
        && names.contains(&"false".to_owned())
        && choices.iter().zip(names).all(|(choice, name)| match name.as_str() {
            "true" => says(choice, &["正确", "对", "true", "是", "√"]),
            _ => says(choice, &["错误", "错", "false", "否", "×"]),
        })
        && choices.iter().filter(|choice| choice.is_right).count() == 1
}

fn written(declared: &Element) -> Result<Vec<Choice>, Message> {
    if declared.attribute("baseType") != Some("string") || declared.attribute("cardinality") != Some("single")
    {
        return Err(msg!("填空题的作答要是一个 string。"));
    }
    let mut accepted = values(declared);
    for entry in declared.child("mapping").map(|mapping| mapping.all("mapEntry")).unwrap_or_default() {
        let worth: f64 =
            entry.attribute("mappedValue").and_then(|n| n.trim().parse().ok()).unwrap_or(f64::NAN);
        let key = entry.attribute("mapKey").unwrap_or_default().to_owned();
        match worth {
            w if w >= 1.0 => accepted.push(key),
            w if w <= 0.0 => {}
            _ => return Err(msg!("填空题给部分分数的（mappedValue）不读，这里一题只有对和错。")),
        }
    }
    Ok(accepted.into_iter().map(|text| Choice::new(text, true)).collect())
}

fn values(declared: &Element) -> Vec<String> {
    let correct = declared.child("correctResponse").map(|one| one.all("value")).unwrap_or_default();
    correct.into_iter().map(Element::text).collect()
}

/// What the body of a question says, and its one interaction.
#[derive(Default)]
struct Gathered<'a> {
    /// Blocks of text; line ends inside are breaks.
    blocks: Vec<String>,
    interaction: Option<&'a Element>,
}

impl Gathered<'_> {
    fn stem(&self) -> String {
        let blocks: Vec<&str> =
            self.blocks.iter().map(|block| block.trim()).filter(|b| !b.is_empty()).collect();
        match blocks.as_slice() {
            // A blank in a block of its own is the place to write, not a part of the sentence.
            [rest @ .., last] if *last == BLANK && !rest.is_empty() => rest.join("\n"),
            all => all.join("\n"),
        }
    }
    fn say(&mut self, text: &str) {
        match self.blocks.last_mut() {
            Some(block) => block.push_str(text),
            None => self.blocks.push(text.to_owned()),
        }
    }
    fn turn(&mut self) {
        self.blocks.push(String::new());
    }
}

fn gather<'a>(element: &'a Element, into: &mut Gathered<'a>) -> Result<(), Message> {
    for node in &element.children {
        match node {
            Node::Text(text) => into.say(&spaced(text)),
            Node::Element(one) => match one.name.as_str() {
                "br" => into.say("\n"),
                "p" | "div" | "h1" | "h2" | "h3" | "h4" | "h5" | "h6" | "blockquote" | "pre" => {
                    into.turn();
                    gather(one, into)?;
                    into.turn();
                }
                "span" | "b" | "i" | "strong" | "em" | "u" | "small" | "code" => gather(one, into)?,
                "choiceInteraction" | "textEntryInteraction" => {
                    if into.interaction.replace(one).is_some() {
                        return Err(msg!("一题里有几处作答，这里一题只有一处。"));
                    }
                    if one.name == "choiceInteraction" {
                        if let Some(prompt) = one.child("prompt") {
                            into.turn();
                            gather(prompt, into)?;
                        }
                        into.turn();
                    } else {
                        into.say(BLANK);
                    }
                }
                other => return Err(msg!("这一题用了 {}，这里不读。", short(other))),
            },
        }
    }
    Ok(())
}

/// The words of an element that holds nothing but text.
fn words(element: &Element) -> Result<String, Message> {
    let mut gathered = Gathered::default();
    gather(element, &mut gathered)?;
    if gathered.interaction.is_some() {
        return Err(msg!("一题里有几处作答，这里一题只有一处。"));
    }
    Ok(gathered.stem())
}

/// White space of XML is one space.
fn spaced(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            ' ' | '\t' | '\r' | '\n' if out.ends_with(' ') => {}
            ' ' | '\t' | '\r' | '\n' => out.push(' '),
            c => out.push(c),
        }
    }
    out
}
