//! The tree of organisations, its members, the schools and alliances.
use super::content::Content;
use super::random::Random;
use super::store::*;
use super::{ACCOUNTS, Scale, accounts};
use crate::clock::{self, Timestamp};
use crate::db::Conn;
use crate::error::Result;
use chrono::{Datelike, Duration, NaiveDate};

/// What the lessons need to know of the people.
pub struct People {
    /// Ids of demo accounts and their persons, as in [`ACCOUNTS`].
    pub accounts: Vec<(i64, i64)>,
    /// The primary alliance of each school, by the school's id minus one.
    pub school_alliances: Vec<i64>,
    /// Persons who may become instructors: two of each branch.
    pub teachers: Vec<(i64, String)>,
    pub members: usize,
    pub schools: usize,
    pub branches: Vec<Branch>,
}

impl People {
    pub fn account(&self, name: &str) -> (i64, i64) {
        let place = ACCOUNTS.iter().position(|account| account.name == name).unwrap_or_default();
        self.accounts[place]
    }
}

/// A branch of the tree, with what its members have in common.
pub struct Branch {
    pub id: i64,
    pub committee: i64,
    pub kind: &'static str,
}

/// The ids of the first branches, in which the demo accounts live.
pub const BRANCH_OF_MEMBER: usize = 0;
pub const BRANCH_OF_MEMBER2: usize = 30;

pub fn make(
    conn: &mut Conn,
    content: &Content,
    scale: Scale,
    now: Timestamp,
    said: &mut dyn FnMut(&str, u8),
) -> Result<People> {
    // The demo accounts are members too: together they make the round number.
    let scale = Scale { members: scale.members - ACCOUNTS.len(), ..scale };
    let mut random = Random::new(20_191_016);
    let founded = clock::day(now) - Duration::days(365 * 6);
    said("组织", 4);
    let branches = tree(conn, content, scale, founded)?;
    said("党员", 8);
    let teachers = members(conn, content, scale, &branches, now, founded, &mut random, said)?;
    said("微党校和联盟", 60);
    let school_alliances = schools(conn, content, scale, &branches, founded, &mut random)?;
    said("演示账号", 64);
    let accounts = accounts::make(conn, content, scale, &branches, now, founded)?;
    Ok(People {
        accounts,
        school_alliances,
        teachers,
        members: scale.members,
        schools: scale.schools,
        branches,
    })
}

