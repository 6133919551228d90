//! The tree of organisations in memory: found by code, by name, or by the names from the committee down (pure).
use super::read;
use crate::lang::Message;
use crate::msg;
use crate::organization::Level;
use std::collections::HashMap;

/// An organisation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    pub id: i64,
    pub level: Level,
    pub kind: String,
    pub name: String,
    /// The ids from the root to here: `/1/7/42/`.
    pub path: String,
}

/// All organisations that exist today.
#[derive(Default)]
pub struct Tree {
    nodes: HashMap<i64, Node>,
    by_name: HashMap<String, Vec<i64>>,
    by_full: HashMap<String, Vec<i64>>,
    /// The sub-trees that the importer may touch.
    scope: Vec<String>,
}

impl Tree {
    pub fn new(nodes: Vec<Node>, scope: &[String]) -> Tree {
        let mut tree = Tree { scope: scope.to_vec(), ..Tree::default() };
        tree.nodes = nodes.into_iter().map(|node| (node.id, node)).collect();
        let ids: Vec<i64> = tree.nodes.keys().copied().collect();
        for id in ids {
            let (name, full) = (read::squeezed(&tree.nodes[&id].name), read::squeezed(&tree.joined(id)));
            tree.by_name.entry(name).or_default().push(id);
            tree.by_full.entry(full).or_default().push(id);
        }
        tree
    }
    pub fn get(&self, id: i64) -> Option<&Node> {
        self.nodes.get(&id)
    }
    pub fn all(&self) -> impl Iterator<Item = &Node> {
        self.nodes.values()
    }
    pub fn is_path_within(&self, path: &str) -> bool {
        self.scope.iter().any(|scope| path.starts_with(scope.as_str()))
    }
    pub fn is_within(&self, id: i64) -> bool {
        self.get(id).is_some_and(|node| self.is_path_within(&node.path))
    }
    /// Whether the importer may touch the whole city.
    pub fn is_whole(&self) -> bool {
        self.scope.iter().any(|scope| scope == "/")
    }
    /// The names from the committee down, with slashes between.
    fn joined(&self, id: i64) -> String {
        let ids = self.get(id).map_or("", |node| node.path.as_str());
        let chain = ids.split('/').filter_map(|id| self.get(id.parse().ok()?));
        let below: Vec<_> = chain
            .filter(|node| node.level != Level::City || node.id == id)
            .map(|node| node.name.as_str())
            .collect();
        below.join("/")
    }
    /// What names this organisation and no other: its names from the committee down, or else its code.
    pub fn full(&self, id: i64) -> String {
        let joined = self.joined(id);
        match self.by_full.get(&read::squeezed(&joined)) {
            // A name of digits alone would be taken for a code.
            Some(same) if same.len() == 1 && read::squeezed(&joined).parse::<i64>().is_err() => joined,
            _ => id.to_string(),
        }
    }
    /// The organisations of this name in the scope, in the order of their ids.
    pub fn named(&self, name: &str) -> Vec<&Node> {
        let same = self.by_name.get(&read::squeezed(name)).into_iter().flatten();
        let mut found: Vec<&Node> =
            same.filter(|id| self.is_within(**id)).filter_map(|id| self.get(*id)).collect();
        found.sort_by_key(|node| node.id);
        found
    }
    /// The organisation that these words name, in the scope, of one of these levels.
    ///
    /// # Errors
    /// That there is none, or that there are several and how to say which.
    pub fn find(&self, words: &str, levels: &[Level]) -> Result<i64, Message> {
        let fits =
            |id: &i64| self.is_within(*id) && self.get(*id).is_some_and(|node| levels.contains(&node.level));
        let said = read::squeezed(words);
        if let Some(id) = said.parse().ok().filter(|id| fits(id)) {
            return Ok(id);
        }
        // As it is written: the sign may belong to the name. Then as people write the way.
        let way = said.replace('>', "/");
        let mut found: Vec<i64> = vec![];
        for said in [&said, &way] {
            for index in [&self.by_full, &self.by_name] {
                if found.is_empty() {
                    let same = index.get(said.as_str()).into_iter().flatten().copied();
                    found = same.filter(|id| fits(id)).collect();
                }
            }
        }
        // The end of the way: 党委/支部 without the general branch between them.
        if found.is_empty() && way.contains('/') {
            let parts: Vec<&str> = way.split('/').filter(|part| !part.is_empty()).collect();
            let last = parts.last().copied().unwrap_or_default();
            let candidates = self.by_name.get(last).into_iter().flatten().copied().filter(|id| fits(id));
            found = candidates.filter(|id| self.has_above(*id, &parts[..parts.len() - 1])).collect();
        }
        found.sort_unstable();
        match found.as_slice() {
            [one] => Ok(*one),
            [] => Err(msg!("没有叫“{}”的组织，或不在您的范围。请核对名称", words)),
            several => {
                let ways: Vec<_> = several.iter().take(3).map(|id| self.full(*id)).collect();
                Err(msg!("有 {} 个组织叫“{}”，请写全，例如：{}", several.len(), words, ways.join("；")))
            }
        }
    }
    /// Whether all of these names stand above this organisation, in their order.
    fn has_above(&self, id: i64, names: &[&str]) -> bool {
        let Some(node) = self.get(id) else { return false };
        let above: Vec<String> = node
            .path
            .split('/')
            .filter_map(|id| self.get(id.parse().ok()?))
            .map(|node| read::squeezed(&node.name))
            .collect();
        let mut place = 0;
        names.iter().all(|name| match above[place..].iter().position(|one| one == name) {
            Some(found) => {
                place += found + 1;
                true
            }
            None => false,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree(scope: &str) -> Tree {
        let node = |id, level, name: &str, path: &str| Node {
            id,
            level,
            kind: "rural".into(),
            name: name.into(),
            path: path.into(),
        };
        let nodes = vec![
            node(1, Level::City, "溪州市委员会", "/1/"),
            node(2, Level::Committee, "东镇党委", "/1/2/"),
            node(3, Level::Committee, "西镇党委", "/1/3/"),
            node(4, Level::GeneralBranch, "第一党总支", "/1/2/4/"),
            node(5, Level::Branch, "第一党支部", "/1/2/4/5/"),
            node(6, Level::Branch, "第一党支部", "/1/3/6/"),
            node(7, Level::Branch, "渠口党支部", "/1/3/7/"),
            node(8, Level::Branch, "同名党支部", "/1/3/8/"),
            node(9, Level::Branch, "同名党支部", "/1/3/9/"),
        ];
        Tree::new(nodes, &[scope.to_owned()])
    }

    #[test]
    fn a_branch_is_found_by_its_code_its_name_or_the_way_to_it() {
        let tree = tree("/");
        let find = |words: &str| tree.find(words, &[Level::Branch]);
        assert_eq!(find("7"), Ok(7));
        assert_eq!(find(" 渠口 党支部 "), Ok(7));
        assert_eq!(find("东镇党委/第一党支部"), Ok(5));
        assert_eq!(find("东镇党委／第一党总支／第一党支部"), Ok(5));
        assert_eq!(find("西镇党委/第一党支部"), Ok(6));
        assert_eq!(find("西镇党委＞第一党支部"), Ok(6));
        assert!(find("第一党支部").unwrap_err().to_string().contains("有 2 个组织"));
        assert!(find("东镇党委").is_err() && find("没有的支部").is_err() && find("2").is_err());
        for id in [5, 6, 7] {
            assert_eq!(find(&tree.full(id)), Ok(id));
        }
        assert_eq!(tree.full(8), "8");
        assert_eq!(find("8"), Ok(8));
    }

    #[test]
    fn outside_the_scope_there_is_nothing() {
        let tree = tree("/1/3/");
        assert_eq!(tree.find("第一党支部", &[Level::Branch]), Ok(6));
        assert!(tree.find("5", &[Level::Branch]).is_err());
        assert!(tree.find("东镇党委/第一党支部", &[Level::Branch]).is_err());
    }
}
