-- make-up study is asked for by its own day, which is not that of the event
CREATE INDEX attendance_heads_makeup ON attendance_heads (event_id) WHERE status = 'makeup';
