//! Keys of records, one type each, so that a branch is never taken for a lecture; and random words.

/// Declares the key types.
macro_rules! ids {
    ($($(#[$about:meta])* $name:ident),* $(,)?) => {$(
        $(#[$about])*
        #[derive(diesel_derive_newtype::DieselNewType, serde::Deserialize, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        pub struct $name(pub i64);
        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.fmt(f)
            }
        }
    )*};
}

ids! {
    OrgId, PersonId, AccountId, SchoolId, AllianceId, TopicId, InstructorId, MediaId, LectureId, QuestionId,
    BookletId, FeedbackId, SettingChangeId, RecordingId, JobId, ReviewId, BaseId, CalendarId, CaseId, NoticeId, EventId,
    AttendanceId, CourseId, ItemId, OfferingId, QuotaId, EnrolmentId, RecordId, BankId, BankQuestionId, TestId, AttemptId,
    ChapterId, AttachmentId, CompletionId, ContestId, RoundId, EntryId, JudgeId, AssignmentId,
    RankingId, SnapshotId,
    WebhookId, AnnouncementId, DeliveryId, BroadcastId, BroadcastItemId,
    ScreeningId, ConfirmationId, ChannelRecordId, KioskId, GoldId, AudienceId, StudyPlanId, ExemptionId, ErrandId, TransferId, ImportId, SheetId, GuidanceGroupId, GuidancePlanId, GuidanceVisitId, FindingId, PrintEditionId, CopyMoveId,
}

/// `bytes` random bytes from the operating system, in lower-case hexadecimal.
///
/// # Panics
/// If the operating system has no random numbers: nothing safe can be done then.
pub fn random_hex(bytes: usize) -> String {
    let mut raw = vec![0; bytes];
    getrandom::fill(&mut raw).expect("the operating system gives random numbers");
    hex(&raw)
}

/// `length` random characters that are told apart on paper and over the telephone: no 0 O 1 I L.
///
/// # Panics
/// As [`random_hex`].
pub fn random_code(length: usize) -> String {
    const ALPHABET: &[u8; 32] = b"23456789ABCDEFGHJKMNPQRSTUVWXYZ2";
    let mut code = String::new();
    let mut raw = [0; 1];
    while code.len() < length {
        getrandom::fill(&mut raw).expect("the operating system gives random numbers");
        // 31 distinct characters: the last place would draw "2" twice as often, so it is drawn again
        match usize::from(raw[0] & 31) {
            31 => {}
            place => code.push(char::from(ALPHABET[place])),
        }
    }
    code
}

/// Six characters of [`random_code`]'s kind that name a request: never twice among 887 million of one process. Cheaper
/// than random ones, and no secret.
pub fn request_id() -> String {
    use std::sync::LazyLock;
    use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
    const ALPHABET: &[u8; 31] = b"23456789ABCDEFGHJKMNPQRSTUVWXYZ";
    const ALL: u64 = 31_u64.pow(6);
    static NEXT: LazyLock<AtomicU64> = LazyLock::new(|| {
        let start = u64::from_str_radix(&random_hex(7), 16).unwrap_or_default();
        AtomicU64::new(start)
    });
    // A factor without a common divisor with 31 visits every number once before it repeats.
    let mut number = (NEXT.fetch_add(1, Relaxed) % ALL) * 412_316_861 % ALL;
    let mut id = String::with_capacity(6);
    for _ in 0..6 {
        id.push(char::from(ALPHABET[(number % 31) as usize]));
        number /= 31;
    }
    id
}

/// Lower-case hexadecimal of `bytes`.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// SHA-256 of `text`, in hexadecimal.
pub fn digest(text: &str) -> String {
    use sha2::Digest;
    hex(&sha2::Sha256::digest(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_has_its_length_and_only_clear_characters() {
        let code = random_code(200);
        assert_eq!(code.len(), 200);
        assert!(!code.contains(['0', 'O', '1', 'I', 'L']), "{code}");
        assert_ne!(random_code(12), random_code(12));
    }

    #[test]
    fn requests_have_names_of_their_own() {
        let some: std::collections::HashSet<_> = (0..10_000).map(|_| request_id()).collect();
        assert_eq!(some.len(), 10_000);
        assert!(some.iter().all(|id| id.len() == 6 && !id.contains(['0', 'O', '1', 'I', 'L'])));
    }

    #[test]
    fn a_digest_is_sha_256() {
        assert_eq!(digest("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    }
}
