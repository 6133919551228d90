//! A small tree of XML. A DTD is refused before anything behind it is read; of entities only the five of XML and characters
//! by number are known; depth and number of elements are limited.
use crate::lang::Message;
use crate::msg;
use quick_xml::XmlVersion;
use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::{BytesStart, Event};
use quick_xml::reader::Reader;

const DEEPEST: usize = 40;
const MOST: usize = 20_000;

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Node {
    Element(Element),
    Text(String),
}

impl Node {
    fn element(&self) -> Option<&Element> {
        if let Node::Element(element) = self { Some(element) } else { None }
    }
}

/// An element by its local name.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Element {
    pub name: String,
    attributes: Vec<(String, String)>,
    pub children: Vec<Node>,
}

fn broken() -> Message {
    msg!("这个 XML 写得不对，没有读。")
}

impl Element {
    /// The root of a file.
    ///
    /// # Errors
    /// Why it is not read.
    pub fn parse(bytes: &[u8]) -> Result<Element, Message> {
        let text = std::str::from_utf8(bytes).map_err(|_| msg!("这里只读 UTF-8 的 XML。"))?;
        let mut reader = Reader::from_str(text.trim_start_matches('\u{feff}'));
        let mut open: Vec<Element> = vec![];
        let (mut root, mut count) = (None, 0);
        loop {
            match reader.read_event().map_err(|_| broken())? {
                event @ (Event::Start(_) | Event::Empty(_)) => {
                    count += 1;
                    if count > MOST || open.len() > DEEPEST || (open.is_empty() && root.is_some()) {
                        return Err(msg!("这个 XML 的结构太大，没有读。"));
                    }
                    match event {
                        Event::Start(tag) => open.push(Element::of(&tag)?),
                        Event::Empty(tag) => close(&mut open, &mut root, Element::of(&tag)?),
                        _ => {}
                    }
                }
                Event::End(_) => {
                    let done = open.pop().ok_or_else(broken)?;
                    close(&mut open, &mut root, done);
                }
                Event::Text(text) => add(&mut open, &text.xml10_content().map_err(|_| broken())?),
                Event::CData(text) => add(&mut open, &text.xml10_content().map_err(|_| broken())?),
                Event::GeneralRef(name) => {
                    let known = match name.resolve_char_ref().map_err(|_| broken())? {
                        Some(c) => c.to_string(),
                        None => {
                            let name = name.decode().map_err(|_| broken())?;
                            let known = resolve_predefined_entity(&name);
                            known.ok_or_else(|| msg!("这个 XML 用了自己定义的实体，没有读。"))?.to_owned()
                        }
                    };
                    add(&mut open, &known);
                }
                Event::DocType(_) => return Err(msg!("这个 XML 带有 DTD，没有读。请去掉 DOCTYPE 后再试。")),
                Event::Comment(_) | Event::Decl(_) | Event::PI(_) => {}
                Event::Eof => break,
            }
        }
        if open.is_empty() { root.ok_or_else(broken) } else { Err(broken()) }
    }
    fn of(tag: &BytesStart<'_>) -> Result<Element, Message> {
        let local = |bytes: &[u8]| std::str::from_utf8(bytes).map(str::to_owned).map_err(|_| broken());
        let mut attributes = vec![];
        for one in tag.attributes() {
            let one = one.map_err(|_| broken())?;
            let value = one.normalized_value(XmlVersion::Implicit1_0).map_err(|_| broken())?;
            attributes.push((local(one.key.as_ref())?, value.into_owned()));
        }
        Ok(Element { name: local(tag.local_name().as_ref())?, attributes, children: vec![] })
    }
    pub fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|one| one.0 == name).map(|one| one.1.as_str())
    }
    pub fn elements(&self) -> Vec<&Element> {
        self.children.iter().filter_map(Node::element).collect()
    }
    pub fn child(&self, name: &str) -> Option<&Element> {
        self.elements().into_iter().find(|one| one.name == name)
    }
    pub fn all(&self, name: &str) -> Vec<&Element> {
        self.elements().into_iter().filter(|one| one.name == name).collect()
    }
    /// The text of this element alone.
    pub fn text(&self) -> String {
        let text = |node: &Node| if let Node::Text(text) = node { text.clone() } else { String::new() };
        self.children.iter().map(text).collect::<String>().trim().to_owned()
    }
}

fn close(open: &mut [Element], root: &mut Option<Element>, done: Element) {
    match open.last_mut() {
        Some(parent) => parent.children.push(Node::Element(done)),
        None => *root = Some(done),
    }
}

fn add(open: &mut [Element], text: &str) {
    if let Some(parent) = open.last_mut() {
        match parent.children.last_mut() {
            Some(Node::Text(before)) => before.push_str(text),
            _ => parent.children.push(Node::Text(text.to_owned())),
        }
    }
}
