//! From the bytes of a file to rows of words, and from words to values: dates, years, telephones (pure).
use crate::lang::Message;
use crate::msg;
pub use crate::roster::plain::{half, phone, squeezed};
use crate::web::sheet;
use chrono::{Datelike, Duration, NaiveDate};

/// The largest file, in bytes: 36,000 members as CSV have some 4 MB.
pub const LARGEST: usize = 16 * 1024 * 1024;
/// The longest text of a cell that is kept, in characters.
pub const LONGEST: usize = 500;

/// How a text file is written, where the reader says so.
pub const ENCODINGS: [&str; 4] = ["utf-8", "gb18030", "gbk", "utf-16"];

/// The rows of a file, trimmed.
///
/// # Errors
/// Why it cannot be read, in a sentence.
pub fn rows(bytes: &[u8]) -> Result<Vec<Vec<String>>, Message> {
    let mut rows = sheet::read_up_to(bytes, LARGEST)?;
    for row in &mut rows {
        for cell in row.iter_mut() {
            *cell = tidy(cell);
        }
        while row.last().is_some_and(String::is_empty) {
            row.pop();
        }
    }
    while rows.last().is_some_and(Vec::is_empty) {
        rows.pop();
    }
    Ok(rows)
}

/// A text in UTF-8, where it is said how the file is written; a spreadsheet as it is.
///
/// # Errors
/// That there is no such encoding, or that it is not written so.
pub fn as_utf8(bytes: Vec<u8>, encoding: Option<&str>) -> Result<Vec<u8>, Message> {
    let Some(name) = encoding.filter(|_| !bytes.starts_with(b"PK")) else { return Ok(bytes) };
    let known = encoding_rs::Encoding::for_label(name.as_bytes())
        .ok_or_else(|| msg!("没有 {} 这种编码。可以写：{}", name, ENCODINGS.join(" ")))?;
    let (text, _, is_broken) = known.decode(&bytes);
    if is_broken { Err(msg!("文件不是 {} 编码。", name)) } else { Ok(text.into_owned().into_bytes()) }
}

/// Without the spaces around it, and without the mark that keeps a spreadsheet from computing it.
fn tidy(cell: &str) -> String {
    let cell = cell.trim_matches(|c: char| c.is_whitespace() || c == '\u{FEFF}' || c == '\u{200B}');
    let guarded = cell.strip_prefix('\'').filter(|rest| rest.starts_with(['=', '+', '-', '@', '\'']));
    guarded.unwrap_or(cell).to_owned()
}

/// What a spreadsheet would take for a formula gets a mark before it, which [`rows`] takes away.
pub fn guarded(cell: &str) -> String {
    if cell.starts_with(['=', '+', '-', '@']) || cell.starts_with("'=") || cell.starts_with("''") {
        format!("'{cell}")
    } else {
        cell.to_owned()
    }
}