/// City → committees → some general branches → branches.
fn tree(conn: &mut Conn, content: &Content, scale: Scale, founded: NaiveDate) -> Result<Vec<Branch>> {
    let city = &content.city;
    let mut orgs = vec![];
    let mut places = vec![];
    let mut branches = vec![];
    let mut add = |parent: Option<(i64, &str)>, level, kind, name: String| {
        let id = orgs.len() as i64 + 1;
        let path = format!("{}{id}/", parent.map_or("/", |(_, path)| path));
        if let Some((parent_id, _)) = parent {
            places.push(PlacementRow { org_id: id, parent_id, valid_from: founded });
        }
        orgs.push(OrgRow { id, level, kind, name, path: path.clone(), valid_from: founded });
        (id, path)
    };
    let (root, root_path) = add(None, "city", "agency", format!("{}委员会", city.city));
    let kinds = [("two_new", &city.companies), ("agency", &city.departments), ("two_new", &city.societies)];
    let committees: Vec<(String, &'static str)> = city
        .towns
        .iter()
        .map(|town| (format!("{town}党委"), if town.ends_with("街道") { "community" } else { "rural" }))
        .chain(city.departments.iter().take(20).map(|name| (format!("{name}党委"), "agency")))
        .chain(
            [
                ("两新组织党委", "two_new"),
                ("教育系统党委", "school"),
                ("国资系统党委", "soe"),
                ("离退休干部党委", "retired"),
            ]
            .map(|(n, k)| (n.to_owned(), k)),
        )
        .collect();
    let total = committees.len();
    for (number, (name, kind)) in committees.into_iter().enumerate() {
        let (id, path) = add(Some((root, &root_path)), "committee", kind, name);
        let share = (number + 1) * scale.branches / total - number * scale.branches / total;
        // Larger committees have a general branch between.
        let general = (share >= 20 && matches!(kind, "agency" | "soe" | "school"))
            .then(|| add(Some((id, &path)), "general_branch", kind, format!("第一党总支（{}）", number + 1)));
        for place in 0..share {
            let parent = match &general {
                Some((id, path)) if place % 3 == 0 => (*id, path.as_str()),
                _ => (id, path.as_str()),
            };
            let of = kinds.iter().find(|(known, _)| *known == kind).map(|(_, names)| *names);
            let name = match (kind, of) {
                ("rural" | "community", _) => {
                    let village = &city.villages[(number * 7 + place) % city.villages.len()];
                    let round = (number * 7 + place) / city.villages.len() + place / 12;
                    if round == 0 {
                        format!("{village}党支部")
                    } else {
                        format!("{village}第{}党支部", chinese(round + 1))
                    }
                }
                (_, Some(names)) => {
                    format!("{}第{}党支部", names[(number * 3 + place) % names.len()], chinese(place + 1))
                }
                _ => format!("第{}党支部", chinese(place + 1)),
            };
            let kind = if place % 40 == 39 { "mobile" } else { kind };
            let (branch, _) = add(Some(parent), "branch", kind, name);
            branches.push(Branch { id: branch, committee: id, kind });
        }
    }
    OrgRow::write(conn, &orgs)?;
    PlacementRow::write(conn, &places)?;
    Ok(branches)
}

/// Small numbers in Chinese.
pub(super) fn chinese(n: usize) -> String {
    const DIGITS: [&str; 10] = ["", "一", "二", "三", "四", "五", "六", "七", "八", "九"];
    match (n / 10, n % 10) {
        (0, ones) => DIGITS[ones].into(),
        (1, ones) => format!("十{}", DIGITS[ones]),
        (tens @ 2..=9, ones) => format!("{}十{}", DIGITS[tens], DIGITS[ones]),
        _ => n.to_string(),
    }
}

#[allow(clippy::too_many_arguments)]
fn members(
    conn: &mut Conn,
    content: &Content,
    scale: Scale,
    branches: &[Branch],
    now: Timestamp,
    founded: NaiveDate,
    random: &mut Random,
    said: &mut dyn FnMut(&str, u8),
) -> Result<Vec<(i64, String)>> {
    let year = clock::day(now).year();
    let mut teachers = vec![];
    let steps = 20;
    let mut id = 0_i64;
    for step in 0..steps {
        let (mut persons, mut memberships, mut stages, mut categories) = (vec![], vec![], vec![], vec![]);
        let (mut offices, mut stays) = (vec![], vec![]);
        let from = step * branches.len() / steps;
        let to = (step + 1) * branches.len() / steps;
        for (place, branch) in branches.iter().enumerate().take(to).skip(from) {
            let share = (place + 1) * scale.members / branches.len() - place * scale.members / branches.len();
            for seat in 0..share {
                id += 1;
                let name =
                    format!("{}{}", random.pick(&content.city.surnames), random.pick(&content.city.given));
                let age = match branch.kind {
                    "retired" => 60 + random.below(32),
                    "school" | "two_new" => 22 + random.below(40),
                    _ => 22 + random.below(66),
                };
                let birth_year = year - age as i32;
                let phone = (age < 82 || random.chance(40)).then(|| format!("1380{:07}", id % 10_000_000));
                let sex = Some(if random.chance(34) { "f" } else { "m" });
                persons.push(PersonRow {
                    id,
                    name: name.clone(),
                    sex,
                    birth_year: Some(birth_year),
                    phone,
                    reading_aids: if age > 70 { "large_type" } else { "" },
                    created_at: now,
                });
                memberships.push(MembershipRow {
                    person_id: id,
                    branch_id: branch.id,
                    member_no: format!("D{id:07}"),
                    valid_from: founded,
                });
                let stage = match seat {
                    0..3 => "full",
                    _ if random.chance(94) => "full",
                    _ if random.chance(60) => "probationary",
                    _ if random.chance(40) => "candidate",
                    _ => "activist",
                };
                if stage == "full" && random.chance(3) {
                    let turned = founded + Duration::days(400 + random.below(900) as i64);
                    stages.push(StageRow {
                        person_id: id,
                        stage: "probationary",
                        may_vote: false,
                        valid_from: founded,
                        valid_to: Some(turned),
                    });
                    stages.push(StageRow {
                        person_id: id,
                        stage,
                        may_vote: true,
                        valid_from: turned,
                        valid_to: None,
                    });
                } else {
                    stages.push(StageRow {
                        person_id: id,
                        stage,
                        may_vote: stage == "full",
                        valid_from: founded,
                        valid_to: None,
                    });
                }
                let main = match branch.kind {
                    "rural" | "community" => "rural_community",
                    "two_new" => "two_new",
                    "retired" => "retired",
                    _ => "in_service",
                };
                let main = if age >= 62 { "retired" } else { main };
                categories.push(CategoryRow { person_id: id, category: main, valid_from: founded });
                if branch.kind == "mobile" || random.chance(3) {
                    categories.push(CategoryRow { person_id: id, category: "mobile", valid_from: founded });
                    if random.chance(70) {
                        let host = &branches[random.below(branches.len())];
                        if host.id != branch.id {
                            stays.push(StayRow {
                                person_id: id,
                                host_branch_id: host.id,
                                card_no: format!("L{id:06}"),
                                valid_from: founded,
                            });
                        }
                    }
                }
                let office = ["secretary", "org_member", "publicity_member"]
                    .get(seat)
                    .copied()
                    .filter(|_| share > 5 || seat == 0);
                if let Some(office) = office {
                    offices.push(OfficeRow { person_id: id, org_id: branch.id, office, valid_from: founded });
                }
                if seat < 2 {
                    teachers.push((id, name));
                }
            }
            // The head of the unit belongs to the key few.
            if place % 40 == 0 && share > 3 {
                offices.push(OfficeRow {
                    person_id: id,
                    org_id: branch.committee,
                    office: "unit_head",
                    valid_from: founded,
                });
                categories.push(CategoryRow { person_id: id, category: "key_few", valid_from: founded });
            }
        }
        PersonRow::write(conn, &persons)?;
        MembershipRow::write(conn, &memberships)?;
        StageRow::write(conn, &stages)?;
        CategoryRow::write(conn, &categories)?;
        OfficeRow::write(conn, &offices)?;
        StayRow::write(conn, &stays)?;
        said("党员", 8 + (step * 52 / steps) as u8);
    }
    Ok(teachers)
}

/// Schools with their hosts and alliances; returns each school's primary alliance.
fn schools(
    conn: &mut Conn,
    content: &Content,
    scale: Scale,
    branches: &[Branch],
    founded: NaiveDate,
    random: &mut Random,
) -> Result<Vec<i64>> {
    let city = &content.city;
    let (mut schools, mut served, mut joined) = (vec![], vec![], vec![]);
    let mut counts = vec![0; city.alliances.len()];
    let mut primaries = vec![];
    for number in 0..scale.schools {
        let id = number as i64 + 1;
        let host = &branches[number * branches.len() / scale.schools];
        let town = &city.towns[number % city.towns.len()];
        let village = &city.villages[number % city.villages.len()];
        let place = &city.school_places[number % city.school_places.len()];
        let round = number / city.villages.len();
        let suffix = if round == 0 { String::new() } else { format!("（{}）", chinese(round + 1)) };
        schools.push(SchoolRow {
            id,
            name: format!("{village}{place}微党校{suffix}"),
            host_org_id: host.id,
            address: format!("{town}{village}{place}"),
            seats: 20 + 5 * random.below(17) as i32,
            has_screen: random.chance(72),
            opening_hours: [
                "周一至周五 9:00–17:00",
                "每天 8:30–20:00",
                "周三、周六下午，其余时间预约",
                "晚上 19:00–21:00，周末全天",
            ][random.below(4)],
            contact: format!("028-0000-{:04}", number % 10_000),
            lecture_count: 0,
            valid_from: founded,
        });
        let last = ((number + 1) * branches.len() / scale.schools)
            .max(number * branches.len() / scale.schools + 1)
            .min(branches.len());
        for branch in &branches[number * branches.len() / scale.schools..last] {
            // Where there are more schools than branches, a branch's first school is its own.
            let is_primary = served.iter().all(|one: &SchoolBranchRow| one.branch_id != branch.id);
            served.push(SchoolBranchRow {
                school_id: id,
                branch_id: branch.id,
                valid_from: founded,
                is_primary,
            });
        }
        let primary = number % city.alliances.len();
        joined.push(AllianceSchoolRow {
            alliance_id: primary as i64 + 1,
            school_id: id,
            is_primary: true,
            valid_from: founded,
        });
        counts[primary] += 1;
        primaries.push(primary as i64 + 1);
        let other = random.below(city.alliances.len());
        if random.chance(35) && other != primary {
            joined.push(AllianceSchoolRow {
                alliance_id: other as i64 + 1,
                school_id: id,
                is_primary: false,
                valid_from: founded,
            });
            counts[other] += 1;
        }
    }
    let alliances: Vec<_> = city
        .alliances
        .iter()
        .zip(&counts)
        .enumerate()
        .map(|(place, (one, count))| AllianceRow {
            id: place as i64 + 1,
            name: one.name.clone(),
            kind: one.kind.clone(),
            intro: one.intro.clone(),
            school_count: *count,
        })
        .collect();
    AllianceRow::write(conn, &alliances)?;
    SchoolRow::write(conn, &schools)?;
    SchoolBranchRow::write(conn, &served)?;
    AllianceSchoolRow::write(conn, &joined)?;
    Ok(primaries)
}
