//! The demo accounts and their persons.
use super::content::Content;
use super::people::{BRANCH_OF_MEMBER, BRANCH_OF_MEMBER2, Branch};
use super::store::*;
use super::{ACCOUNTS, PASSWORD, Scale};
use crate::access::ScopeKind;
use crate::accounts::passwords::hash_now;
use crate::clock::Timestamp;
use crate::db::Conn;
use crate::error::Result;
use chrono::NaiveDate;

/// The demo accounts and their persons, who are members like the others.
pub fn make(
    conn: &mut Conn,
    content: &Content,
    scale: Scale,
    branches: &[Branch],
    now: Timestamp,
    founded: NaiveDate,
) -> Result<Vec<(i64, i64)>> {
    const NAMES: [&str; 27] = [
        "林秋实",
        "沈若谷",
        "高德泉",
        "罗远行",
        "周明澜",
        "许知远川",
        "郑晓岚",
        "钟文博",
        "蒋一鸣",
        "邓雨禾",
        "曹子衿",
        "彭立新",
        "袁少平",
        "董清和",
        "程思齐",
        "魏国栋梁",
        "夏书瑶",
        "潘承志",
        "秦守田",
        "尤佳禾",
        "贺建业",
        "范小满",
        "石青山",
        "廖同舟",
        "万里行",
        "江正清",
        "白朗月",
    ];
    let (mut persons, mut memberships, mut stages, mut categories, mut rows, mut grants) =
        (vec![], vec![], vec![], vec![], vec![], vec![]);
    let mut offices = vec![];
    let mut made = vec![];
    for (place, account) in ACCOUNTS.iter().enumerate() {
        let person = scale.members as i64 + 1 + place as i64;
        let id = place as i64 + 1;
        let (branch, category) = match account.name {
            "member" | "secretary" | "clerk" => (BRANCH_OF_MEMBER, "rural_community"),
            "member2" | "secretary2" => (BRANCH_OF_MEMBER2, "rural_community"),
            "elder" => (BRANCH_OF_MEMBER, "retired"),
            "mobile" => (BRANCH_OF_MEMBER, "mobile"),
            _ => (branches.len() - 1 - place, "in_service"),
        };
        let branch = &branches[branch.min(branches.len() - 1)];
        persons.push(PersonRow {
            id: person,
            name: if account.name == "instructor" {
                content.city.gold[0].name.clone()
            } else {
                NAMES[place].to_owned()
            },
            sex: None,
            birth_year: None,
            phone: Some(format!("1390000{place:04}")),
            reading_aids: if account.name == "elder" { "large_type" } else { "" },
            created_at: now,
        });
        memberships.push(MembershipRow {
            person_id: person,
            branch_id: branch.id,
            member_no: format!("D{person:07}"),
            valid_from: founded,
        });
        stages.push(StageRow {
            person_id: person,
            stage: "full",
            may_vote: true,
            valid_from: founded,
            valid_to: None,
        });
        categories.push(CategoryRow { person_id: person, category, valid_from: founded });
        if account.name.starts_with("secretary") {
            offices.push(OfficeRow {
                person_id: person,
                org_id: branch.id,
                office: "deputy",
                valid_from: founded,
            });
        }
        rows.push(AccountRow {
            id,
            person_id: person,
            username: account.name,
            password_hash: hash_now(PASSWORD),
            password_set_at: now,
            created_at: now,
        });
        if let Some((role, scope)) = account.role {
            let scope_id = match scope {
                ScopeKind::Branch => Some(branch.id),
                ScopeKind::Committee => Some(branches[BRANCH_OF_MEMBER].committee),
                ScopeKind::Alliance => Some(1),
                _ => None,
            };
            grants.push(GrantRow {
                account_id: id,
                role: role.as_str(),
                scope_kind: scope.as_str(),
                scope_id,
                granted_at: now,
            });
        }
        made.push((id, person));
    }
    PersonRow::write(conn, &persons)?;
    MembershipRow::write(conn, &memberships)?;
    StageRow::write(conn, &stages)?;
    CategoryRow::write(conn, &categories)?;
    OfficeRow::write(conn, &offices)?;
    let mobile = made[3].1;
    StayRow::write(
        conn,
        &[StayRow {
            person_id: mobile,
            host_branch_id: branches[BRANCH_OF_MEMBER2.min(branches.len() - 1)].id,
            card_no: format!("L{mobile:06}"),
            valid_from: founded,
        }],
    )?;
    AccountRow::write(conn, &rows)?;
    GrantRow::write(conn, &grants)?;
    Ok(made)
}
