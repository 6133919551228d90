//! The tables, as Diesel sees them. Held equal to both migration folders by `tests/portal/migrations.rs`.

/// Lets two tables stand in one query: the first with each of those behind it. Diesel's own macro does so for every two of a list,
/// in a dozen combinations with PostgreSQL's `ONLY` and `TABLESAMPLE`; with this many tables most of the time of a build went into
/// looking through them. Whoever joins two tables for the first time adds the pair below: the compiler says which.
macro_rules! together {
    ($($left:ident: $($right:ident)+;)+) => {$($(
        impl diesel::query_source::TableNotEqual<$left::table> for $right::table {}
        impl diesel::query_source::TableNotEqual<$right::table> for $left::table {}
    )+)+};
}

diesel::table! {
    orgs (id) {
        id -> BigInt,
        level -> Text,
        kind -> Text,
        name -> Text,
        path -> Text,
        valid_from -> Date,
        valid_to -> Nullable<Date>,
    }
}
diesel::table! {
    org_placements (id) {
        id -> BigInt,
        org_id -> BigInt,
        parent_id -> BigInt,
        valid_from -> Date,
        valid_to -> Nullable<Date>,
    }
}
diesel::table! {
    persons (id) {
        id -> BigInt,
        name -> Text,
        sex -> Nullable<Text>,
        birth_year -> Nullable<Integer>,
        phone -> Nullable<Text>,
        reading_aids -> Text,
        created_at -> Timestamp,
    }
}
diesel::table! {
    memberships (id) {
        id -> BigInt,
        person_id -> BigInt,
        branch_id -> BigInt,
        member_no -> Text,
        valid_from -> Date,
        valid_to -> Nullable<Date>,
    }
}
diesel::table! {
    membership_stages (id) {
        id -> BigInt,
        person_id -> BigInt,
        stage -> Text,
        may_vote -> Bool,
        valid_from -> Date,
        valid_to -> Nullable<Date>,
    }
}
diesel::table! {
    member_categories (id) {
        id -> BigInt,
        person_id -> BigInt,
        category -> Text,
        valid_from -> Date,
        valid_to -> Nullable<Date>,
    }
}
diesel::table! {
    office_terms (id) {
        id -> BigInt,
        person_id -> BigInt,
        org_id -> BigInt,
        office -> Text,
        valid_from -> Date,
        valid_to -> Nullable<Date>,
    }
}
diesel::table! {
    host_stays (id) {
        id -> BigInt,
        person_id -> BigInt,
        host_branch_id -> BigInt,
        card_no -> Text,
        valid_from -> Date,
        valid_to -> Nullable<Date>,
    }
}
diesel::table! {
    titles (id) {
        id -> BigInt,
        person_id -> BigInt,
        title -> Text,
        source -> Text,
        valid_from -> Date,
        valid_to -> Date,
    }
}
diesel::table! {
    alliances (id) {
        id -> BigInt,
        name -> Text,
        kind -> Text,
        intro -> Text,
        school_count -> Integer,
    }
}
diesel::table! {
    schools (id) {
        id -> BigInt,
        name -> Text,
        host_org_id -> BigInt,
        address -> Text,
        seats -> Integer,
        has_screen -> Bool,
        opening_hours -> Text,
        contact -> Text,
        lecture_count -> Integer,
        valid_from -> Date,
        valid_to -> Nullable<Date>,
    }
}
diesel::table! {
    school_branches (id) {
        id -> BigInt,
        school_id -> BigInt,
        branch_id -> BigInt,
        valid_from -> Date,
        valid_to -> Nullable<Date>,
        is_primary -> Bool,
    }
}
diesel::table! {
    alliance_schools (id) {
        id -> BigInt,
        alliance_id -> BigInt,
        school_id -> BigInt,
        is_primary -> Bool,
        valid_from -> Date,
        valid_to -> Nullable<Date>,
    }
}
diesel::table! {
    setting_changes (id) {
        id -> BigInt,
        name -> Text,
        value -> Text,
        valid_from -> Date,
        proposed_by -> Nullable<BigInt>,
        proposed_at -> Timestamp,
        verdict -> Nullable<Text>,
        decided_by -> Nullable<BigInt>,
        decided_at -> Nullable<Timestamp>,
    }
}
diesel::table! {
    secrets (name) {
        name -> Text,
        value -> Text,
    }
}
diesel::table! {
    accounts (id) {
        id -> BigInt,
        person_id -> BigInt,
        username -> Text,
        password_hash -> Nullable<Text>,
        password_set_at -> Nullable<Timestamp>,
        created_at -> Timestamp,
        closed_at -> Nullable<Timestamp>,
    }
}
diesel::table! {
    grants (id) {
        id -> BigInt,
        account_id -> BigInt,
        role -> Text,
        scope_kind -> Text,
        scope_id -> Nullable<BigInt>,
        granted_by -> Nullable<BigInt>,
        granted_at -> Timestamp,
        ended_by -> Nullable<BigInt>,
        ended_at -> Nullable<Timestamp>,
    }
}
diesel::table! {
    one_time_codes (id) {
        id -> BigInt,
        account_id -> BigInt,
        code_hash -> Text,
        issued_by -> Nullable<BigInt>,
        issued_at -> Timestamp,
        expires_at -> Timestamp,
        used_at -> Nullable<Timestamp>,
    }
}
diesel::table! {
    sessions (id) {
        id -> Text,
        account_id -> Nullable<BigInt>,
        state -> Text,
        device -> Text,
        agent -> Text,
        created_at -> Timestamp,
        seen_at -> Timestamp,
    }
}
diesel::table! {
    throttles (key) {
        key -> Text,
        failures -> Integer,
        last_at -> Timestamp,
    }
}
diesel::table! {
    second_factors (account_id) {
        account_id -> BigInt,
        secret -> Text,
        set_at -> Timestamp,
        last_step -> BigInt,
    }
}
diesel::table! {
    recovery_codes (account_id, code_hash) {
        account_id -> BigInt,
        code_hash -> Text,
        used_at -> Nullable<Timestamp>,
    }
}
diesel::table! {
    disk_samples (day) {
        day -> Date,
        database_bytes -> BigInt,
        media_bytes -> BigInt,
        free_bytes -> BigInt,
    }
}
diesel::table! {
    audit_entries (id) {
        id -> BigInt,
        at -> Timestamp,
        request_id -> Text,
        actor_id -> Nullable<BigInt>,
        for_person_id -> Nullable<BigInt>,
        action -> Text,
        subject_kind -> Text,
        subject_id -> Nullable<BigInt>,
    }
}
diesel::table! {
    topics (id) {
        id -> BigInt,
        slug -> Text,
        name -> Text,
        name_en -> Text,
        intro -> Text,
        position -> Integer,
    }
}
diesel::table! {
    instructors (id) {
        id -> BigInt,
        person_id -> BigInt,
        name -> Text,
        unit -> Text,
        intro -> Text,
        agreed_at -> Timestamp,
        lecture_count -> Integer,
    }
}
diesel::table! {
    media (id) {
        id -> BigInt,
        video_file -> Text,
        audio_file -> Text,
        duration_ms -> Integer,
        width -> Integer,
        height -> Integer,
    }
}
diesel::table! {
    cues (media_id, position) {
        media_id -> BigInt,
        position -> Integer,
        start_ms -> Integer,
        end_ms -> Integer,
        text -> Text,
    }
}
diesel::table! {
    media_chapters (media_id, position) {
        media_id -> BigInt,
        position -> Integer,
        start_ms -> Integer,
        title -> Text,
    }
}
diesel::table! {
    lectures (id) {
        id -> BigInt,
        title -> Text,
        summary -> Text,
        topic_id -> BigInt,
        school_id -> Nullable<BigInt>,
        alliance_id -> Nullable<BigInt>,
        media_id -> Nullable<BigInt>,
        cover -> Text,
        source -> Text,
        visibility -> Text,
        stage -> Text,
        rights_ok -> Bool,
        version -> Integer,
        duration_ms -> Integer,
        uploaded_by -> BigInt,
        created_at -> Timestamp,
        published_at -> Nullable<Timestamp>,
    }
}
diesel::table! {
    lecture_instructors (lecture_id, instructor_id) {
        lecture_id -> BigInt,
        instructor_id -> BigInt,
        position -> Integer,
    }
}
diesel::table! {
    lecture_reviews (id) {
        id -> BigInt,
        lecture_id -> BigInt,
        version -> Integer,
        reviewer_id -> BigInt,
        verdict -> Text,
        reviewed_at -> Timestamp,
    }
}
diesel::table! {
    handouts (id) {
        id -> BigInt,
        lecture_id -> BigInt,
        position -> Integer,
        title -> Text,
        file -> Text,
        bytes -> Integer,
    }
}
diesel::table! {
    questions (id) {
        id -> BigInt,
        lecture_id -> BigInt,
        person_id -> BigInt,
        acted_by -> Nullable<BigInt>,
        text -> Text,
        asked_at -> Timestamp,
        idem_key -> Text,
        answer -> Nullable<Text>,
        answered_by -> Nullable<BigInt>,
        answered_at -> Nullable<Timestamp>,
    }
}
diesel::table! {
    booklets (id) {
        id -> BigInt,
        slug -> Text,
        title -> Text,
        kind -> Text,
        intro -> Text,
        cover -> Text,
        style -> Integer,
        visibility -> Text,
        stage -> Text,
        version -> Integer,
        author_id -> BigInt,
        position -> Integer,
        chapter_count -> Integer,
        published_at -> Nullable<Timestamp>,
        archived_at -> Nullable<Timestamp>,
        reason -> Text,
    }
}
diesel::table! {
    booklet_lengths (id) {
        id -> BigInt,
        booklet_id -> BigInt,
        chapters -> Integer,
        since -> Timestamp,
    }
}
diesel::table! {
    booklet_chapters (id) {
        id -> BigInt,
        booklet_id -> BigInt,
        position -> Integer,
        title -> Text,
        body -> Text,
    }
}
diesel::table! {
    booklet_reviews (id) {
        id -> BigInt,
        booklet_id -> BigInt,
        version -> Integer,
        reviewer_id -> BigInt,
        verdict -> Text,
        reviewed_at -> Timestamp,
    }
}
diesel::table! {
    reading_positions (person_id, booklet_id) {
        person_id -> BigInt,
        booklet_id -> BigInt,
        position -> Integer,
        kept_at -> Timestamp,
    }
}
diesel::table! {
    bases (id) {
        id -> BigInt,
        slug -> Text,
        kind -> Text,
        name -> Text,
        topic_id -> BigInt,
        intro -> Text,
        body -> Text,
        district -> Text,
        capacity -> Integer,
        hours -> Text,
        route -> Text,
        access_note -> Text,
        cover -> Text,
        position -> Integer,
    }
}
diesel::table! {
    stories (id) {
        id -> BigInt,
        slug -> Text,
        person_name -> Text,
        field -> Text,
        post -> Text,
        title -> Text,
        lead -> Text,
        body -> Text,
        cover -> Text,
        agreed_at -> Timestamp,
        published_at -> Timestamp,
        position -> Integer,
    }
}
diesel::table! {
    feedback (id) {
        id -> BigInt,
        kind -> Text,
        text -> Text,
        contact -> Text,
        about_path -> Text,
        account_id -> Nullable<BigInt>,
        for_person_id -> Nullable<BigInt>,
        sent_at -> Timestamp,
        idem_key -> Text,
        handled_by -> Nullable<BigInt>,
        handled_at -> Nullable<Timestamp>,
    }
}
diesel::table! {
    search_documents (id) {
        id -> BigInt,
        kind -> Text,
        ref_id -> BigInt,
        topic_id -> Nullable<BigInt>,
        duration_ms -> Nullable<Integer>,
        is_public -> Bool,
        title -> Text,
        body -> Text,
    }
}
diesel::table! {
    search_pending (id) {
        id -> BigInt,
        kind -> Text,
        ref_id -> BigInt,
    }
}
diesel::table! {
    generations (name) {
        name -> Text,
        n -> BigInt,
    }
}
diesel::table! {
    streams (media_id) {
        media_id -> BigInt,
        folder -> Text,
        has_hls -> Bool,
        heights -> Text,
        has_sound -> Bool,
        posters -> Integer,
        poster -> Integer,
        story_every_ms -> Integer,
        story_tiles -> Integer,
    }
}
diesel::table! {
    uploads (id) {
        id -> Text,
        account_id -> BigInt,
        lecture_id -> Nullable<BigInt>,
        length -> Nullable<BigInt>,
        metadata -> Text,
        name -> Text,
        fingerprint -> Text,
        place -> Text,
        concat -> Text,
        state -> Text,
        created_at -> Timestamp,
        expires_at -> Timestamp,
    }
}
diesel::table! {
    recordings (id) {
        id -> BigInt,
        lecture_id -> BigInt,
        number -> Integer,
        folder -> Text,
        upload_id -> Text,
        has_original -> Bool,
        name -> Text,
        bytes -> BigInt,
        state -> Text,
        step -> Text,
        progress -> Integer,
        problem -> Text,
        media_id -> Nullable<BigInt>,
        sent_by -> BigInt,
        sent_at -> Timestamp,
        ended_at -> Nullable<Timestamp>,
    }
}
diesel::table! {
    jobs (id) {
        id -> BigInt,
        kind -> Text,
        subject -> BigInt,
        place -> Nullable<Text>,
        state -> Text,
        priority -> Integer,
        run_after -> Timestamp,
        attempts -> Integer,
        worker -> Text,
        lease_until -> Timestamp,
        fence -> BigInt,
        problem -> Text,
        created_at -> Timestamp,
        ended_at -> Nullable<Timestamp>,
    }
}
diesel::table! {
    revisions (lecture_id) {
        lecture_id -> BigInt,
        media_id -> BigInt,
        stage -> Text,
        opened_at -> Timestamp,
    }
}
diesel::table! {
    editions (id) {
        id -> BigInt,
        lecture_id -> BigInt,
        version -> Integer,
        media_id -> BigInt,
        published_by -> BigInt,
        published_at -> Timestamp,
    }
}
diesel::table! {
    review_remarks (id) {
        id -> BigInt,
        review_id -> BigInt,
        at_ms -> Nullable<Integer>,
        text -> Text,
    }
}
diesel::table! {
    withdrawals (id) {
        id -> BigInt,
        lecture_id -> BigInt,
        reason -> Text,
        withdrawn_by -> BigInt,
        withdrawn_at -> Timestamp,
    }
}
diesel::table! {
    caption_saves (id) {
        id -> BigInt,
        media_id -> BigInt,
        vtt -> Text,
        saved_by -> BigInt,
        saved_at -> Timestamp,
    }
}
diesel::table! {
    watch_clocks (person_id) {
        person_id -> BigInt,
        budget_ms -> BigInt,
        at -> Timestamp,
        play -> Text,
        session_id -> Text,
        account_id -> BigInt,
        is_acted -> Bool,
        lecture_id -> BigInt,
        media_id -> BigInt,
        seq -> BigInt,
        beat_at -> Timestamp,
        opened_at -> Timestamp,
        is_plain -> Bool,
    }
}
diesel::table! {
    watches (person_id, lecture_id, media_id) {
        person_id -> BigInt,
        lecture_id -> BigInt,
        media_id -> BigInt,
        seen -> Binary,
        seconds -> Integer,
        length_s -> Integer,
        last_ms -> Integer,
        first_at -> Timestamp,
        last_at -> Timestamp,
        completed_at -> Nullable<Timestamp>,
    }
}
diesel::table! {
    completions (id) {
        id -> BigInt,
        person_id -> BigInt,
        lecture_id -> BigInt,
        media_id -> BigInt,
        kind -> Text,
        event_id -> Nullable<BigInt>,
        acted_by -> Nullable<BigInt>,
        completed_at -> Timestamp,
        seconds -> Integer,
        length_s -> Integer,
        threshold -> Integer,
        rule -> Text,
        number -> Integer,
    }
}
diesel::table! {
    calendar_years (id) {
        id -> BigInt,
        year -> Integer,
        source -> Text,
        proposed_by -> BigInt,
        proposed_at -> Timestamp,
        decided_by -> Nullable<BigInt>,
        decided_at -> Nullable<Timestamp>,
        verdict -> Nullable<Text>,
    }
}
diesel::table! {
    calendar_days (calendar_year_id, day) {
        calendar_year_id -> BigInt,
        day -> Date,
        is_working -> Bool,
    }
}
diesel::table! {
    cases (id) {
        id -> BigInt,
        kind -> Text,
        level -> Integer,
        subject_kind -> Text,
        subject_id -> BigInt,
        person_id -> BigInt,
        path -> Text,
        made_by -> Nullable<BigInt>,
        filed_by -> BigInt,
        filed_at -> Timestamp,
        due_on -> Date,
        state -> Text,
        decided_by -> Nullable<BigInt>,
        decided_at -> Nullable<Timestamp>,
        appealed_id -> Nullable<BigInt>,
        key -> Text,
    }
}
diesel::table! {
    case_steps (id) {
        id -> BigInt,
        case_id -> BigInt,
        state -> Text,
        at -> Timestamp,
        by_id -> Nullable<BigInt>,
    }
}
diesel::table! {
    case_texts (step_id) {
        step_id -> BigInt,
        text -> Text,
    }
}
diesel::table! {
    notices (id) {
        id -> BigInt,
        person_id -> BigInt,
        kind -> Text,
        title -> Text,
        body -> Text,
        link -> Text,
        sent_by -> Nullable<BigInt>,
        at -> Timestamp,
        key -> Text,
        read_at -> Nullable<Timestamp>,
        mailed_at -> Nullable<Timestamp>,
    }
}
diesel::table! {
    mail_addresses (person_id) {
        person_id -> BigInt,
        address -> Text,
        code_hash -> Nullable<Text>,
        code_at -> Nullable<Timestamp>,
        confirmed_at -> Nullable<Timestamp>,
        is_on -> Bool,
        quiet_from -> Integer,
        quiet_to -> Integer,
        lang -> Text,
        digest_on -> Nullable<Date>,
        failures -> Integer,
        next_at -> Nullable<Timestamp>,
    }
}
diesel::table! {
    mail_sendings (id) {
        id -> BigInt,
        person_id -> BigInt,
        kind -> Text,
        at -> Timestamp,
        notice_count -> Integer,
        problem -> Text,
    }
}
diesel::table! {
    events (id) {
        id -> BigInt,
        kind -> Text,
        title -> Text,
        about -> Text,
        org_id -> BigInt,
        lecture_id -> Nullable<BigInt>,
        school_id -> Nullable<BigInt>,
        base_id -> Nullable<BigInt>,
        place -> Text,
        online_url -> Text,
        lecturer -> Text,
        starts_at -> Timestamp,
        ends_at -> Timestamp,
        state -> Text,
        reason -> Text,
        sequence -> Integer,
        changed_at -> Timestamp,
        code_key -> Text,
        created_by -> BigInt,
        created_at -> Timestamp,
        key -> Text,
    }
}
diesel::table! {
    attendances (id) {
        id -> BigInt,
        event_id -> BigInt,
        person_id -> BigInt,
        revision -> Integer,
        status -> Text,
        minutes -> Integer,
        method -> Text,
        via_event_id -> Nullable<BigInt>,
        via_lecture_id -> Nullable<BigInt>,
        recorded_by -> BigInt,
        acted_by -> Nullable<BigInt>,
        day -> Date,
        recorded_at -> Timestamp,
        key -> Text,
    }
}
diesel::table! {
    attendance_heads (event_id, person_id) {
        event_id -> BigInt,
        person_id -> BigInt,
        attendance_id -> BigInt,
        revision -> Integer,
        status -> Text,
        minutes -> Integer,
        day -> Date,
    }
}
diesel::table! {
    code_tries (event_id, person_id) {
        event_id -> BigInt,
        person_id -> BigInt,
        minute -> BigInt,
        tries -> Integer,
    }
}
diesel::table! {
    calendar_feeds (person_id) {
        person_id -> BigInt,
        generation -> Integer,
    }
}
diesel::table! {
    viewings (event_id) {
        event_id -> BigInt,
        lecture_id -> BigInt,
        media_id -> BigInt,
        host_id -> BigInt,
        session_id -> Text,
        play -> Text,
        budget_ms -> BigInt,
        at -> Timestamp,
        opened_at -> Timestamp,
        beat_at -> Timestamp,
        seq -> BigInt,
        is_plain -> Bool,
        seen -> Binary,
        seconds -> Integer,
        length_s -> Integer,
        last_ms -> Integer,
        completed_at -> Nullable<Timestamp>,
        ended_at -> Nullable<Timestamp>,
    }
}
diesel::table! {
    viewers (event_id, person_id) {
        event_id -> BigInt,
        person_id -> BigInt,
        is_open -> Bool,
        joined_s -> Integer,
        signed_by -> BigInt,
        signed_at -> Timestamp,
    }
}
diesel::table! {
    completion_reversals (completion_id) {
        completion_id -> BigInt,
        case_id -> BigInt,
        reversed_at -> Timestamp,
    }
}
diesel::table! {
    courses (id) {
        id -> BigInt,
        slug -> Text,
        title -> Text,
        summary -> Text,
        about -> Text,
        topic_id -> BigInt,
        cover -> Text,
        mode -> Text,
        visibility -> Text,
        quarters -> Integer,
        due_on -> Nullable<Date>,
        stage -> Text,
        version -> Integer,
        draft_version -> Integer,
        is_submitted -> Bool,
        round -> Integer,
        revision -> Integer,
        reason -> Text,
        author_id -> BigInt,
        created_at -> Timestamp,
        published_at -> Nullable<Timestamp>,
        archived_at -> Nullable<Timestamp>,
        key -> Text,
    }
}
diesel::table! {
    course_items (id) {
        id -> BigInt,
        course_id -> BigInt,
        version -> Integer,
        position -> Integer,
        step -> Text,
        unit -> Text,
        kind -> Text,
        title -> Text,
        lecture_id -> Nullable<BigInt>,
        booklet_id -> Nullable<BigInt>,
        chapter -> Nullable<Integer>,
        test_id -> Nullable<BigInt>,
        is_required -> Bool,
        share -> Integer,
        opens -> Text,
        opens_on -> Nullable<Date>,
    }
}
diesel::table! {
    course_prerequisites (course_id, required_id) {
        course_id -> BigInt,
        required_id -> BigInt,
    }
}
diesel::table! {
    course_sessions (event_id) {
        event_id -> BigInt,
        course_id -> BigInt,
        step -> Text,
    }
}
diesel::table! {
    course_reviews (id) {
        id -> BigInt,
        course_id -> BigInt,
        round -> Integer,
        reviewer_id -> BigInt,
        verdict -> Text,
        remark -> Text,
        reviewed_at -> Timestamp,
    }
}
diesel::table! {
    offerings (id) {
        id -> BigInt,
        course_id -> Nullable<BigInt>,
        event_id -> Nullable<BigInt>,
        mode -> Text,
        code -> Text,
        opens_at -> Nullable<Timestamp>,
        closes_at -> Nullable<Timestamp>,
        withdraw_until -> Nullable<Timestamp>,
        capacity -> Nullable<Integer>,
        taken -> Integer,
        taken_open -> Integer,
        reserved -> Integer,
        waiting -> Integer,
        asking -> Integer,
        next_seq -> Integer,
        audience -> Text,
        path -> Text,
        is_closed -> Bool,
    }
}
diesel::table! {
    offering_quotas (id) {
        id -> BigInt,
        offering_id -> BigInt,
        org_id -> BigInt,
        path -> Text,
        seats -> Integer,
        taken -> Integer,
    }
}
diesel::table! {
    enrolments (id) {
        id -> BigInt,
        offering_id -> BigInt,
        person_id -> BigInt,
        seq -> Integer,
        state -> Text,
        quota_id -> Nullable<BigInt>,
        version -> Integer,
        path -> Text,
        channel -> Text,
        enrolled_by -> BigInt,
        created_at -> Timestamp,
        changed_at -> Timestamp,
        finished_at -> Nullable<Timestamp>,
        key -> Text,
    }
}
diesel::table! {
    enrolment_steps (id) {
        id -> BigInt,
        enrolment_id -> BigInt,
        state -> Text,
        at -> Timestamp,
        by_id -> Nullable<BigInt>,
        for_id -> Nullable<BigInt>,
    }
}
diesel::table! {
    enrolment_texts (step_id) {
        step_id -> BigInt,
        text -> Text,
    }
}
diesel::table! {
    chapter_reads (person_id, booklet_id, chapter) {
        person_id -> BigInt,
        booklet_id -> BigInt,
        chapter -> Integer,
        read_at -> Timestamp,
        acted_by -> Nullable<BigInt>,
    }
}
diesel::table! {
    study_records (id) {
        id -> BigInt,
        code -> Text,
        enrolment_id -> BigInt,
        person_id -> BigInt,
        course_id -> BigInt,
        version -> Integer,
        title -> Text,
        quarters -> Integer,
        finished_on -> Date,
        made_at -> Timestamp,
        number -> Integer,
    }
}
diesel::table! {
    study_record_names (record_id) {
        record_id -> BigInt,
        name -> Text,
        branch -> Text,
    }
}
diesel::table! {
    study_record_withdrawals (record_id) {
        record_id -> BigInt,
        withdrawn_by -> BigInt,
        withdrawn_at -> Timestamp,
        reason -> Text,
    }
}
diesel::table! {
    banks (id) {
        id -> BigInt,
        title -> Text,
        booklet_id -> Nullable<BigInt>,
        course_id -> Nullable<BigInt>,
        author_id -> BigInt,
        created_at -> Timestamp,
        question_count -> Integer,
        key -> Text,
    }
}
diesel::table! {
    bank_questions (id) {
        id -> BigInt,
        bank_id -> BigInt,
        code -> Text,
        kind -> Text,
        stem -> Text,
        explanation -> Text,
        chapter -> Nullable<Integer>,
        is_active -> Bool,
        revision -> Integer,
        changed_by -> BigInt,
        changed_at -> Timestamp,
    }
}
diesel::table! {
    bank_choices (question_id, position) {
        question_id -> BigInt,
        position -> Integer,
        text -> Text,
        is_right -> Bool,
    }
}
diesel::table! {
    tests (id) {
        id -> BigInt,
        bank_id -> BigInt,
        title -> Text,
        chapter -> Nullable<Integer>,
        question_count -> Integer,
        pass_share -> Integer,
        minutes -> Nullable<Integer>,
        feedback -> Text,
        most_attempts -> Nullable<Integer>,
        is_open -> Bool,
        revision -> Integer,
        created_by -> BigInt,
        created_at -> Timestamp,
        key -> Text,
    }
}
diesel::table! {
    attempts (id) {
        id -> BigInt,
        test_id -> Nullable<BigInt>,
        person_id -> BigInt,
        acted_by -> Nullable<BigInt>,
        started_at -> Timestamp,
        ends_at -> Nullable<Timestamp>,
        submitted_at -> Nullable<Timestamp>,
        question_count -> Integer,
        right_count -> Integer,
        is_passed -> Bool,
        pass_share -> Integer,
        feedback -> Text,
    }
}
diesel::table! {
    attempt_answers (attempt_id, position) {
        attempt_id -> BigInt,
        position -> Integer,
        question_id -> BigInt,
        paper -> Text,
        answer -> Text,
        answered_at -> Nullable<Timestamp>,
        is_right -> Nullable<Bool>,
    }
}
diesel::table! {
    wrong_answers (person_id, question_id) {
        person_id -> BigInt,
        question_id -> BigInt,
        wrong_count -> Integer,
        right_streak -> Integer,
        last_at -> Timestamp,
    }
}
diesel::table! {
    booklet_drafts (booklet_id) {
        booklet_id -> BigInt,
        title -> Text,
        kind -> Text,
        intro -> Text,
        cover -> Text,
        style -> Integer,
        visibility -> Text,
        is_submitted -> Bool,
        is_changed -> Bool,
        round -> Integer,
        revision -> Integer,
        changed_by -> BigInt,
        changed_at -> Timestamp,
    }
}
diesel::table! {
    chapter_drafts (id) {
        id -> BigInt,
        booklet_id -> BigInt,
        position -> Integer,
        title -> Text,
        body -> Text,
        revision -> Integer,
        is_deleted -> Bool,
        changed_by -> BigInt,
        changed_at -> Timestamp,
    }
}
diesel::table! {
    chapter_saves (id) {
        id -> BigInt,
        chapter_id -> BigInt,
        revision -> Integer,
        title -> Text,
        body -> Text,
        is_auto -> Bool,
        saved_by -> BigInt,
        saved_at -> Timestamp,
    }
}
diesel::table! {
    booklet_verdicts (id) {
        id -> BigInt,
        booklet_id -> BigInt,
        round -> Integer,
        reviewer_id -> BigInt,
        verdict -> Text,
        remark -> Text,
        reviewed_at -> Timestamp,
    }
}
diesel::table! {
    attachments (id) {
        id -> BigInt,
        booklet_id -> Nullable<BigInt>,
        course_id -> Nullable<BigInt>,
        name -> Text,
        kind -> Text,
        size -> BigInt,
        digest -> Text,
        folder -> Text,
        added_by -> BigInt,
        added_at -> Timestamp,
        removed_at -> Nullable<Timestamp>,
    }
}
diesel::table! {
    cursors (name) {
        name -> Text,
        n -> BigInt,
    }
}
diesel::table! {
    rating_flags (id) {
        id -> BigInt,
        lecture_id -> BigInt,
        detector -> Text,
        mark -> Text,
        branch_id -> Nullable<BigInt>,
        day -> Nullable<Date>,
        slot -> Nullable<Integer>,
        stars -> Nullable<Integer>,
        from_id -> BigInt,
        to_id -> BigInt,
        votes -> Integer,
        of_set -> Integer,
        expected -> Integer,
        chance -> Text,
        mean -> Integer,
        mean_of_others -> Integer,
        capped -> Integer,
        opened_at -> Timestamp,
        state -> Text,
        decided_by -> Nullable<BigInt>,
        decided_at -> Nullable<Timestamp>,
        note -> Text,
    }
}
diesel::table! {
    rating_exclusions (id) {
        id -> BigInt,
        flag_id -> BigInt,
        lecture_id -> BigInt,
        reason -> Text,
        proposed_by -> BigInt,
        proposed_at -> Timestamp,
        verdict -> Nullable<Text>,
        decided_by -> Nullable<BigInt>,
        decided_at -> Nullable<Timestamp>,
        taken -> Integer,
    }
}
diesel::table! {
    rating_liftings (id) {
        id -> BigInt,
        exclusion_id -> BigInt,
        reason -> Text,
        proposed_by -> BigInt,
        proposed_at -> Timestamp,
        verdict -> Nullable<Text>,
        decided_by -> Nullable<BigInt>,
        decided_at -> Nullable<Timestamp>,
    }
}
diesel::table! {
    ratings (id) {
        id -> BigInt,
        rater_key -> Binary,
        lecture_id -> BigInt,
        stars -> Integer,
        tags -> Text,
        proof -> Text,
        branch_id -> Nullable<BigInt>,
        first_on -> Date,
        day -> Date,
        slot -> Integer,
        version -> Integer,
        status -> Text,
        exclusion_id -> Nullable<BigInt>,
    }
}
diesel::table! {
    rating_versions (id) {
        id -> BigInt,
        rating_id -> BigInt,
        version -> Integer,
        lecture_id -> BigInt,
        stars -> Integer,
        tags -> Text,
        status -> Text,
        is_acted -> Bool,
        day -> Date,
        slot -> Integer,
    }
}
diesel::table! {
    rating_voices (instructor_id, voice_key, rating_id) {
        instructor_id -> BigInt,
        voice_key -> Binary,
        rating_id -> BigInt,
        stars -> Integer,
        branch_id -> Nullable<BigInt>,
        is_counted -> Bool,
    }
}
diesel::table! {
    rating_keys (rater_key) {
        rater_key -> Binary,
        person_id -> BigInt,
        made_on -> Date,
    }
}
diesel::table! {
    rating_texts (id) {
        id -> BigInt,
        rating_id -> BigInt,
        lecture_id -> BigInt,
        text -> Text,
        is_held -> Bool,
        state -> Text,
        reason -> Text,
        is_asked_again -> Bool,
        written_on -> Date,
        decided_by -> Nullable<BigInt>,
        decided_at -> Nullable<Timestamp>,
    }
}
diesel::table! {
    rating_text_decisions (id) {
        id -> BigInt,
        text_id -> BigInt,
        state -> Text,
        reason -> Text,
        decided_by -> BigInt,
        decided_at -> Timestamp,
    }
}
diesel::table! {
    rating_replies (text_id) {
        text_id -> BigInt,
        lecture_id -> BigInt,
        replied_by -> BigInt,
        text -> Text,
        state -> Text,
        reason -> Text,
        replied_at -> Timestamp,
        decided_by -> Nullable<BigInt>,
        decided_at -> Nullable<Timestamp>,
    }
}
diesel::table! {
    rating_unmasks (id) {
        id -> BigInt,
        text_id -> BigInt,
        reason -> Text,
        proposed_by -> BigInt,
        proposed_at -> Timestamp,
        verdict -> Nullable<Text>,
        decided_by -> Nullable<BigInt>,
        decided_at -> Nullable<Timestamp>,
    }
}
diesel::table! {
    city_means (day) {
        day -> Date,
        total -> BigInt,
        votes -> BigInt,
        as_of -> Timestamp,
    }
}
diesel::table! {
    lecture_ratings (lecture_id) {
        lecture_id -> BigInt,
        votes -> Integer,
        ones -> Integer,
        twos -> Integer,
        threes -> Integer,
        fours -> Integer,
        fives -> Integer,
        branches -> Integer,
        apart -> Integer,
        score -> Text,
        low -> Text,
        high -> Text,
        city -> Text,
        as_of -> Timestamp,
        tags -> Text,
    }
}
diesel::table! {
    instructor_ratings (instructor_id) {
        instructor_id -> BigInt,
        voices -> Integer,
        votes -> Integer,
        branches -> Integer,
        apart -> Integer,
        score -> Text,
        low -> Text,
        high -> Text,
        city -> Text,
        as_of -> Timestamp,
    }
}
diesel::table! {
    rankings (id) {
        id -> BigInt,
        kind -> Text,
        title -> Text,
        subject_kind -> Text,
        subject_id -> BigInt,
        top_k -> Nullable<Integer>,
        visibility -> Text,
        object_path -> Nullable<Text>,
        created_by -> BigInt,
        created_at -> Timestamp,
        asked_by -> Nullable<BigInt>,
        asked_reason -> Text,
        published_revision -> Integer,
        published_at -> Nullable<Timestamp>,
    }
}
diesel::table! {
    ranking_snapshots (id) {
        id -> BigInt,
        ranking_id -> BigInt,
        revision -> Integer,
        as_of -> Timestamp,
        document -> Binary,
        digest -> Text,
        method_digest -> Text,
        input_root -> Text,
        rows_root -> Text,
        n_inputs -> Integer,
        n_rows -> Integer,
        method -> Text,
        excluded -> Text,
        facts -> Text,
        moved -> Text,
        reason -> Text,
        state -> Text,
        computed_by -> BigInt,
        computed_at -> Timestamp,
        checked_by -> Nullable<BigInt>,
        checked_at -> Nullable<Timestamp>,
        published_by -> Nullable<BigInt>,
        published_at -> Nullable<Timestamp>,
        notice_from -> Nullable<Date>,
        notice_until -> Nullable<Date>,
        final_at -> Nullable<Timestamp>,
        withdrawn_by -> Nullable<BigInt>,
        withdrawn_at -> Nullable<Timestamp>,
        withdrawn_reason -> Nullable<Text>,
    }
}
diesel::table! {
    ranking_rows (snapshot_id, position) {
        snapshot_id -> BigInt,
        position -> Integer,
        subject -> Text,
        rank -> Integer,
        score -> Text,
        is_promoted -> Bool,
        body -> Text,
    }
}
diesel::table! {
    ranking_names (snapshot_id, subject) {
        snapshot_id -> BigInt,
        subject -> Text,
        salt -> Nullable<Text>,
        name -> Nullable<Text>,
        is_agreed -> Bool,
        link -> Nullable<Text>,
        redacted_at -> Nullable<Timestamp>,
    }
}
diesel::table! {
    ranking_redactions (id) {
        id -> BigInt,
        ranking_id -> BigInt,
        subject -> Text,
        reason -> Text,
        by_id -> BigInt,
        at -> Timestamp,
    }
}
diesel::table! {
    publications (seq) {
        seq -> BigInt,
        at -> Timestamp,
        event -> Text,
        ranking_id -> Nullable<BigInt>,
        revision -> Nullable<Integer>,
        document -> Nullable<Text>,
        rows_root -> Nullable<Text>,
        prev -> Text,
        lost_seq -> Nullable<BigInt>,
        lost_hash -> Nullable<Text>,
        lost_reason -> Nullable<Text>,
        hash -> Text,
        signature -> Text,
        signed_with -> Text,
    }
}
diesel::table! {
    contests (id) {
        id -> BigInt,
        slug -> Text,
        title -> Text,
        summary -> Text,
        rules -> Text,
        opens_on -> Date,
        closes_on -> Date,
        needs_video -> Bool,
        notice_days -> Integer,
        gold_count -> Integer,
        gold_years -> Integer,
        state -> Text,
        is_suspended -> Bool,
        revision -> Integer,
        made_by -> BigInt,
        created_at -> Timestamp,
        announced_at -> Nullable<Timestamp>,
        closed_at -> Nullable<Timestamp>,
        key -> Text,
    }
}
diesel::table! {
    contest_locks (contest_id) {
        contest_id -> BigInt,
        n -> BigInt,
    }
}
diesel::table! {
    contest_rounds (id) {
        id -> BigInt,
        contest_id -> BigInt,
        position -> Integer,
        kind -> Text,
        title -> Text,
        state -> Text,
        panels -> Integer,
        sheets_each -> Integer,
        judge_load -> Integer,
        method -> Text,
        method_sha256 -> Text,
        frozen_by -> Nullable<BigInt>,
        frozen_at -> Nullable<Timestamp>,
        approved_by -> Nullable<BigInt>,
        approved_at -> Nullable<Timestamp>,
        seed_secret -> Text,
        seed_commit -> Text,
        seed_outside -> Text,
        drawn_at -> Nullable<Timestamp>,
        started_at -> Nullable<Timestamp>,
        due_at -> Nullable<Timestamp>,
        lock_by -> Nullable<BigInt>,
        lock_at -> Nullable<Timestamp>,
        locked_by -> Nullable<BigInt>,
        locked_at -> Nullable<Timestamp>,
    }
}
diesel::table! {
    contest_steps (id) {
        id -> BigInt,
        contest_id -> BigInt,
        round_id -> Nullable<BigInt>,
        what -> Text,
        by_id -> Nullable<BigInt>,
        at -> Timestamp,
        reason -> Text,
    }
}
diesel::table! {
    contest_entries (id) {
        id -> BigInt,
        contest_id -> BigInt,
        entrant_id -> BigInt,
        branch_id -> BigInt,
        school_id -> BigInt,
        alliance_id -> Nullable<BigInt>,
        title -> Text,
        lecture_id -> Nullable<BigInt>,
        is_original -> Bool,
        may_broadcast -> Bool,
        may_name -> Bool,
        state -> Text,
        version -> Integer,
        code -> Nullable<Text>,
        made_by -> BigInt,
        acted_by -> Nullable<BigInt>,
        created_at -> Timestamp,
        submitted_at -> Nullable<Timestamp>,
        endorsed_by -> Nullable<BigInt>,
        key -> Text,
    }
}
diesel::table! {
    contest_companions (entry_id, person_id) {
        entry_id -> BigInt,
        person_id -> BigInt,
    }
}
diesel::table! {
    contest_scripts (entry_id, version) {
        entry_id -> BigInt,
        version -> Integer,
        summary -> Text,
        script -> Text,
        saved_at -> Timestamp,
    }
}
diesel::table! {
    contest_entry_steps (id) {
        id -> BigInt,
        entry_id -> BigInt,
        state -> Text,
        by_id -> Nullable<BigInt>,
        at -> Timestamp,
        reason -> Text,
    }
}
diesel::table! {
    contest_screenings (id) {
        id -> BigInt,
        entry_id -> BigInt,
        version -> Integer,
        screener_id -> BigInt,
        verdict -> Text,
        at -> Timestamp,
    }
}
diesel::table! {
    contest_judges (id) {
        id -> BigInt,
        contest_id -> BigInt,
        person_id -> BigInt,
        unit -> Text,
        expertise -> Text,
        number -> Integer,
        panel -> Nullable<Integer>,
        state -> Text,
        invited_by -> BigInt,
        invited_at -> Timestamp,
        accepted_at -> Nullable<Timestamp>,
    }
}
diesel::table! {
    contest_conflicts (id) {
        id -> BigInt,
        contest_id -> BigInt,
        judge_id -> BigInt,
        entry_id -> BigInt,
        kind -> Text,
        is_hard -> Bool,
        declared_by -> Nullable<BigInt>,
        at -> Timestamp,
        reason -> Text,
        removed_by -> Nullable<BigInt>,
        removed_at -> Nullable<Timestamp>,
    }
}
diesel::table! {
    recusal_requests (id) {
        id -> BigInt,
        entry_id -> BigInt,
        name -> Text,
        unit -> Text,
        kind -> Text,
        reason -> Text,
        said_by -> BigInt,
        at -> Timestamp,
    }
}
diesel::table! {
    contest_places (id) {
        id -> BigInt,
        round_id -> BigInt,
        entry_id -> BigInt,
        lot -> Integer,
        panel -> Integer,
        state -> Text,
        audience -> Nullable<Integer>,
        votes -> Nullable<Integer>,
    }
}
diesel::table! {
    contest_timings (id) {
        id -> BigInt,
        place_id -> BigInt,
        seconds -> Integer,
        by_id -> BigInt,
        at -> Timestamp,
    }
}
diesel::table! {
    contest_assignments (id) {
        id -> BigInt,
        round_id -> BigInt,
        judge_id -> BigInt,
        entry_id -> BigInt,
        state -> Text,
        version -> Integer,
        locked_at -> Nullable<Timestamp>,
        asked_far_in -> Integer,
    }
}
diesel::table! {
    contest_assignment_steps (id) {
        id -> BigInt,
        assignment_id -> BigInt,
        state -> Text,
        version -> Integer,
        by_id -> BigInt,
        at -> Timestamp,
        reason -> Text,
    }
}
diesel::table! {
    contest_drafts (assignment_id) {
        assignment_id -> BigInt,
        scores -> Text,
        comment -> Text,
        stamp -> BigInt,
        saved_at -> Timestamp,
    }
}
diesel::table! {
    contest_sheets (id) {
        id -> BigInt,
        assignment_id -> BigInt,
        version -> Integer,
        scores -> Text,
        by_id -> BigInt,
        is_paper -> Bool,
        at -> Timestamp,
    }
}
diesel::table! {
    contest_comments (sheet_id) {
        sheet_id -> BigInt,
        text -> Text,
    }
}
diesel::table! {
    contest_papers (assignment_id, version, typist_id) {
        assignment_id -> BigInt,
        version -> Integer,
        typist_id -> BigInt,
        scores -> Text,
        at -> Timestamp,
    }
}
diesel::table! {
    contest_rulings (id) {
        id -> BigInt,
        case_id -> BigInt,
        round_id -> BigInt,
        kind -> Text,
        entry_id -> Nullable<BigInt>,
        judge_id -> Nullable<BigInt>,
        by_id -> BigInt,
        at -> Timestamp,
    }
}
diesel::table! {
    webhooks (id) {
        id -> BigInt,
        kind -> Text,
        name -> Text,
        address -> Text,
        secret -> Text,
        is_on -> Bool,
        last_at -> Nullable<Timestamp>,
        last_problem -> Text,
        paused_until -> Nullable<Timestamp>,
        claims -> BigInt,
        made_by -> BigInt,
        made_at -> Timestamp,
        key -> Text,
    }
}
diesel::table! {
    announcements (id) {
        id -> BigInt,
        key -> Text,
        title -> Text,
        text -> Text,
        link -> Text,
        at -> Timestamp,
    }
}
diesel::table! {
    deliveries (id) {
        id -> BigInt,
        webhook_id -> BigInt,
        announcement_id -> BigInt,
        state -> Text,
        tries -> Integer,
        next_at -> Nullable<Timestamp>,
        lease_until -> Nullable<Timestamp>,
        tried_at -> Nullable<Timestamp>,
        ended_at -> Nullable<Timestamp>,
        problem -> Text,
    }
}
diesel::table! {
    broadcast_plans (id) {
        id -> BigInt,
        title -> Text,
        about -> Text,
        from_day -> Date,
        to_day -> Date,
        state -> Text,
        item_count -> Integer,
        covered -> Integer,
        made_by -> BigInt,
        made_at -> Timestamp,
        published_at -> Nullable<Timestamp>,
        closed_at -> Nullable<Timestamp>,
        key -> Text,
    }
}
diesel::table! {
    broadcast_items (id) {
        id -> BigInt,
        plan_id -> BigInt,
        lecture_id -> BigInt,
        channel -> Text,
        position -> Integer,
        covered -> Integer,
    }
}
diesel::table! {
    screenings (id) {
        id -> BigInt,
        plan_id -> BigInt,
        item_id -> BigInt,
        school_id -> BigInt,
        starts_at -> Timestamp,
        ends_at -> Timestamp,
        state -> Text,
        revision -> Integer,
        is_confirmed -> Bool,
        present -> Integer,
        event_id -> Nullable<BigInt>,
        made_by -> BigInt,
        made_at -> Timestamp,
    }
}
diesel::table! {
    screening_confirmations (id) {
        id -> BigInt,
        screening_id -> BigInt,
        revision -> Integer,
        kind -> Text,
        event_id -> Nullable<BigInt>,
        present -> Integer,
        recorded_by -> BigInt,
        recorded_at -> Timestamp,
        key -> Text,
    }
}
diesel::table! {
    screening_notes (confirmation_id) {
        confirmation_id -> BigInt,
        note -> Text,
    }
}
diesel::table! {
    broadcast_schools (plan_id, school_id) {
        plan_id -> BigInt,
        school_id -> BigInt,
        covered -> Integer,
    }
}
diesel::table! {
    channel_records (id) {
        id -> BigInt,
        item_id -> BigInt,
        name -> Text,
        address -> Text,
        at -> Timestamp,
        reads_7 -> Nullable<Integer>,
        reads_30 -> Nullable<Integer>,
        made_by -> BigInt,
        made_at -> Timestamp,
        key -> Text,
    }
}
diesel::table! {
    kiosks (id) {
        id -> BigInt,
        school_id -> BigInt,
        code -> Text,
        made_by -> BigInt,
        made_at -> Timestamp,
        withdrawn_at -> Nullable<Timestamp>,
        seen_at -> Nullable<Timestamp>,
    }
}
diesel::table! {
    kiosk_plays (screening_id) {
        screening_id -> BigInt,
        plays -> Integer,
        last_at -> Timestamp,
    }
}
diesel::table! {
    gold_lecturers (id) {
        id -> BigInt,
        contest_id -> BigInt,
        entry_id -> BigInt,
        person_id -> BigInt,
        state -> Text,
        state_on -> Date,
        code -> Text,
        number -> Nullable<Text>,
        notice_from -> Nullable<Date>,
        notice_until -> Nullable<Date>,
        term_from -> Nullable<Date>,
        term_to -> Nullable<Date>,
        nominated_by -> BigInt,
        nominated_at -> Timestamp,
        appointed_by -> Nullable<BigInt>,
        appointed_at -> Nullable<Timestamp>,
        proposed -> Nullable<Text>,
        proposed_by -> Nullable<BigInt>,
    }
}
diesel::table! {
    gold_names (gold_id) {
        gold_id -> BigInt,
        name -> Text,
        lecture -> Text,
        school -> Text,
        alliance -> Text,
    }
}
diesel::table! {
    gold_steps (id) {
        id -> BigInt,
        gold_id -> BigInt,
        what -> Text,
        by_id -> BigInt,
        at -> Timestamp,
    }
}
diesel::table! {
    gold_reasons (step_id) {
        step_id -> BigInt,
        text -> Text,
    }
}
diesel::table! {
    audiences (id) {
        id -> BigInt,
        name -> Text,
        org_id -> BigInt,
        rule -> Text,
        revision -> Integer,
        created_by -> BigInt,
        created_at -> Timestamp,
        archived_at -> Nullable<Timestamp>,
        key -> Text,
    }
}
diesel::table! {
    audience_saves (id) {
        id -> BigInt,
        audience_id -> BigInt,
        revision -> Integer,
        name -> Text,
        rule -> Text,
        saved_by -> BigInt,
        saved_at -> Timestamp,
    }
}
diesel::table! {
    study_plans (id) {
        id -> BigInt,
        title -> Text,
        about -> Text,
        org_id -> BigInt,
        starts_on -> Date,
        ends_on -> Date,
        state -> Text,
        version -> Integer,
        draft_version -> Integer,
        submitted_by -> Nullable<BigInt>,
        submitted_at -> Nullable<Timestamp>,
        revision -> Integer,
        created_by -> BigInt,
        created_at -> Timestamp,
        published_at -> Nullable<Timestamp>,
        closed_on -> Nullable<Date>,
        key -> Text,
    }
}
diesel::table! {
    plan_versions (plan_id, version) {
        plan_id -> BigInt,
        version -> Integer,
        audience_id -> Nullable<BigInt>,
        rule -> Text,
        reason -> Text,
        valid_from -> Nullable<Date>,
        published_by -> Nullable<BigInt>,
        made_by -> BigInt,
    }
}
diesel::table! {
    plan_items (id) {
        id -> BigInt,
        plan_id -> BigInt,
        version -> Integer,
        position -> Integer,
        step -> Text,
        kind -> Text,
        title -> Text,
        booklet_id -> Nullable<BigInt>,
        lecture_id -> Nullable<BigInt>,
        course_id -> Nullable<BigInt>,
        is_required -> Bool,
        due_on -> Date,
        chapters -> Integer,
    }
}
diesel::table! {
    plan_events (id) {
        id -> BigInt,
        event_id -> BigInt,
        plan_id -> BigInt,
        step -> Text,
        named_by -> BigInt,
        named_at -> Timestamp,
        unnamed_by -> Nullable<BigInt>,
        unnamed_at -> Nullable<Timestamp>,
    }
}
diesel::table! {
    exemptions (id) {
        id -> BigInt,
        person_id -> BigInt,
        plan_id -> Nullable<BigInt>,
        valid_from -> Date,
        valid_to -> Date,
        proposed_by -> BigInt,
        proposed_at -> Timestamp,
        verdict -> Nullable<Text>,
        decided_by -> Nullable<BigInt>,
        decided_at -> Nullable<Timestamp>,
        ended_on -> Nullable<Date>,
        ended_by -> Nullable<BigInt>,
        key -> Text,
    }
}
diesel::table! {
    exemption_reasons (exemption_id) {
        exemption_id -> BigInt,
        text -> Text,
    }
}
diesel::table! {
    errands (id) {
        id -> BigInt,
        plan_id -> BigInt,
        person_id -> BigInt,
        helper_id -> BigInt,
        way -> Text,
        due_on -> Date,
        state -> Text,
        assigned_by -> BigInt,
        assigned_at -> Timestamp,
        closed_by -> Nullable<BigInt>,
        closed_at -> Nullable<Timestamp>,
        key -> Text,
    }
}
diesel::table! {
    roster_changes (id) {
        id -> BigInt,
        person_id -> Nullable<BigInt>,
        org_id -> Nullable<BigInt>,
        kind -> Text,
        old_key -> Nullable<Text>,
        new_key -> Nullable<Text>,
        day -> Date,
        ended_id -> Nullable<BigInt>,
        begun_id -> Nullable<BigInt>,
        by_id -> BigInt,
        acted_by -> Nullable<BigInt>,
        at -> Timestamp,
        idem_key -> Text,
    }
}
diesel::table! {
    person_corrections (change_id) {
        change_id -> BigInt,
        old_value -> Text,
    }
}
diesel::table! {
    roster_notes (change_id) {
        change_id -> BigInt,
        text -> Text,
    }
}
diesel::table! {
    transfers (id) {
        id -> BigInt,
        person_id -> BigInt,
        from_branch_id -> Nullable<BigInt>,
        to_branch_id -> Nullable<BigInt>,
        place -> Text,
        state -> Text,
        proposed_by -> BigInt,
        proposed_at -> Timestamp,
        decided_by -> Nullable<BigInt>,
        decided_at -> Nullable<Timestamp>,
        idem_key -> Text,
    }
}
diesel::table! {
    transfer_reasons (transfer_id) {
        transfer_id -> BigInt,
        text -> Text,
    }
}
diesel::table! {
    org_kinds (id) {
        id -> BigInt,
        org_id -> BigInt,
        kind -> Text,
        valid_to -> Date,
    }
}
diesel::table! {
    org_names (id) {
        id -> BigInt,
        org_id -> BigInt,
        name -> Text,
        valid_from -> Date,
        valid_to -> Date,
    }
}
diesel::table! {
    school_changes (id) {
        id -> BigInt,
        school_id -> Nullable<BigInt>,
        alliance_id -> Nullable<BigInt>,
        field -> Text,
        old_value -> Text,
        new_value -> Text,
        by_id -> BigInt,
        acted_by -> Nullable<BigInt>,
        at -> Timestamp,
        idem_key -> Text,
    }
}
diesel::table! {
    imports (id) {
        id -> BigInt,
        kind -> Text,
        state -> Text,
        file_name -> Text,
        row_count -> Integer,
        mapping -> Text,
        is_whole -> Bool,
        scope -> Text,
        compared -> Text,
        new_count -> Integer,
        changed_count -> Integer,
        same_count -> Integer,
        gone_count -> Integer,
        unsure_count -> Integer,
        wrong_count -> Integer,
        progress -> Integer,
        problem -> Text,
        made_by -> Nullable<BigInt>,
        made_at -> Timestamp,
        applied_by -> Nullable<BigInt>,
        applied_at -> Nullable<Timestamp>,
        undone_by -> Nullable<BigInt>,
        undone_at -> Nullable<Timestamp>,
        is_swept -> Bool,
        key -> Text,
    }
}
diesel::table! {
    import_files (import_id) {
        import_id -> BigInt,
        bytes -> Binary,
    }
}
diesel::table! {
    import_rows (id) {
        id -> BigInt,
        import_id -> BigInt,
        line -> Integer,
        verdict -> Text,
        subject_id -> Nullable<BigInt>,
        label -> Text,
        detail -> Text,
    }
}
diesel::table! {
    import_choices (id) {
        id -> BigInt,
        import_id -> BigInt,
        mark -> Text,
        choice -> Text,
    }
}
diesel::table! {
    import_touches (id) {
        id -> BigInt,
        import_id -> BigInt,
        person_id -> BigInt,
        detail -> Text,
    }
}
diesel::table! {
    import_changes (id) {
        id -> BigInt,
        import_id -> BigInt,
        subject_id -> BigInt,
        label -> Text,
        was -> Text,
        became -> Text,
    }
}
diesel::table! {
    import_exports (id) {
        id -> BigInt,
        kind -> Text,
        purpose -> Text,
        row_count -> Integer,
        made_by -> Nullable<BigInt>,
        made_at -> Timestamp,
    }
}
diesel::table! {
    home_visits (event_id) {
        event_id -> BigInt,
        deliverer_id -> BigInt,
        second_id -> BigInt,
        media_id -> Nullable<BigInt>,
        length_s -> Integer,
        missed_id -> Nullable<BigInt>,
        minutes -> Integer,
        state -> Text,
        recorded_by -> BigInt,
        seconded_by -> Nullable<BigInt>,
        seconded_at -> Nullable<Timestamp>,
    }
}
diesel::table! {
    home_visit_members (event_id, person_id) {
        event_id -> BigInt,
        person_id -> BigInt,
        agreed_photo -> Bool,
        state -> Text,
        way -> Nullable<Text>,
        confirmed_by -> Nullable<BigInt>,
        confirmed_at -> Nullable<Timestamp>,
        is_counted -> Bool,
        turns -> Integer,
    }
}
diesel::table! {
    home_visit_steps (id) {
        id -> BigInt,
        event_id -> BigInt,
        person_id -> Nullable<BigInt>,
        what -> Text,
        by_id -> Nullable<BigInt>,
        at -> Timestamp,
    }
}
diesel::table! {
    home_visit_codes (event_id, person_id) {
        event_id -> BigInt,
        person_id -> BigInt,
        digest -> Text,
        expires_at -> Timestamp,
    }
}
diesel::table! {
    home_visit_tries (event_id) {
        event_id -> BigInt,
        minute -> BigInt,
        tries -> Integer,
    }
}
diesel::table! {
    home_visit_photos (event_id) {
        event_id -> BigInt,
        kind -> Text,
        bytes -> Binary,
        sent_by -> BigInt,
        sent_at -> Timestamp,
    }
}
diesel::table! {
    paper_sheets (id) {
        id -> BigInt,
        event_id -> BigInt,
        code -> Text,
        made_by -> BigInt,
        made_at -> Timestamp,
        key -> Text,
    }
}
diesel::table! {
    paper_sheet_rows (sheet_id, number) {
        sheet_id -> BigInt,
        number -> Integer,
        person_id -> BigInt,
    }
}
diesel::table! {
    paper_sheet_entries (id) {
        id -> BigInt,
        sheet_id -> BigInt,
        people -> Integer,
        entered_by -> BigInt,
        entered_at -> Timestamp,
        key -> Text,
    }
}
diesel::table! {
    guidance_groups (id) {
        id -> BigInt,
        tier -> Text,
        org_id -> BigInt,
        name -> Text,
        valid_from -> Date,
        valid_to -> Nullable<Date>,
        made_by -> BigInt,
        made_at -> Timestamp,
        key -> Text,
    }
}
diesel::table! {
    guidance_members (id) {
        id -> BigInt,
        group_id -> BigInt,
        person_id -> BigInt,
        is_leader -> Bool,
        valid_from -> Date,
        valid_to -> Nullable<Date>,
    }
}
diesel::table! {
    guidance_assignments (id) {
        id -> BigInt,
        group_id -> BigInt,
        tier -> Text,
        org_id -> BigInt,
        valid_from -> Date,
        valid_to -> Nullable<Date>,
        assigned_by -> BigInt,
    }
}
diesel::table! {
    guidance_plans (id) {
        id -> BigInt,
        group_id -> BigInt,
        half -> Date,
        version -> Integer,
        seed -> Text,
        inputs -> Text,
        made_by -> BigInt,
        made_at -> Timestamp,
        key -> Text,
    }
}
diesel::table! {
    guidance_slots (id) {
        id -> BigInt,
        plan_id -> BigInt,
        org_id -> BigInt,
        day -> Date,
        is_announced -> Bool,
        first_id -> BigInt,
        second_id -> BigInt,
    }
}
diesel::table! {
    guidance_visits (id) {
        id -> BigInt,
        group_id -> BigInt,
        org_id -> BigInt,
        day -> Date,
        revision -> Integer,
        recorded_by -> BigInt,
        recorded_at -> Timestamp,
        key -> Text,
    }
}
diesel::table! {
    guidance_visit_revisions (id) {
        id -> BigInt,
        visit_id -> BigInt,
        revision -> Integer,
        day -> Date,
        is_announced -> Bool,
        event_id -> Nullable<BigInt>,
        is_told -> Bool,
        recorded_by -> BigInt,
        recorded_at -> Timestamp,
        key -> Text,
    }
}
diesel::table! {
    guidance_visit_people (revision_id, person_id) {
        revision_id -> BigInt,
        person_id -> BigInt,
    }
}
diesel::table! {
    guidance_visit_texts (revision_id) {
        revision_id -> BigInt,
        good -> Text,
        contact -> Text,
        reason -> Text,
    }
}
diesel::table! {
    guidance_findings (id) {
        id -> BigInt,
        visit_id -> BigInt,
        group_id -> BigInt,
        org_id -> BigInt,
        category -> Text,
        severity -> Text,
        state -> Text,
        promised_for -> Nullable<Date>,
        steps -> Integer,
        found_on -> Date,
        told_before -> Nullable<Date>,
        told_after -> Nullable<Date>,
    }
}
diesel::table! {
    guidance_finding_texts (finding_id) {
        finding_id -> BigInt,
        text -> Text,
    }
}
diesel::table! {
    guidance_steps (id) {
        id -> BigInt,
        finding_id -> BigInt,
        number -> Integer,
        state -> Text,
        promised_for -> Nullable<Date>,
        by_account -> BigInt,
        by_person -> BigInt,
        at -> Timestamp,
        key -> Text,
    }
}
diesel::table! {
    guidance_step_texts (step_id) {
        step_id -> BigInt,
        text -> Text,
    }
}
diesel::table! {
    print_editions (id) {
        id -> BigInt,
        title -> Text,
        imprint -> Text,
        booklet_id -> Nullable<BigInt>,
        rule -> Text,
        started_on -> Date,
        made_by -> BigInt,
        created_at -> Timestamp,
        key -> Text,
    }
}
diesel::table! {
    copy_moves (id) {
        id -> BigInt,
        edition_id -> BigInt,
        kind -> Text,
        from_org -> Nullable<BigInt>,
        to_org -> Nullable<BigInt>,
        pile -> Text,
        count -> Integer,
        person_id -> Nullable<BigInt>,
        proxy_id -> Nullable<BigInt>,
        reverses_id -> Nullable<BigInt>,
        recorded_by -> BigInt,
        acted_by -> Nullable<BigInt>,
        day -> Date,
        recorded_at -> Timestamp,
        key -> Text,
    }
}
diesel::table! {
    copy_reasons (move_id) {
        move_id -> BigInt,
        text -> Text,
    }
}
diesel::table! {
    copy_balances (edition_id, org_id) {
        edition_id -> BigInt,
        org_id -> BigInt,
        coming -> Integer,
        stock -> Integer,
        held -> Integer,
        lost -> Integer,
    }
}
diesel::table! {
    copy_holdings (id) {
        id -> BigInt,
        edition_id -> BigInt,
        person_id -> Nullable<BigInt>,
        org_id -> BigInt,
        move_id -> BigInt,
        since -> Date,
        until -> Nullable<Date>,
    }
}
diesel::table! {
    retention_runs (id) {
        id -> BigInt,
        rule -> Text,
        day -> Date,
        part -> Integer,
        before_day -> Date,
        erased -> Integer,
        is_last -> Bool,
        ran_at -> Timestamp,
    }
}
diesel::joinable!(memberships -> persons (person_id));
diesel::joinable!(memberships -> orgs (branch_id));
diesel::joinable!(membership_stages -> persons (person_id));
diesel::joinable!(member_categories -> persons (person_id));
diesel::joinable!(office_terms -> persons (person_id));
diesel::joinable!(office_terms -> orgs (org_id));
diesel::joinable!(host_stays -> persons (person_id));
diesel::joinable!(host_stays -> orgs (host_branch_id));
diesel::joinable!(titles -> persons (person_id));
diesel::joinable!(schools -> orgs (host_org_id));
diesel::joinable!(school_branches -> schools (school_id));
diesel::joinable!(school_branches -> orgs (branch_id));
diesel::joinable!(alliance_schools -> alliances (alliance_id));
diesel::joinable!(alliance_schools -> schools (school_id));
diesel::joinable!(accounts -> persons (person_id));
diesel::joinable!(sessions -> accounts (account_id));
diesel::joinable!(audit_entries -> accounts (actor_id));
diesel::joinable!(audit_entries -> persons (for_person_id));
diesel::joinable!(instructors -> persons (person_id));
diesel::joinable!(cues -> media (media_id));
diesel::joinable!(media_chapters -> media (media_id));
diesel::joinable!(lectures -> topics (topic_id));
diesel::joinable!(lectures -> schools (school_id));
diesel::joinable!(lectures -> alliances (alliance_id));
diesel::joinable!(lectures -> media (media_id));
diesel::joinable!(lectures -> accounts (uploaded_by));
diesel::joinable!(lecture_instructors -> lectures (lecture_id));
diesel::joinable!(lecture_instructors -> instructors (instructor_id));
diesel::joinable!(lecture_reviews -> lectures (lecture_id));
diesel::joinable!(lecture_reviews -> accounts (reviewer_id));
diesel::joinable!(handouts -> lectures (lecture_id));
diesel::joinable!(questions -> lectures (lecture_id));
diesel::joinable!(questions -> persons (person_id));
diesel::joinable!(booklets -> accounts (author_id));
diesel::joinable!(booklet_chapters -> booklets (booklet_id));
diesel::joinable!(booklet_reviews -> booklets (booklet_id));
diesel::joinable!(booklet_reviews -> accounts (reviewer_id));
diesel::joinable!(reading_positions -> persons (person_id));
diesel::joinable!(reading_positions -> booklets (booklet_id));
diesel::joinable!(bases -> topics (topic_id));
diesel::joinable!(streams -> media (media_id));
diesel::joinable!(uploads -> accounts (account_id));
diesel::joinable!(uploads -> lectures (lecture_id));
diesel::joinable!(recordings -> lectures (lecture_id));
diesel::joinable!(recordings -> uploads (upload_id));
diesel::joinable!(recordings -> media (media_id));
diesel::joinable!(recordings -> accounts (sent_by));
diesel::joinable!(revisions -> lectures (lecture_id));
diesel::joinable!(revisions -> media (media_id));
diesel::joinable!(editions -> lectures (lecture_id));
diesel::joinable!(editions -> media (media_id));
diesel::joinable!(editions -> accounts (published_by));
diesel::joinable!(review_remarks -> lecture_reviews (review_id));
diesel::joinable!(withdrawals -> lectures (lecture_id));
diesel::joinable!(withdrawals -> accounts (withdrawn_by));
diesel::joinable!(caption_saves -> media (media_id));
diesel::joinable!(caption_saves -> accounts (saved_by));
diesel::joinable!(watch_clocks -> persons (person_id));
diesel::joinable!(watch_clocks -> accounts (account_id));
diesel::joinable!(watch_clocks -> lectures (lecture_id));
diesel::joinable!(watch_clocks -> media (media_id));
diesel::joinable!(watches -> persons (person_id));
diesel::joinable!(watches -> lectures (lecture_id));
diesel::joinable!(watches -> media (media_id));
diesel::joinable!(completions -> persons (person_id));
diesel::joinable!(completions -> lectures (lecture_id));
diesel::joinable!(completions -> media (media_id));
diesel::joinable!(completions -> accounts (acted_by));
diesel::joinable!(completions -> events (event_id));
diesel::joinable!(calendar_days -> calendar_years (calendar_year_id));
diesel::joinable!(cases -> persons (person_id));
diesel::joinable!(case_steps -> cases (case_id));
diesel::joinable!(case_steps -> accounts (by_id));
diesel::joinable!(case_texts -> case_steps (step_id));
diesel::joinable!(notices -> persons (person_id));
diesel::joinable!(notices -> accounts (sent_by));
diesel::joinable!(mail_addresses -> persons (person_id));
diesel::joinable!(mail_sendings -> persons (person_id));
diesel::joinable!(events -> orgs (org_id));
diesel::joinable!(events -> lectures (lecture_id));
diesel::joinable!(events -> schools (school_id));
diesel::joinable!(events -> bases (base_id));
diesel::joinable!(events -> accounts (created_by));
diesel::joinable!(attendances -> events (event_id));
diesel::joinable!(attendances -> persons (person_id));
diesel::joinable!(attendances -> accounts (recorded_by));
diesel::joinable!(attendance_heads -> events (event_id));
diesel::joinable!(attendance_heads -> persons (person_id));
diesel::joinable!(attendance_heads -> attendances (attendance_id));
diesel::joinable!(code_tries -> events (event_id));
diesel::joinable!(code_tries -> persons (person_id));
diesel::joinable!(calendar_feeds -> persons (person_id));
diesel::joinable!(viewings -> events (event_id));
diesel::joinable!(viewings -> lectures (lecture_id));
diesel::joinable!(viewings -> media (media_id));
diesel::joinable!(viewings -> accounts (host_id));
diesel::joinable!(viewers -> viewings (event_id));
diesel::joinable!(viewers -> persons (person_id));
diesel::joinable!(viewers -> accounts (signed_by));
diesel::joinable!(completion_reversals -> completions (completion_id));
diesel::joinable!(completion_reversals -> cases (case_id));
diesel::joinable!(courses -> topics (topic_id));
diesel::joinable!(courses -> accounts (author_id));
diesel::joinable!(course_items -> courses (course_id));
diesel::joinable!(course_items -> lectures (lecture_id));
diesel::joinable!(course_items -> booklets (booklet_id));
diesel::joinable!(course_sessions -> events (event_id));
diesel::joinable!(course_sessions -> courses (course_id));
diesel::joinable!(course_reviews -> courses (course_id));
diesel::joinable!(course_reviews -> accounts (reviewer_id));
diesel::joinable!(offerings -> courses (course_id));
diesel::joinable!(offerings -> events (event_id));
diesel::joinable!(offering_quotas -> offerings (offering_id));
diesel::joinable!(offering_quotas -> orgs (org_id));
diesel::joinable!(enrolments -> offerings (offering_id));
diesel::joinable!(enrolments -> persons (person_id));
diesel::joinable!(enrolments -> offering_quotas (quota_id));
diesel::joinable!(enrolments -> accounts (enrolled_by));
diesel::joinable!(enrolment_steps -> enrolments (enrolment_id));
diesel::joinable!(enrolment_steps -> accounts (by_id));
diesel::joinable!(enrolment_steps -> persons (for_id));
diesel::joinable!(enrolment_texts -> enrolment_steps (step_id));
diesel::joinable!(chapter_reads -> persons (person_id));
diesel::joinable!(chapter_reads -> booklets (booklet_id));
diesel::joinable!(chapter_reads -> accounts (acted_by));
diesel::joinable!(study_records -> enrolments (enrolment_id));
diesel::joinable!(study_records -> persons (person_id));
diesel::joinable!(study_records -> courses (course_id));
diesel::joinable!(study_record_names -> study_records (record_id));
diesel::joinable!(study_record_withdrawals -> study_records (record_id));
diesel::joinable!(study_record_withdrawals -> accounts (withdrawn_by));
diesel::joinable!(banks -> booklets (booklet_id));
diesel::joinable!(banks -> courses (course_id));
diesel::joinable!(banks -> accounts (author_id));
diesel::joinable!(bank_questions -> banks (bank_id));
diesel::joinable!(bank_questions -> accounts (changed_by));
diesel::joinable!(bank_choices -> bank_questions (question_id));
diesel::joinable!(tests -> banks (bank_id));
diesel::joinable!(tests -> accounts (created_by));
diesel::joinable!(attempts -> tests (test_id));
diesel::joinable!(attempts -> persons (person_id));
diesel::joinable!(attempts -> accounts (acted_by));
diesel::joinable!(attempt_answers -> attempts (attempt_id));
diesel::joinable!(attempt_answers -> bank_questions (question_id));
diesel::joinable!(wrong_answers -> persons (person_id));
diesel::joinable!(wrong_answers -> bank_questions (question_id));
diesel::joinable!(booklet_drafts -> booklets (booklet_id));
diesel::joinable!(booklet_drafts -> accounts (changed_by));
diesel::joinable!(chapter_drafts -> booklets (booklet_id));
diesel::joinable!(chapter_drafts -> accounts (changed_by));
diesel::joinable!(chapter_saves -> chapter_drafts (chapter_id));
diesel::joinable!(chapter_saves -> accounts (saved_by));
diesel::joinable!(booklet_verdicts -> booklets (booklet_id));
diesel::joinable!(booklet_verdicts -> accounts (reviewer_id));
diesel::joinable!(attachments -> booklets (booklet_id));
diesel::joinable!(attachments -> courses (course_id));
diesel::joinable!(attachments -> accounts (added_by));
diesel::joinable!(rating_flags -> lectures (lecture_id));
diesel::joinable!(rating_flags -> orgs (branch_id));
diesel::joinable!(rating_flags -> accounts (decided_by));
diesel::joinable!(rating_exclusions -> rating_flags (flag_id));
diesel::joinable!(rating_exclusions -> lectures (lecture_id));
diesel::joinable!(rating_liftings -> rating_exclusions (exclusion_id));
diesel::joinable!(ratings -> lectures (lecture_id));
diesel::joinable!(ratings -> orgs (branch_id));
diesel::joinable!(ratings -> rating_exclusions (exclusion_id));
diesel::joinable!(rating_versions -> ratings (rating_id));
diesel::joinable!(rating_versions -> lectures (lecture_id));
diesel::joinable!(rating_voices -> instructors (instructor_id));
diesel::joinable!(rating_voices -> ratings (rating_id));
diesel::joinable!(rating_voices -> orgs (branch_id));
diesel::joinable!(rating_keys -> persons (person_id));
diesel::joinable!(rating_texts -> ratings (rating_id));
diesel::joinable!(rating_texts -> lectures (lecture_id));
diesel::joinable!(rating_texts -> accounts (decided_by));
diesel::joinable!(rating_text_decisions -> rating_texts (text_id));
diesel::joinable!(rating_text_decisions -> accounts (decided_by));
diesel::joinable!(rating_replies -> rating_texts (text_id));
diesel::joinable!(rating_replies -> lectures (lecture_id));
diesel::joinable!(rating_unmasks -> rating_texts (text_id));
diesel::joinable!(lecture_ratings -> lectures (lecture_id));
diesel::joinable!(instructor_ratings -> instructors (instructor_id));
diesel::joinable!(ranking_snapshots -> rankings (ranking_id));
diesel::joinable!(ranking_rows -> ranking_snapshots (snapshot_id));
diesel::joinable!(ranking_names -> ranking_snapshots (snapshot_id));
diesel::joinable!(ranking_redactions -> rankings (ranking_id));
diesel::joinable!(ranking_redactions -> accounts (by_id));
diesel::joinable!(publications -> rankings (ranking_id));
diesel::joinable!(contests -> accounts (made_by));
diesel::joinable!(contest_locks -> contests (contest_id));
diesel::joinable!(contest_rounds -> contests (contest_id));
diesel::joinable!(contest_steps -> contests (contest_id));
diesel::joinable!(contest_steps -> contest_rounds (round_id));
diesel::joinable!(contest_steps -> accounts (by_id));
diesel::joinable!(contest_entries -> contests (contest_id));
diesel::joinable!(contest_entries -> persons (entrant_id));
diesel::joinable!(contest_entries -> orgs (branch_id));
diesel::joinable!(contest_entries -> schools (school_id));
diesel::joinable!(contest_entries -> alliances (alliance_id));
diesel::joinable!(contest_entries -> lectures (lecture_id));
diesel::joinable!(contest_companions -> contest_entries (entry_id));
diesel::joinable!(contest_companions -> persons (person_id));
diesel::joinable!(contest_scripts -> contest_entries (entry_id));
diesel::joinable!(contest_entry_steps -> contest_entries (entry_id));
diesel::joinable!(contest_entry_steps -> accounts (by_id));
diesel::joinable!(contest_screenings -> contest_entries (entry_id));
diesel::joinable!(contest_screenings -> accounts (screener_id));
diesel::joinable!(contest_judges -> contests (contest_id));
diesel::joinable!(contest_judges -> persons (person_id));
diesel::joinable!(contest_judges -> accounts (invited_by));
diesel::joinable!(recusal_requests -> contest_entries (entry_id));
diesel::joinable!(contest_conflicts -> contests (contest_id));
diesel::joinable!(contest_conflicts -> contest_judges (judge_id));
diesel::joinable!(contest_conflicts -> contest_entries (entry_id));
diesel::joinable!(contest_places -> contest_rounds (round_id));
diesel::joinable!(contest_places -> contest_entries (entry_id));
diesel::joinable!(contest_timings -> contest_places (place_id));
diesel::joinable!(contest_timings -> accounts (by_id));
diesel::joinable!(contest_assignments -> contest_rounds (round_id));
diesel::joinable!(contest_assignments -> contest_judges (judge_id));
diesel::joinable!(contest_assignments -> contest_entries (entry_id));
diesel::joinable!(contest_assignment_steps -> contest_assignments (assignment_id));
diesel::joinable!(contest_assignment_steps -> accounts (by_id));
diesel::joinable!(contest_drafts -> contest_assignments (assignment_id));
diesel::joinable!(contest_sheets -> contest_assignments (assignment_id));
diesel::joinable!(contest_sheets -> accounts (by_id));
diesel::joinable!(contest_comments -> contest_sheets (sheet_id));
diesel::joinable!(contest_papers -> contest_assignments (assignment_id));
diesel::joinable!(contest_papers -> accounts (typist_id));
diesel::joinable!(contest_rulings -> cases (case_id));
diesel::joinable!(contest_rulings -> contest_rounds (round_id));
diesel::joinable!(contest_rulings -> contest_entries (entry_id));
diesel::joinable!(contest_rulings -> contest_judges (judge_id));
diesel::joinable!(contest_rulings -> accounts (by_id));
diesel::joinable!(deliveries -> webhooks (webhook_id));
diesel::joinable!(deliveries -> announcements (announcement_id));
diesel::joinable!(broadcast_items -> broadcast_plans (plan_id));
diesel::joinable!(broadcast_items -> lectures (lecture_id));
diesel::joinable!(screenings -> broadcast_plans (plan_id));
diesel::joinable!(screenings -> broadcast_items (item_id));
diesel::joinable!(screenings -> schools (school_id));
diesel::joinable!(screening_confirmations -> screenings (screening_id));
diesel::joinable!(screening_confirmations -> accounts (recorded_by));
diesel::joinable!(screening_notes -> screening_confirmations (confirmation_id));
diesel::joinable!(channel_records -> broadcast_items (item_id));
diesel::joinable!(kiosks -> schools (school_id));
diesel::joinable!(kiosk_plays -> screenings (screening_id));
diesel::joinable!(gold_lecturers -> contests (contest_id));
diesel::joinable!(gold_lecturers -> contest_entries (entry_id));
diesel::joinable!(gold_lecturers -> persons (person_id));
diesel::joinable!(gold_names -> gold_lecturers (gold_id));
diesel::joinable!(gold_steps -> gold_lecturers (gold_id));
diesel::joinable!(gold_steps -> accounts (by_id));
diesel::joinable!(gold_reasons -> gold_steps (step_id));
diesel::joinable!(audiences -> orgs (org_id));
diesel::joinable!(study_plans -> orgs (org_id));
diesel::joinable!(plan_events -> events (event_id));
diesel::joinable!(plan_events -> study_plans (plan_id));
diesel::joinable!(plan_versions -> study_plans (plan_id));
diesel::joinable!(roster_changes -> persons (person_id));
diesel::joinable!(roster_changes -> orgs (org_id));
diesel::joinable!(person_corrections -> roster_changes (change_id));
diesel::joinable!(roster_notes -> roster_changes (change_id));
diesel::joinable!(transfers -> persons (person_id));
diesel::joinable!(transfer_reasons -> transfers (transfer_id));
diesel::joinable!(org_names -> orgs (org_id));
diesel::joinable!(school_changes -> schools (school_id));
diesel::joinable!(school_changes -> alliances (alliance_id));
diesel::joinable!(home_visit_members -> home_visits (event_id));
diesel::joinable!(home_visit_members -> persons (person_id));
diesel::joinable!(paper_sheet_rows -> paper_sheets (sheet_id));
diesel::joinable!(paper_sheet_rows -> persons (person_id));
diesel::joinable!(paper_sheet_entries -> paper_sheets (sheet_id));
diesel::joinable!(paper_sheet_entries -> accounts (entered_by));
diesel::joinable!(guidance_groups -> orgs (org_id));
diesel::joinable!(guidance_groups -> accounts (made_by));
diesel::joinable!(guidance_members -> guidance_groups (group_id));
diesel::joinable!(guidance_members -> persons (person_id));
diesel::joinable!(guidance_assignments -> guidance_groups (group_id));
diesel::joinable!(guidance_assignments -> orgs (org_id));
diesel::joinable!(guidance_assignments -> accounts (assigned_by));
diesel::joinable!(guidance_plans -> guidance_groups (group_id));
diesel::joinable!(guidance_plans -> accounts (made_by));
diesel::joinable!(guidance_slots -> guidance_plans (plan_id));
diesel::joinable!(guidance_slots -> orgs (org_id));
diesel::joinable!(guidance_visits -> guidance_groups (group_id));
diesel::joinable!(guidance_visits -> orgs (org_id));
diesel::joinable!(guidance_visits -> accounts (recorded_by));
diesel::joinable!(guidance_visit_revisions -> guidance_visits (visit_id));
diesel::joinable!(guidance_visit_revisions -> events (event_id));
diesel::joinable!(guidance_visit_revisions -> accounts (recorded_by));
diesel::joinable!(guidance_visit_people -> guidance_visit_revisions (revision_id));
diesel::joinable!(guidance_visit_people -> persons (person_id));
diesel::joinable!(guidance_visit_texts -> guidance_visit_revisions (revision_id));
diesel::joinable!(guidance_findings -> guidance_visits (visit_id));
diesel::joinable!(guidance_findings -> guidance_groups (group_id));
diesel::joinable!(guidance_findings -> orgs (org_id));
diesel::joinable!(guidance_finding_texts -> guidance_findings (finding_id));
diesel::joinable!(guidance_steps -> guidance_findings (finding_id));
diesel::joinable!(guidance_steps -> accounts (by_account));
diesel::joinable!(guidance_steps -> persons (by_person));
diesel::joinable!(guidance_step_texts -> guidance_steps (step_id));
diesel::joinable!(print_editions -> booklets (booklet_id));
diesel::joinable!(print_editions -> accounts (made_by));
diesel::joinable!(copy_moves -> print_editions (edition_id));
diesel::joinable!(copy_reasons -> copy_moves (move_id));
diesel::joinable!(copy_balances -> print_editions (edition_id));
diesel::joinable!(copy_balances -> orgs (org_id));
diesel::joinable!(copy_holdings -> print_editions (edition_id));
diesel::joinable!(copy_holdings -> persons (person_id));
diesel::joinable!(copy_holdings -> orgs (org_id));
diesel::joinable!(copy_holdings -> copy_moves (move_id));

