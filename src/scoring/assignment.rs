//! Who judges what: as many sheets for each entry as the method asks for, none across a conflict, the load even, at the least
//! cost. Always the same for the same question: nothing is drawn. domain.md §5.3.

/// What is to be assigned.
#[derive(Debug, Clone)]
pub struct Question {
    /// Sheets that each judge takes at most.
    pub judges: Vec<usize>,
    /// Sheets that each entry needs.
    pub entries: Vec<usize>,
    /// Of judge and entry, in that order: what the pair costs (a topic that does not fit, a pair of judges that sat together
    /// before); `None` across a hard conflict.
    pub costs: Vec<Vec<Option<i64>>>,
    /// What each further sheet of the same judge costs more than the one before.
    pub load: i64,
}

/// Pairs of judge and entry, in order, and what they cost; entries that got too few, with how many they got.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Answer {
    pub pairs: Vec<(usize, usize)>,
    pub cost: i64,
    pub short: Vec<(usize, usize)>,
}

#[derive(Clone, Copy)]
struct Edge {
    from: usize,
    to: usize,
    room: usize,
    cost: i64,
}

/// A flow from a source through judges and entries to a sink, one sheet after the other along the cheapest way.
struct Flow {
    nodes: usize,
    /// Each is followed by its way back.
    edges: Vec<Edge>,
}

impl Flow {
    fn add(&mut self, from: usize, to: usize, room: usize, cost: i64) {
        self.edges.push(Edge { from, to, room, cost });
        self.edges.push(Edge { from: to, to: from, room: 0, cost: -cost });
    }
    /// The edges of the cheapest way that has room (Bellman and Ford: costs may be negative).
    fn cheapest(&self, from: usize, to: usize) -> Option<Vec<usize>> {
        let mut best: Vec<Option<(i64, usize)>> = vec![None; self.nodes];
        best[from] = Some((0, usize::MAX));
        loop {
            let mut is_better = false;
            for (at, edge) in self.edges.iter().enumerate().filter(|(_, edge)| edge.room > 0) {
                let Some((so_far, _)) = best[edge.from] else { continue };
                if best[edge.to].is_none_or(|known| so_far + edge.cost < known.0) {
                    best[edge.to] = Some((so_far + edge.cost, at));
                    is_better = true;
                }
            }
            if !is_better {
                break;
            }
        }
        let (mut way, mut node) = (vec![], to);
        while node != from {
            let (_, edge) = best[node]?;
            way.push(edge);
            node = self.edges[edge].from;
        }
        Some(way)
    }
}

/// As many sheets as can be had, at the least cost.
pub fn assigned(question: &Question) -> Answer {
    let (judges, entries) = (question.judges.len(), question.entries.len());
    let (source, sink) = (judges + entries, judges + entries + 1);
    let mut flow = Flow { nodes: judges + entries + 2, edges: vec![] };
    for (judge, most) in question.judges.iter().enumerate() {
        for sheet in 0..*most {
            flow.add(source, judge, 1, question.load.saturating_mul(sheet as i64));
        }
    }
    for (entry, need) in question.entries.iter().enumerate() {
        flow.add(judges + entry, sink, *need, 0);
    }
    let first_pair = flow.edges.len();
    let mut pairs = vec![];
    for (judge, row) in question.costs.iter().enumerate().take(judges) {
        for (entry, cost) in row.iter().enumerate().take(entries) {
            if let Some(cost) = cost {
                flow.add(judge, judges + entry, 1, *cost);
                pairs.push((judge, entry));
            }
        }
    }
    while let Some(way) = flow.cheapest(source, sink) {
        for edge in way {
            flow.edges[edge].room -= 1;
            flow.edges[edge ^ 1].room += 1;
        }
    }
    let taken = |at: &usize| flow.edges[first_pair + 2 * at].room == 0;
    let pairs: Vec<(usize, usize)> = (0..pairs.len()).filter(taken).map(|at| pairs[at]).collect();
    let got = |entry: usize| pairs.iter().filter(|pair| pair.1 == entry).count();
    let cost = pairs.iter().filter_map(|(judge, entry)| question.costs[*judge][*entry]).sum();
    let short = (0..entries).map(|entry| (entry, got(entry))).filter(|one| one.1 < question.entries[one.0]);
    Answer { short: short.collect(), cost, pairs }
}

/// Blocks in which each two of `n` judges sit together exactly once: 7 judges in threes, 13 in fours. `None` for other numbers.
pub fn blocks(n: usize) -> Option<Vec<Vec<usize>>> {
    let first: &[usize] = match n {
        7 => &[0, 1, 3],
        13 => &[0, 1, 3, 9],
        _ => return None,
    };
    Some((0..n).map(|shift| first.iter().map(|judge| (judge + shift) % n).collect()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    #[test]
    fn v_mcmf() {
        let question = Question {
            judges: vec![1; 3],
            entries: vec![1; 3],
            costs: vec![
                vec![Some(0), Some(-1), None],
                vec![Some(0), Some(0), Some(0)],
                vec![Some(0), None, Some(1)],
            ],
            load: 0,
        };
        let answer = assigned(&question);
        assert_eq!((answer.pairs, answer.cost), (vec![(0, 1), (1, 2), (2, 0)], -1));
        assert!(answer.short.is_empty());
    }

    #[test]
    fn what_cannot_be_filled_is_named() {
        // The second entry is barred to everybody but one.
        let question = Question {
            judges: vec![2; 3],
            entries: vec![2, 2],
            costs: vec![vec![Some(0), None], vec![Some(0), None], vec![Some(0), Some(0)]],
            load: 1,
        };
        let answer = assigned(&question);
        assert_eq!(answer.short, [(1, 1)]);
        assert_eq!(answer.pairs, [(0, 0), (1, 0), (2, 1)]);
    }

    #[test]
    fn a_contest_of_the_city_is_even_and_free_of_conflicts() {
        let (judges, entries, need) = (21, 141, 4);
        // Whoever has the number of the entry modulo 21 is of its school.
        let cost = |judge: usize, entry: usize| (entry % judges != judge).then_some(0);
        let question = Question {
            judges: vec![30; judges],
            entries: vec![need; entries],
            costs: (0..judges).map(|judge| (0..entries).map(|entry| cost(judge, entry)).collect()).collect(),
            load: 1,
        };
        let answer = assigned(&question);
        assert!(answer.short.is_empty());
        assert_eq!(answer.pairs.len(), entries * need);
        assert!(answer.pairs.iter().all(|(judge, entry)| entry % judges != *judge));
        let loads = answer.pairs.iter().fold(BTreeMap::new(), |mut loads, (judge, _)| {
            *loads.entry(*judge).or_insert(0) += 1;
            loads
        });
        assert!(loads.values().all(|load| [26, 27].contains(load)), "{loads:?}");
        assert_eq!(assigned(&question), answer, "the same question has the same answer");
    }

    #[test]
    fn each_two_judges_sit_together_once() {
        for (n, pairs) in [(7, 21), (13, 78)] {
            let mut together = BTreeMap::new();
            for block in blocks(n).unwrap() {
                for (at, one) in block.iter().enumerate() {
                    for other in &block[at + 1..] {
                        *together.entry((*one.min(other), *one.max(other))).or_insert(0) += 1;
                    }
                }
            }
            assert!(together.len() == pairs && together.values().all(|times| *times == 1), "{n}");
        }
        assert_eq!(blocks(8), None);
    }
}
