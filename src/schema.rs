//! The tables, as Diesel sees them. Held equal to both migration folders by `tests/portal/migrations.rs`.
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
        acted_by -> Nullable<BigInt>,
        completed_at -> Timestamp,
        seconds -> Integer,
        length_s -> Integer,
        threshold -> Integer,
        rule -> Text,
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
diesel::allow_tables_to_appear_in_same_query!(
    streams,
    uploads,
    recordings,
    jobs,
    revisions,
    editions,
    review_remarks,
    withdrawals,
    caption_saves,
    watch_clocks,
    watches,
    completions,
    orgs,
    org_placements,
    persons,
    memberships,
    membership_stages,
    member_categories,
    office_terms,
    host_stays,
    titles,
    alliances,
    schools,
    school_branches,
    alliance_schools,
    setting_changes,
    secrets,
    accounts,
    grants,
    one_time_codes,
    sessions,
    throttles,
    second_factors,
    recovery_codes,
    disk_samples,
    audit_entries,
    topics,
    instructors,
    media,
    cues,
    media_chapters,
    lectures,
    lecture_instructors,
    lecture_reviews,
    handouts,
    questions,
    booklets,
    booklet_chapters,
    booklet_reviews,
    reading_positions,
    bases,
    stories,
    feedback,
    search_documents,
    search_pending,
    generations,
);
