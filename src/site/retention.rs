//! How long what is not needed any more is kept, in days: settings with their defaults and floors. domain.md §6.
use super::Setting;

/// The settings of retention, in the order of the page.
pub const RETENTION: [Setting; 9] = [
    Setting::RetentionViews,
    Setting::RetentionRatingKeys,
    Setting::RetentionCaseTexts,
    Setting::RetentionEnrolmentTexts,
    Setting::RetentionSignIns,
    Setting::RetentionNotices,
    Setting::RetentionCopyReasons,
    Setting::RetentionContacts,
    Setting::RetentionUploads,
];

impl Setting {
    /// Of a setting of retention: the days where nothing is set, and the fewest that may be set. Views and keys are domain.md's;
    /// records of sign-ins are kept half a year at least; the others are our own.
    pub(super) const fn retention(self) -> Option<(i64, i64)> {
        Some(match self {
            Setting::RetentionViews => (365, 30),
            Setting::RetentionRatingKeys => (180, 30),
            Setting::RetentionCaseTexts => (1_095, 365),
            Setting::RetentionEnrolmentTexts => (365, 90),
            Setting::RetentionSignIns => (180, 180),
            Setting::RetentionNotices => (365, 90),
            Setting::RetentionCopyReasons => (1_095, 365),
            Setting::RetentionContacts => (365, 30),
            Setting::RetentionUploads => (30, 7),
            _ => return None,
        })
    }
}