/// Blanks of any kind as one, and none around.
pub fn spaced(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Whether a cell says what is kept already: it may have been written as it is, or as `tidy` leaves it, and spreadsheets make
/// others of blanks. Nobody changes blanks alone by a list.
pub fn is_same(kept: &str, cell: &str) -> bool {
    spaced(kept) == spaced(cell) || spaced(&tidy(kept)) == spaced(cell)
}

/// A name: short names are often spread out with spaces; names in letters keep theirs.
pub fn name(text: &str) -> String {
    let text = tidy(text);
    let is_letter = |c: char| c.is_ascii_alphabetic();
    if half(&text).chars().any(is_letter) {
        spaced(&half(&text))
    } else {
        text.chars().filter(|c| !c.is_whitespace()).collect()
    }
}

/// The words of a cell that holds several.
pub fn several(text: &str) -> Vec<String> {
    let parts = text.split(['、', '，', ',', ';', '；', '\n', '|']).map(str::trim);
    parts.filter(|part| !part.is_empty()).map(str::to_owned).collect()
}

/// Whether the cell says that there is nothing: an empty one says nothing at all.
pub fn is_none(text: &str) -> bool {
    matches!(text, "无" | "-" | "—" | "——" | "/" | "没有" | "none")
}

/// A day: `2019-07-01`, `2019.7.1`, `2019/7/1`, `2019年7月1日`, `20190701`, or the number by which a spreadsheet keeps it.
pub fn date(text: &str) -> Option<NaiveDate> {
    let text = half(text);
    // A time of the day may stand behind it.
    let day = text.trim().rsplit_once(char::is_whitespace).filter(|(_, time)| time.contains(':'));
    let text = squeezed(day.map_or(&text, |(day, _)| day));
    let text = text.split('T').next().unwrap_or_default();
    let all_digits = text.bytes().all(|b| b.is_ascii_digit());
    if all_digits && text.len() == 8 {
        return NaiveDate::parse_from_str(text, "%Y%m%d").ok().filter(is_likely);
    }
    let whole = text.split_once('.').filter(|(days, _)| days.len() == 5).map_or(text, |(days, _)| days);
    if whole.len() == 5 && whole.bytes().all(|b| b.is_ascii_digit()) {
        // The first of them is 1900-01-01; the 29th of February of that year, which never was, is counted too.
        let days = whole.parse::<i64>().ok().filter(|days| *days > 60)?;
        return NaiveDate::from_ymd_opt(1899, 12, 30)?
            .checked_add_signed(Duration::days(days))
            .filter(is_likely);
    }
    let parts: Vec<&str> =
        text.split(['-', '.', '/', '年', '月', '日', '号', '—']).filter(|part| !part.is_empty()).collect();
    let [year, month, day] = parts.as_slice() else { return None };
    NaiveDate::from_ymd_opt(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?).filter(is_likely)
}

fn is_likely(day: &NaiveDate) -> bool {
    (1900..2200).contains(&day.year())
}

/// The year of a birth, from a year, a month or a day.
pub fn birth_year(text: &str, this_year: i32) -> Option<i32> {
    let said = squeezed(text);
    let year = said.trim_end_matches(['年', '生']);
    let fits = |year: &i32| (1900..=this_year).contains(year);
    if year.len() == 4 && year.bytes().all(|b| b.is_ascii_digit()) {
        return year.parse().ok().filter(fits);
    }
    if let Some(day) = date(&said) {
        return Some(day.year()).filter(fits);
    }
    // A year and a month: 1968-03, 1968.3, 1968年3月, 196803
    let digits = said.get(..4)?;
    let rest = said.get(4..)?.trim_matches(['-', '.', '/', '年', '月']);
    let month: u32 = rest.parse().ok()?;
    digits.parse().ok().filter(fits).filter(|_| (1..=12).contains(&month))
}

/// Whether it may be kept as one line of text.
pub fn is_text(text: &str) -> bool {
    !text.chars().any(|c| c.is_control() && c != '\n' && c != '\t') && text.chars().count() <= LONGEST
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_read_as_people_and_spreadsheets_write_them() {
        let day = NaiveDate::from_ymd_opt(2019, 7, 1);
        for text in [
            "2019-07-01",
            "2019-7-1",
            "2019.7.1",
            "2019/07/01",
            "2019年7月1日",
            "２０１９年７月１日",
            "20190701",
            "43647",
            "43647.5",
            " 2019 年 7 月 1 日 ",
            "2019-07-01 00:00:00",
            "2019-07-01T00:00:00",
            "2019年07月01号",
        ] {
            assert_eq!(date(text), day, "{text}");
        }
        for text in ["", "2019", "2019-13-01", "2019-02-30", "昨天", "7.1", "12", "99999999", "1.2.3.4"] {
            assert_eq!(date(text), None, "{text}");
        }
    }

    #[test]
    fn of_a_birth_only_the_year_is_kept() {
        for text in
            ["1968", "1968年", "1968-03-15", "1968.3", "1968年3月", "196803", "19680315", "24912", "１９６８"]
        {
            assert_eq!(birth_year(text, 2026), Some(1968), "{text}");
        }
        for text in ["", "68", "2027", "1868", "1968-13", "不详"] {
            assert_eq!(birth_year(text, 2026), None, "{text}");
        }
    }

    #[test]
    fn names_lose_only_what_was_typed_around_them() {
        assert_eq!(name("沈　谷"), "沈谷");
        assert_eq!(name("阿依古丽·买买提"), "阿依古丽·买买提");
        assert_eq!(name("Anna  Li"), "Anna Li");
        assert_eq!(name("𠮷㛃𬭎"), "𠮷㛃𬭎");
        assert_eq!(several("在职、流动，学生"), ["在职", "流动", "学生"]);
    }

    #[test]
    fn rare_characters_survive_every_encoding() {
        let text = "姓名,编号\n𠮷野㛃·𪚥,D1\n";
        let gb = encoding_rs::GB18030.encode(text).0.into_owned();
        let marked = [b"\xEF\xBB\xBF".as_slice(), text.as_bytes()].concat();
        for bytes in [text.as_bytes(), &marked, &gb] {
            assert_eq!(rows(bytes).unwrap()[1], ["𠮷野㛃·𪚥", "D1"]);
        }
        assert_eq!(as_utf8(gb.clone(), Some("gb18030")).unwrap(), text.as_bytes());
        assert!(as_utf8(gb.clone(), Some("utf-8")).is_err());
        assert!(as_utf8(gb, Some("klingon")).is_err());
        for divided in ["姓名;编号\n林秋实;D1", "姓名\t编号\n林秋实\tD1"] {
            assert_eq!(rows(divided.as_bytes()).unwrap()[1], ["林秋实", "D1"]);
        }
    }

    #[test]
    fn what_is_kept_is_the_same_whatever_a_spreadsheet_made_of_its_blanks() {
        for (kept, cell) in [
            ("无", "无"),
            ("河东　第一  支部", "河东 第一 支部"),
            ("一行\n\n二行", "一行\r\n \n二行"),
            ("\u{200B}甲", "甲"),
            ("'-5", "-5"),
            ("'=x", "'=x"),
            ("", ""),
        ] {
            assert!(is_same(kept, cell), "{kept:?} {cell:?}");
        }
        assert!(!is_same("第1支部", "第１支部") && !is_same("无", "") && !is_same("", "无"));
    }

    #[test]
    fn what_looks_like_a_formula_comes_back_as_it_was() {
        for text in ["=1+1", "+86138", "-", "@x", "'=x", "普通", "''x", "O'Neil"] {
            assert_eq!(tidy(&guarded(text)), text);
        }
    }
}