together! {
    import_touches: imports accounts persons;
    imports: accounts persons;
    orgs: org_placements persons memberships membership_stages member_categories host_stays alliances schools
        school_branches alliance_schools accounts grants one_time_codes instructors cues lectures lecture_instructors
        booklets booklet_chapters bases stories search_documents search_pending completions notices events attendances
        attendance_heads code_tries calendar_feeds viewers completion_reversals courses course_items
        course_prerequisites course_sessions offerings offering_quotas enrolments study_records
        study_record_withdrawals cursors rankings ranking_snapshots contests contest_rounds contest_steps
        contest_entries contest_companions contest_scripts contest_entry_steps contest_screenings contest_judges
        contest_conflicts contest_places contest_assignments contest_assignment_steps broadcast_plans broadcast_items
        screenings screening_confirmations screening_notes broadcast_schools channel_records office_terms
        roster_changes person_corrections roster_notes transfers transfer_reasons org_names guidance_groups
        guidance_members guidance_assignments guidance_slots guidance_visits guidance_findings guidance_finding_texts;
    persons: memberships membership_stages member_categories host_stays titles alliances schools school_branches
        alliance_schools setting_changes secrets accounts grants one_time_codes audit_entries topics instructors media
        cues media_chapters lectures lecture_instructors lecture_reviews handouts booklets booklet_chapters
        booklet_reviews bases feedback streams revisions review_remarks caption_saves watches completions
        calendar_years calendar_days cases case_steps case_texts notices events attendances attendance_heads
        code_tries calendar_feeds viewings viewers completion_reversals courses course_items course_prerequisites
        course_sessions course_reviews offerings enrolments study_records study_record_withdrawals banks
        bank_questions bank_choices tests attempts attempt_answers booklet_drafts chapter_drafts chapter_saves
        booklet_verdicts cursors rating_flags rating_exclusions ratings rating_versions rating_voices rating_keys
        rating_texts rating_unmasks rankings ranking_snapshots ranking_redactions contests contest_locks
        contest_rounds contest_steps contest_entries contest_companions contest_scripts contest_entry_steps
        contest_screenings contest_judges contest_conflicts contest_places contest_assignments
        contest_assignment_steps broadcast_plans broadcast_items screenings screening_confirmations screening_notes
        broadcast_schools gold_lecturers gold_names gold_steps gold_reasons roster_changes person_corrections
        roster_notes transfers transfer_reasons school_changes guidance_groups guidance_members guidance_plans
        guidance_slots guidance_visit_revisions guidance_visit_people guidance_visit_texts guidance_steps
        guidance_step_texts;
    memberships: membership_stages member_categories host_stays alliances schools school_branches alliance_schools
        accounts grants one_time_codes instructors lectures lecture_instructors bases completions notices events
        attendances attendance_heads code_tries calendar_feeds viewers completion_reversals courses
        course_prerequisites course_sessions offerings enrolments study_records study_record_withdrawals cursors
        rating_flags ratings rating_versions rating_voices rating_keys rankings ranking_snapshots contest_rounds
        contest_steps contest_entries contest_companions contest_scripts contest_entry_steps contest_judges
        contest_conflicts contest_places contest_assignments contest_assignment_steps guidance_members;
    membership_stages: member_categories accounts;
    member_categories: accounts events attendances attendance_heads courses course_prerequisites course_sessions
        offerings enrolments study_records study_record_withdrawals cursors;
    office_terms: memberships media lectures watches completions events attendance_heads completion_reversals offerings enrolments
        tests attempts persons;
    host_stays: schools school_branches accounts lectures bases events calendar_feeds courses course_sessions
        offerings enrolments;
    titles: topics instructors lectures lecture_instructors gold_lecturers;
    alliances: schools school_branches alliance_schools topics media cues media_chapters lectures handouts bases
        streams watches completions completion_reversals school_changes;
    schools: school_branches alliance_schools accounts topics instructors media cues media_chapters lectures
        lecture_instructors handouts booklets booklet_chapters bases stories search_documents search_pending streams
        watches completions events calendar_feeds completion_reversals courses course_items course_sessions offerings
        enrolments enrolment_steps enrolment_texts study_records study_record_withdrawals tests contests
        contest_rounds contest_steps contest_entries contest_companions contest_scripts contest_entry_steps
        contest_screenings contest_judges contest_places broadcast_plans broadcast_items screenings
        screening_confirmations screening_notes broadcast_schools channel_records kiosks kiosk_plays school_changes;
    school_branches: alliance_schools accounts grants lectures bases events calendar_feeds courses course_sessions
        offerings enrolments contest_entries contest_companions contest_judges contest_conflicts contest_places
        contest_assignments contest_assignment_steps;
    alliance_schools: accounts grants lectures events contest_entries contest_companions contest_judges
        contest_conflicts contest_places contest_assignments contest_assignment_steps broadcast_plans broadcast_items
        screenings screening_confirmations screening_notes broadcast_schools;
    setting_changes: secrets accounts grants;
    secrets: accounts grants publications;
    accounts: grants one_time_codes sessions second_factors disk_samples audit_entries topics instructors media cues
        media_chapters lectures lecture_instructors lecture_reviews booklets booklet_chapters booklet_reviews bases
        feedback streams uploads recordings revisions editions review_remarks withdrawals caption_saves completions
        calendar_years calendar_days cases case_steps case_texts notices mail_addresses mail_sendings events
        attendances attendance_heads code_tries calendar_feeds viewings viewers completion_reversals courses
        course_items course_prerequisites course_sessions course_reviews offerings enrolments study_records
        study_record_withdrawals banks bank_questions bank_choices tests booklet_drafts chapter_drafts chapter_saves
        booklet_verdicts rankings ranking_snapshots ranking_redactions contests contest_locks contest_rounds
        contest_steps contest_entries contest_companions contest_scripts contest_entry_steps contest_screenings
        contest_judges contest_conflicts contest_places contest_assignments contest_assignment_steps broadcast_plans
        broadcast_items screenings screening_confirmations screening_notes broadcast_schools gold_lecturers gold_names
        gold_steps gold_reasons roster_changes person_corrections roster_notes transfers transfer_reasons
        school_changes guidance_plans guidance_visit_revisions guidance_visit_texts;
    grants: one_time_codes second_factors disk_samples audit_entries notices contest_entries contest_companions
        contest_judges contest_conflicts contest_places contest_assignments contest_assignment_steps;
    one_time_codes: notices;
    second_factors: recovery_codes disk_samples audit_entries;
    disk_samples: audit_entries;
    audit_entries: courses course_items course_prerequisites course_sessions course_reviews offerings enrolments;
    topics: instructors media cues media_chapters lectures lecture_instructors lecture_reviews handouts booklets
        booklet_chapters bases streams revisions review_remarks caption_saves watches completions events
        completion_reversals courses course_items course_prerequisites course_sessions offerings enrolments
        enrolment_steps enrolment_texts study_records study_record_withdrawals tests;
    instructors: media cues media_chapters lectures lecture_instructors lecture_reviews questions booklets
        booklet_chapters bases stories search_documents search_pending streams uploads recordings revisions editions
        review_remarks withdrawals caption_saves completions completion_reversals courses course_items cursors
        rating_exclusions ratings rating_versions rating_voices rating_keys rating_texts contests contest_rounds
        contest_entries contest_entry_steps contest_screenings contest_judges contest_places gold_lecturers gold_names
        gold_steps gold_reasons;
    media: cues media_chapters lectures lecture_instructors lecture_reviews handouts streams uploads recordings
        revisions editions review_remarks withdrawals caption_saves watches completions events attendance_heads
        completion_reversals offerings enrolments tests attempts broadcast_plans broadcast_items screenings kiosks
        kiosk_plays;
    cues: media_chapters lectures lecture_instructors lecture_reviews handouts booklets booklet_chapters bases stories
        search_documents search_pending streams revisions review_remarks caption_saves watches completions
        completion_reversals courses course_items;
    media_chapters: lectures lecture_instructors lecture_reviews handouts streams revisions review_remarks
        caption_saves watches completions completion_reversals;
    lectures: lecture_instructors lecture_reviews handouts questions booklets booklet_chapters bases stories
        search_documents search_pending streams uploads recordings revisions editions review_remarks withdrawals
        caption_saves watch_clocks watches completions events attendances attendance_heads code_tries calendar_feeds
        viewers completion_reversals courses course_items course_prerequisites course_sessions offerings enrolments
        enrolment_steps enrolment_texts chapter_reads study_records study_record_withdrawals tests attempts cursors
        rating_flags rating_exclusions ratings rating_versions rating_voices rating_keys rating_texts
        rating_text_decisions rating_replies city_means lecture_ratings instructor_ratings rankings ranking_snapshots
        contests contest_rounds contest_entries contest_entry_steps contest_screenings contest_judges contest_places
        contest_timings contest_assignments contest_assignment_steps contest_drafts contest_sheets contest_comments
        contest_papers contest_rulings broadcast_plans broadcast_items screenings broadcast_schools channel_records
        kiosks kiosk_plays gold_lecturers gold_names gold_steps gold_reasons;
    lecture_instructors: lecture_reviews questions booklets booklet_chapters bases stories search_documents
        search_pending streams uploads recordings revisions editions review_remarks withdrawals caption_saves
        completions completion_reversals courses course_items cursors rating_exclusions ratings rating_versions
        rating_voices rating_keys rating_texts city_means lecture_ratings instructor_ratings contests contest_entries
        contest_entry_steps contest_screenings contest_judges contest_places;
    lecture_reviews: streams uploads recordings revisions editions review_remarks withdrawals caption_saves
        completions completion_reversals;
    handouts: streams watches completions completion_reversals;
    booklets: booklet_chapters booklet_reviews reading_positions bases stories search_documents search_pending watches
        completions events attendances attendance_heads completion_reversals courses course_items course_prerequisites
        course_sessions offerings enrolments enrolment_steps enrolment_texts chapter_reads study_records
        study_record_withdrawals banks bank_questions tests attempts attempt_answers wrong_answers booklet_drafts
        booklet_verdicts attachments;
    booklet_chapters: reading_positions bases stories search_documents search_pending watches completions events
        attendances attendance_heads completion_reversals courses course_items course_prerequisites course_sessions
        offerings enrolments chapter_reads study_records study_record_withdrawals banks bank_questions tests attempts
        booklet_drafts attachments;
    booklet_reviews: booklet_drafts booklet_verdicts;
    bases: stories search_documents search_pending events calendar_feeds courses course_items course_sessions
        offerings enrolments enrolment_steps enrolment_texts study_records study_record_withdrawals tests;
    stories: search_documents search_pending courses course_items;
    search_documents: search_pending courses course_items;
    search_pending: courses course_items;
    streams: uploads recordings revisions review_remarks caption_saves watches completions completion_reversals
        broadcast_plans broadcast_items screenings kiosks kiosk_plays;
    uploads: recordings revisions editions review_remarks withdrawals;
    recordings: revisions editions review_remarks withdrawals;
    revisions: editions review_remarks withdrawals caption_saves completions completion_reversals;
    editions: review_remarks withdrawals;
    review_remarks: withdrawals caption_saves completions completion_reversals;
    caption_saves: completions completion_reversals;
    watch_clocks: watches viewers;
    watches: completions events attendances attendance_heads viewers completion_reversals courses course_sessions
        offerings enrolments chapter_reads study_records study_record_withdrawals tests attempts;
    completions: notices events attendances attendance_heads code_tries viewings viewers completion_reversals courses
        course_sessions offerings enrolments chapter_reads study_records study_record_withdrawals tests attempts
        cursors rating_flags rating_exclusions ratings rating_versions rating_voices rating_keys rating_texts rankings
        ranking_snapshots;
    calendar_years: calendar_days;
    cases: case_steps case_texts;
    case_steps: case_texts;
    notices: mail_addresses mail_sendings events attendances courses offerings enrolments attempts cursors;
    mail_addresses: mail_sendings;
    events: attendances attendance_heads code_tries calendar_feeds viewers completion_reversals courses course_items
        course_prerequisites course_sessions offerings enrolments enrolment_steps enrolment_texts chapter_reads
        study_records study_record_withdrawals tests attempts cursors rankings ranking_snapshots broadcast_plans
        broadcast_items screenings screening_confirmations screening_notes broadcast_schools guidance_assignments
        guidance_visit_revisions guidance_visit_texts;
    attendances: attendance_heads code_tries viewers completion_reversals courses course_prerequisites course_sessions
        offerings enrolments chapter_reads study_records study_record_withdrawals tests attempts cursors rankings
        ranking_snapshots;
    attendance_heads: code_tries viewers completion_reversals courses course_prerequisites course_sessions offerings
        enrolments chapter_reads study_records study_record_withdrawals tests attempts cursors rankings
        ranking_snapshots;
    code_tries: viewers completion_reversals enrolments;
    calendar_feeds: courses course_sessions offerings enrolments;
    viewings: viewers completion_reversals;
    viewers: completion_reversals enrolments study_records study_record_withdrawals rankings ranking_snapshots;
    completion_reversals: courses course_sessions offerings enrolments chapter_reads study_records
        study_record_withdrawals tests attempts rating_flags rating_exclusions ratings rating_versions rating_voices
        rating_keys rating_texts rankings ranking_snapshots;
    courses: course_items course_prerequisites course_sessions course_reviews offerings enrolments chapter_reads
        study_records study_record_withdrawals banks bank_questions tests attempts attempt_answers booklet_drafts
        attachments cursors;
    course_items: course_prerequisites course_sessions course_reviews offerings enrolments tests;
    course_prerequisites: course_sessions course_reviews offerings enrolments study_records study_record_withdrawals
        tests cursors;
    course_sessions: course_reviews offerings enrolments enrolment_steps enrolment_texts chapter_reads study_records
        study_record_withdrawals tests cursors;
    course_reviews: offerings enrolments;
    offerings: offering_quotas enrolments chapter_reads study_records study_record_names study_record_withdrawals
        tests attempts cursors;
    offering_quotas: enrolments;
    enrolments: enrolment_steps enrolment_texts chapter_reads study_records study_record_names
        study_record_withdrawals tests attempts cursors;
    enrolment_steps: enrolment_texts study_records study_record_withdrawals tests;
    enrolment_texts: study_records study_record_withdrawals tests;
    chapter_reads: study_records study_record_names study_record_withdrawals tests attempts memberships;
    study_records: study_record_names study_record_withdrawals tests attempts cursors rankings ranking_snapshots;
    study_record_names: study_record_withdrawals;
    study_record_withdrawals: tests attempts cursors rankings ranking_snapshots;
    banks: bank_questions bank_choices tests attempts attempt_answers wrong_answers;
    bank_questions: bank_choices tests attempts attempt_answers wrong_answers;
    tests: attempts attempt_answers;
    attempts: attempt_answers wrong_answers cursors;
    attempt_answers: wrong_answers;
    booklet_drafts: booklet_verdicts attachments;
    chapter_drafts: chapter_saves;
    rating_flags: rating_exclusions ratings rating_versions rating_voices rating_keys rating_texts rating_unmasks;
    rating_exclusions: rating_liftings ratings rating_versions rating_voices rating_keys rating_texts rating_unmasks;
    ratings: rating_versions rating_voices rating_keys rating_texts rating_text_decisions rating_replies
        rating_unmasks city_means lecture_ratings instructor_ratings;
    rating_versions: rating_voices rating_keys rating_texts rating_unmasks city_means lecture_ratings
        instructor_ratings;
    rating_voices: rating_keys rating_texts rating_unmasks city_means lecture_ratings instructor_ratings;
    rating_keys: rating_texts rating_unmasks;
    rating_texts: rating_text_decisions rating_replies rating_unmasks;
    rating_text_decisions: rating_replies;
    city_means: lecture_ratings instructor_ratings;
    lecture_ratings: instructor_ratings;
    rankings: ranking_snapshots ranking_rows ranking_names ranking_redactions;
    ranking_snapshots: ranking_rows ranking_names ranking_redactions;
    ranking_rows: ranking_names ranking_redactions;
    ranking_names: ranking_redactions;
    contests: contest_locks contest_rounds contest_steps contest_entries contest_entry_steps contest_screenings
        contest_judges contest_places gold_lecturers gold_names gold_steps gold_reasons;
    contest_locks: contest_rounds contest_steps;
    contest_rounds: contest_steps contest_entries contest_companions contest_scripts contest_entry_steps
        contest_places gold_lecturers gold_names gold_steps gold_reasons contest_assignments contest_sheets
        contest_comments;
    contest_steps: contest_entries contest_companions contest_scripts contest_entry_steps contest_places;
    recusal_requests: contest_entries;
    contest_entries: contest_companions contest_scripts contest_entry_steps contest_screenings contest_judges
        contest_conflicts contest_places contest_timings contest_assignments contest_assignment_steps contest_drafts
        contest_sheets contest_comments contest_papers contest_rulings gold_lecturers gold_names gold_steps
        gold_reasons;
    contest_companions: contest_scripts contest_entry_steps contest_judges contest_conflicts contest_places
        contest_assignments contest_assignment_steps;
    contest_scripts: contest_entry_steps contest_places;
    contest_entry_steps: contest_screenings contest_judges contest_places;
    contest_screenings: contest_judges contest_places;
    contest_judges: contest_conflicts contest_places contest_timings contest_assignments contest_assignment_steps
        contest_drafts contest_sheets contest_comments contest_papers contest_rulings;
    contest_conflicts: contest_places contest_assignments contest_assignment_steps;
    contest_places: contest_timings contest_assignments contest_assignment_steps contest_drafts contest_sheets
        contest_comments contest_papers contest_rulings;
    contest_timings: contest_assignments contest_assignment_steps contest_drafts contest_sheets contest_comments
        contest_papers contest_rulings;
    contest_assignments: contest_assignment_steps contest_drafts contest_sheets contest_comments contest_papers
        contest_rulings;
    contest_assignment_steps: contest_drafts contest_sheets contest_comments contest_papers contest_rulings;
    contest_drafts: contest_sheets contest_comments contest_papers contest_rulings;
    contest_sheets: contest_comments contest_papers contest_rulings;
    contest_comments: contest_papers contest_rulings;
    contest_papers: contest_rulings;
    webhooks: announcements deliveries;
    announcements: deliveries;
    broadcast_plans: broadcast_items screenings screening_confirmations screening_notes broadcast_schools
        channel_records kiosks kiosk_plays;
    broadcast_items: screenings screening_confirmations screening_notes broadcast_schools channel_records kiosks
        kiosk_plays;
    screenings: screening_confirmations screening_notes broadcast_schools channel_records kiosks kiosk_plays;
    screening_confirmations: screening_notes broadcast_schools;
    screening_notes: broadcast_schools;
    kiosks: kiosk_plays;
    gold_lecturers: gold_names gold_steps gold_reasons;
    gold_names: gold_steps gold_reasons;
    gold_steps: gold_reasons;
    audiences: orgs;
    study_plans: orgs plan_versions plan_events;
    exemptions: memberships orgs;
    plan_events: events attendances attendance_heads memberships;
    errands: persons;
    roster_changes: person_corrections roster_notes;
    person_corrections: roster_notes;
    transfers: transfer_reasons;
    home_visits: events orgs home_visit_members persons;
    home_visit_members: persons events orgs;
    paper_sheets: events paper_sheet_entries;
    paper_sheet_rows: paper_sheets persons;
    paper_sheet_entries: accounts persons;
    guidance_groups: guidance_members guidance_plans;
    guidance_visit_revisions: guidance_visit_texts;
    guidance_findings: guidance_finding_texts;
    guidance_steps: guidance_step_texts;
    print_editions: booklets accounts persons orgs copy_moves copy_reasons copy_balances copy_holdings;
    copy_moves: accounts persons orgs copy_reasons copy_holdings memberships;
    copy_holdings: persons orgs memberships accounts copy_reasons;
    copy_balances: orgs;
}
