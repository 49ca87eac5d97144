COMMENT ON SCHEMA public IS 'standard public schema';
CREATE TABLE public.batches (
    connection text NOT NULL COLLATE pg_catalog."C",
    number bigint NOT NULL,
    is_fenced boolean NOT NULL,
    used_at bigint NOT NULL
)
WITH (fillfactor='50');
CREATE TABLE public.callbacks (
    awaited text NOT NULL COLLATE pg_catalog."C",
    awaiter text NOT NULL COLLATE pg_catalog."C",
    ready smallint NOT NULL
);
CREATE TABLE public.calls (
    called text NOT NULL COLLATE pg_catalog."C",
    caller text NOT NULL COLLATE pg_catalog."C"
);
CREATE TABLE public.dead_letters (
    id bigint NOT NULL,
    awaited text NOT NULL COLLATE pg_catalog."C",
    address text NOT NULL COLLATE pg_catalog."C",
    transport text NOT NULL COLLATE pg_catalog."C",
    target text NOT NULL COLLATE pg_catalog."C",
    prefers text COLLATE pg_catalog."C",
    attempts bigint NOT NULL,
    last_error text NOT NULL,
    enqueued_at bigint NOT NULL,
    died_at bigint NOT NULL
);
ALTER TABLE public.dead_letters ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.dead_letters_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.leases (
    role text NOT NULL COLLATE pg_catalog."C",
    holder text NOT NULL,
    ends_at bigint NOT NULL
);
CREATE TABLE public.listeners (
    awaited text NOT NULL COLLATE pg_catalog."C",
    address text NOT NULL COLLATE pg_catalog."C",
    transport text NOT NULL COLLATE pg_catalog."C",
    target text NOT NULL COLLATE pg_catalog."C",
    prefers text COLLATE pg_catalog."C",
    enqueued_at bigint,
    attempts bigint NOT NULL,
    claimed_by text COLLATE pg_catalog."C",
    due_at bigint,
    deferred_by text COLLATE pg_catalog."C"
);
CREATE TABLE public.processes (
    id text NOT NULL COLLATE pg_catalog."C",
    role text NOT NULL,
    version text NOT NULL,
    host text NOT NULL,
    started_at bigint NOT NULL,
    leader smallint NOT NULL,
    heartbeat_at bigint NOT NULL,
    stats text
)
WITH (fillfactor='50');
CREATE TABLE public.promise_tags (
    name text NOT NULL COLLATE pg_catalog."C",
    value text NOT NULL COLLATE pg_catalog."C",
    promise_id text NOT NULL COLLATE pg_catalog."C"
);
CREATE TABLE public.promises (
    id text NOT NULL COLLATE pg_catalog."C",
    state text NOT NULL COLLATE pg_catalog."C",
    param text NOT NULL,
    value text NOT NULL,
    tags text NOT NULL,
    timeout_at bigint NOT NULL,
    created_at bigint NOT NULL,
    settled_at bigint,
    is_timer smallint NOT NULL,
    origin text COLLATE pg_catalog."C",
    branch text COLLATE pg_catalog."C",
    parent text COLLATE pg_catalog."C",
    schedule text COLLATE pg_catalog."C",
    func text COLLATE pg_catalog."C"
);
CREATE TABLE public.removals (
    origin text NOT NULL COLLATE pg_catalog."C",
    settled_until bigint NOT NULL
);
CREATE TABLE public.schedules (
    id text NOT NULL COLLATE pg_catalog."C",
    cron text NOT NULL,
    promise_id text NOT NULL,
    promise_timeout bigint NOT NULL,
    promise_param text NOT NULL,
    promise_tags text NOT NULL,
    created_at bigint NOT NULL,
    next_run_at bigint NOT NULL,
    last_run_at bigint,
    timezone text,
    overlap text,
    catch_up text,
    paused_at bigint,
    cron_dialect text,
    fault text
);
CREATE TABLE public.schema_migrations (
    version bigint NOT NULL,
    name text NOT NULL,
    applied_at timestamp with time zone DEFAULT now() NOT NULL
);
CREATE TABLE public.settings (
    key text NOT NULL COLLATE pg_catalog."C",
    value text NOT NULL
);
CREATE TABLE public.tasks (
    id text NOT NULL COLLATE pg_catalog."C",
    state text NOT NULL COLLATE pg_catalog."C",
    version bigint NOT NULL,
    resumes bigint NOT NULL,
    pid text,
    ttl bigint,
    timeout_at bigint NOT NULL,
    due_at bigint,
    address text NOT NULL,
    transport text NOT NULL COLLATE pg_catalog."C",
    target text NOT NULL COLLATE pg_catalog."C",
    prefers text COLLATE pg_catalog."C",
    enqueued_at bigint,
    attempts bigint NOT NULL,
    claimed_by text COLLATE pg_catalog."C",
    setbacks integer DEFAULT 0 NOT NULL,
    deferred_by text COLLATE pg_catalog."C"
);
ALTER TABLE ONLY public.batches
    ADD CONSTRAINT batches_pkey PRIMARY KEY (connection);
ALTER TABLE ONLY public.callbacks
    ADD CONSTRAINT callbacks_pkey PRIMARY KEY (awaited, awaiter);
ALTER TABLE ONLY public.calls
    ADD CONSTRAINT calls_pkey PRIMARY KEY (called, caller);
ALTER TABLE ONLY public.dead_letters
    ADD CONSTRAINT dead_letters_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.leases
    ADD CONSTRAINT leases_pkey PRIMARY KEY (role);
ALTER TABLE ONLY public.listeners
    ADD CONSTRAINT listeners_pkey PRIMARY KEY (awaited, address);
ALTER TABLE ONLY public.processes
    ADD CONSTRAINT processes_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.promise_tags
    ADD CONSTRAINT promise_tags_pkey PRIMARY KEY (name, value, promise_id);
ALTER TABLE ONLY public.promises
    ADD CONSTRAINT promises_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.removals
    ADD CONSTRAINT removals_pkey PRIMARY KEY (origin);
ALTER TABLE ONLY public.schedules
    ADD CONSTRAINT schedules_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.schema_migrations
    ADD CONSTRAINT schema_migrations_pkey PRIMARY KEY (version);
ALTER TABLE ONLY public.settings
    ADD CONSTRAINT settings_pkey PRIMARY KEY (key);
ALTER TABLE ONLY public.tasks
    ADD CONSTRAINT tasks_pkey PRIMARY KEY (id);
CREATE INDEX callbacks_awaiter ON public.callbacks USING btree (awaiter COLLATE "POSIX", ready);
CREATE INDEX dead_letters_awaited ON public.dead_letters USING btree (awaited);
CREATE INDEX dead_letters_died ON public.dead_letters USING btree (died_at);
CREATE INDEX dead_letters_target ON public.dead_letters USING btree (target, id);
CREATE INDEX listeners_age ON public.listeners USING btree (transport, enqueued_at) WHERE ((due_at IS NOT NULL) AND (enqueued_at IS NOT NULL));
CREATE INDEX listeners_dispatch ON public.listeners USING btree (transport, target, due_at) WHERE (due_at IS NOT NULL);
CREATE INDEX promises_branch ON public.promises USING btree (branch, id) WHERE (branch IS NOT NULL);
CREATE INDEX promises_created ON public.promises USING btree (created_at);
CREATE INDEX promises_func ON public.promises USING btree (func, created_at) WHERE (func IS NOT NULL);
CREATE INDEX promises_origin ON public.promises USING btree (origin, id) WHERE (origin IS NOT NULL);
CREATE INDEX promises_parent ON public.promises USING btree (parent, id) WHERE (parent IS NOT NULL);
CREATE INDEX promises_schedule ON public.promises USING btree (schedule, id) WHERE (schedule IS NOT NULL);
CREATE INDEX promises_settled ON public.promises USING btree (settled_at, id) WHERE (settled_at IS NOT NULL);
CREATE INDEX promises_state ON public.promises USING btree (state, id);
CREATE INDEX promises_timeout ON public.promises USING btree (timeout_at) WHERE (state = 'pending'::text);
CREATE INDEX schedules_next_run ON public.schedules USING btree (next_run_at);
CREATE INDEX tasks_dispatch ON public.tasks USING btree (transport, target, due_at) WHERE (state = 'pending'::text);
CREATE INDEX tasks_lease ON public.tasks USING btree (due_at) WHERE (state = 'acquired'::text);
CREATE INDEX tasks_state ON public.tasks USING btree (state, id);
INSERT INTO public.batches (number, used_at, is_fenced, connection) OVERRIDING SYSTEM VALUE VALUES (19, 1796098450213, false, '298f950d-6526-47c6-887b-3b9e82b4c9d2');
INSERT INTO public.batches (number, used_at, is_fenced, connection) OVERRIDING SYSTEM VALUE VALUES (4, 1796098450250, false, 'c2ac0cfb-3d1e-4aba-84ab-0037cdc1a058');
INSERT INTO public.batches (number, used_at, is_fenced, connection) OVERRIDING SYSTEM VALUE VALUES (22, 1796098450279, false, '9edc8a93-f251-49a6-8b85-3f7d02a9f233');
INSERT INTO public.callbacks (ready, awaited, awaiter) OVERRIDING SYSTEM VALUE VALUES (0, 'pending', 'task-suspended');
INSERT INTO public.callbacks (ready, awaited, awaiter) OVERRIDING SYSTEM VALUE VALUES (1, 'awaited-early', 'task-resumed');
INSERT INTO public.callbacks (ready, awaited, awaiter) OVERRIDING SYSTEM VALUE VALUES (1, 'awaited-late', 'task-waiting');
INSERT INTO public.dead_letters (id, target, address, awaited, died_at, prefers, attempts, transport, last_error, enqueued_at) OVERRIDING SYSTEM VALUE VALUES (1, 'http://127.0.0.1:24795', 'http://127.0.0.1:24795/', 'undeliverable', 1796098450270, NULL, 1, 'http', 'connect ECONNREFUSED 127.0.0.1:24795', 1796098450222);
INSERT INTO public.listeners (due_at, target, address, awaited, prefers, attempts, transport, claimed_by, deferred_by, enqueued_at) OVERRIDING SYSTEM VALUE VALUES (NULL, 'clients', 'poll://any@clients', 'pending', NULL, 0, 'poll', NULL, NULL, NULL);
INSERT INTO public.listeners (due_at, target, address, awaited, prefers, attempts, transport, claimed_by, deferred_by, enqueued_at) OVERRIDING SYSTEM VALUE VALUES (1796098450213, 'clients', 'poll://any@clients', 'heard', NULL, 0, 'poll', NULL, NULL, 1796098450213);
INSERT INTO public.promise_tags (name, value, promise_id) OVERRIDING SYSTEM VALUE VALUES ('env', 'prod', 'pending');
INSERT INTO public.promise_tags (name, value, promise_id) OVERRIDING SYSTEM VALUE VALUES ( E' Ünï/cødé "quoted" \\back% ',  E' Ünï/cødé "quoted" \\back% ',  E' Ünï/cødé "quoted" \\back% ');
INSERT INTO public.promise_tags (name, value, promise_id) OVERRIDING SYSTEM VALUE VALUES ('long', 'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx',  E' Ünï/cødé "quoted" \\back% ');
INSERT INTO public.promise_tags (name, value, promise_id) OVERRIDING SYSTEM VALUE VALUES ('resonate:timer', 'true', 'timer');
INSERT INTO public.promise_tags (name, value, promise_id) OVERRIDING SYSTEM VALUE VALUES ('resonate:target', 'poll://any@workers', 'task-pending');
INSERT INTO public.promise_tags (name, value, promise_id) OVERRIDING SYSTEM VALUE VALUES ('resonate:target', 'poll://any@workers', 'task-acquired');
INSERT INTO public.promise_tags (name, value, promise_id) OVERRIDING SYSTEM VALUE VALUES ('resonate:target', 'poll://any@workers', 'task-suspended');
INSERT INTO public.promise_tags (name, value, promise_id) OVERRIDING SYSTEM VALUE VALUES ('resonate:target', 'poll://any@workers', 'task-halted');
INSERT INTO public.promise_tags (name, value, promise_id) OVERRIDING SYSTEM VALUE VALUES ('resonate:target', 'poll://any@workers', 'task-fulfilled');
INSERT INTO public.promise_tags (name, value, promise_id) OVERRIDING SYSTEM VALUE VALUES ('resonate:target', 'poll://any@workers', 'task-released');
INSERT INTO public.promise_tags (name, value, promise_id) OVERRIDING SYSTEM VALUE VALUES ('resonate:target', 'poll://any@workers', 'task-resumed');
INSERT INTO public.promise_tags (name, value, promise_id) OVERRIDING SYSTEM VALUE VALUES ('resonate:target', 'poll://any@workers', 'task-waiting');
INSERT INTO public.promises (id, func, tags, param, state, value, branch, origin, parent, is_timer, schedule, created_at, settled_at, timeout_at) OVERRIDING SYSTEM VALUE VALUES ('pending', 'f', '{"resonate:origin":"root","resonate:parent":"root","resonate:branch":"root","env":"prod"}', '{"headers":{"a":"b"},"data":"eyJmdW5jIjoiZiIsImlkIjoicGVuZGluZyJ9"}', 'pending', '{}', 'root', 'root', 'root', 0, NULL, 1796098449952, NULL, 9000000000000);
INSERT INTO public.promises (id, func, tags, param, state, value, branch, origin, parent, is_timer, schedule, created_at, settled_at, timeout_at) OVERRIDING SYSTEM VALUE VALUES ( E' Ünï/cødé "quoted" \\back% ', 'f',  E'{" Ünï/cødé \\"quoted\\" \\\\back% ":" Ünï/cødé \\"quoted\\" \\\\back% ","long":"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"}', '{"headers":{"a":"b"},"data":"eyJmdW5jIjoiZiIsImlkIjoiIMOcbsOvL2PDuGTDqSAicXVvdGVkIiBcYmFjayUgIn0="}', 'pending', '{}', NULL, NULL, NULL, 0, NULL, 1796098449972, NULL, 9000000000000);
INSERT INTO public.promises (id, func, tags, param, state, value, branch, origin, parent, is_timer, schedule, created_at, settled_at, timeout_at) OVERRIDING SYSTEM VALUE VALUES ('resolved', 'f', '{}', '{"headers":{"a":"b"},"data":"eyJmdW5jIjoiZiIsImlkIjoicmVzb2x2ZWQifQ=="}', 'resolved', '{"headers":{"ok":"✓"},"data":"InJlc3VsdCBvZiByZXNvbHZlZCI="}', NULL, NULL, NULL, 0, NULL, 1796098449985, 1796098449992, 9000000000000);
INSERT INTO public.promises (id, func, tags, param, state, value, branch, origin, parent, is_timer, schedule, created_at, settled_at, timeout_at) OVERRIDING SYSTEM VALUE VALUES ('rejected', 'f', '{}', '{"headers":{"a":"b"},"data":"eyJmdW5jIjoiZiIsImlkIjoicmVqZWN0ZWQifQ=="}', 'rejected', '{"headers":{"ok":"✓"},"data":"InJlc3VsdCBvZiByZWplY3RlZCI="}', NULL, NULL, NULL, 0, NULL, 1796098449999, 1796098450003, 9000000000000);
INSERT INTO public.promises (id, func, tags, param, state, value, branch, origin, parent, is_timer, schedule, created_at, settled_at, timeout_at) OVERRIDING SYSTEM VALUE VALUES ('rejected_canceled', 'f', '{}', '{"headers":{"a":"b"},"data":"eyJmdW5jIjoiZiIsImlkIjoicmVqZWN0ZWRfY2FuY2VsZWQifQ=="}', 'rejected_canceled', '{"headers":{"ok":"✓"},"data":"InJlc3VsdCBvZiByZWplY3RlZF9jYW5jZWxlZCI="}', NULL, NULL, NULL, 0, NULL, 1796098450007, 1796098450011, 9000000000000);
INSERT INTO public.promises (id, func, tags, param, state, value, branch, origin, parent, is_timer, schedule, created_at, settled_at, timeout_at) OVERRIDING SYSTEM VALUE VALUES ('task-pending', 'f', '{"resonate:target":"poll://any@workers","resonate:origin":"root"}', '{"headers":{"a":"b"},"data":"eyJmdW5jIjoiZiIsImlkIjoidGFzay1wZW5kaW5nIn0="}', 'pending', '{}', NULL, 'root', NULL, 0, NULL, 1796098450052, NULL, 9000000000000);
INSERT INTO public.promises (id, func, tags, param, state, value, branch, origin, parent, is_timer, schedule, created_at, settled_at, timeout_at) OVERRIDING SYSTEM VALUE VALUES ('task-acquired', 'f', '{"resonate:target":"poll://any@workers","resonate:origin":"root"}', '{"headers":{"a":"b"},"data":"eyJmdW5jIjoiZiIsImlkIjoidGFzay1hY3F1aXJlZCJ9"}', 'pending', '{}', NULL, 'root', NULL, 0, NULL, 1796098450079, NULL, 9000000000000);
INSERT INTO public.promises (id, func, tags, param, state, value, branch, origin, parent, is_timer, schedule, created_at, settled_at, timeout_at) OVERRIDING SYSTEM VALUE VALUES ('task-suspended', 'f', '{"resonate:target":"poll://any@workers","resonate:origin":"root"}', '{"headers":{"a":"b"},"data":"eyJmdW5jIjoiZiIsImlkIjoidGFzay1zdXNwZW5kZWQifQ=="}', 'pending', '{}', NULL, 'root', NULL, 0, NULL, 1796098450096, NULL, 9000000000000);
INSERT INTO public.promises (id, func, tags, param, state, value, branch, origin, parent, is_timer, schedule, created_at, settled_at, timeout_at) OVERRIDING SYSTEM VALUE VALUES ('task-halted', 'f', '{"resonate:target":"poll://any@workers","resonate:origin":"root"}', '{"headers":{"a":"b"},"data":"eyJmdW5jIjoiZiIsImlkIjoidGFzay1oYWx0ZWQifQ=="}', 'pending', '{}', NULL, 'root', NULL, 0, NULL, 1796098450107, NULL, 9000000000000);
INSERT INTO public.promises (id, func, tags, param, state, value, branch, origin, parent, is_timer, schedule, created_at, settled_at, timeout_at) OVERRIDING SYSTEM VALUE VALUES ('task-released', 'f', '{"resonate:target":"poll://any@workers","resonate:origin":"root"}', '{"headers":{"a":"b"},"data":"eyJmdW5jIjoiZiIsImlkIjoidGFzay1yZWxlYXNlZCJ9"}', 'pending', '{}', NULL, 'root', NULL, 0, NULL, 1796098450117, NULL, 9000000000000);
INSERT INTO public.promises (id, func, tags, param, state, value, branch, origin, parent, is_timer, schedule, created_at, settled_at, timeout_at) OVERRIDING SYSTEM VALUE VALUES ('task-resumed', 'f', '{"resonate:target":"poll://any@workers","resonate:origin":"root"}', '{"headers":{"a":"b"},"data":"eyJmdW5jIjoiZiIsImlkIjoidGFzay1yZXN1bWVkIn0="}', 'pending', '{}', NULL, 'root', NULL, 0, NULL, 1796098450121, NULL, 9000000000000);
INSERT INTO public.promises (id, func, tags, param, state, value, branch, origin, parent, is_timer, schedule, created_at, settled_at, timeout_at) OVERRIDING SYSTEM VALUE VALUES ('task-waiting', 'f', '{"resonate:target":"poll://any@workers","resonate:origin":"root"}', '{"headers":{"a":"b"},"data":"eyJmdW5jIjoiZiIsImlkIjoidGFzay13YWl0aW5nIn0="}', 'pending', '{}', NULL, 'root', NULL, 0, NULL, 1796098450124, NULL, 9000000000000);
INSERT INTO public.promises (id, func, tags, param, state, value, branch, origin, parent, is_timer, schedule, created_at, settled_at, timeout_at) OVERRIDING SYSTEM VALUE VALUES ('task-fulfilled', 'f', '{"resonate:target":"poll://any@workers","resonate:origin":"root"}', '{"headers":{"a":"b"},"data":"eyJmdW5jIjoiZiIsImlkIjoidGFzay1mdWxmaWxsZWQifQ=="}', 'resolved', '{"data":"ImRvbmUi"}', NULL, 'root', NULL, 0, NULL, 1796098450111, 1796098450159, 9000000000000);
INSERT INTO public.promises (id, func, tags, param, state, value, branch, origin, parent, is_timer, schedule, created_at, settled_at, timeout_at) OVERRIDING SYSTEM VALUE VALUES ('awaited-early', 'f', '{}', '{"headers":{"a":"b"},"data":"eyJmdW5jIjoiZiIsImlkIjoiYXdhaXRlZC1lYXJseSJ9"}', 'resolved', '{"headers":{"ok":"✓"},"data":"InJlc3VsdCBvZiBhd2FpdGVkLWVhcmx5Ig=="}', NULL, NULL, NULL, 0, NULL, 1796098450184, 1796098450191, 9000000000000);
INSERT INTO public.promises (id, func, tags, param, state, value, branch, origin, parent, is_timer, schedule, created_at, settled_at, timeout_at) OVERRIDING SYSTEM VALUE VALUES ('awaited-late', 'f', '{}', '{"headers":{"a":"b"},"data":"eyJmdW5jIjoiZiIsImlkIjoiYXdhaXRlZC1sYXRlIn0="}', 'resolved', '{"headers":{"ok":"✓"},"data":"InJlc3VsdCBvZiBhd2FpdGVkLWxhdGUi"}', NULL, NULL, NULL, 0, NULL, 1796098450196, 1796098450200, 9000000000000);
INSERT INTO public.promises (id, func, tags, param, state, value, branch, origin, parent, is_timer, schedule, created_at, settled_at, timeout_at) OVERRIDING SYSTEM VALUE VALUES ('heard', 'f', '{}', '{"headers":{"a":"b"},"data":"eyJmdW5jIjoiZiIsImlkIjoiaGVhcmQifQ=="}', 'resolved', '{"headers":{"ok":"✓"},"data":"InJlc3VsdCBvZiBoZWFyZCI="}', NULL, NULL, NULL, 0, NULL, 1796098450207, 1796098450213, 9000000000000);
INSERT INTO public.promises (id, func, tags, param, state, value, branch, origin, parent, is_timer, schedule, created_at, settled_at, timeout_at) OVERRIDING SYSTEM VALUE VALUES ('rejected_timedout', 'f', '{}', '{"headers":{"a":"b"},"data":"eyJmdW5jIjoiZiIsImlkIjoicmVqZWN0ZWRfdGltZWRvdXQifQ=="}', 'rejected_timedout', '{}', NULL, NULL, NULL, 0, NULL, 1796098450015, 1796098450213, 1796098450213);
INSERT INTO public.promises (id, func, tags, param, state, value, branch, origin, parent, is_timer, schedule, created_at, settled_at, timeout_at) OVERRIDING SYSTEM VALUE VALUES ('undeliverable', 'f', '{}', '{"headers":{"a":"b"},"data":"eyJmdW5jIjoiZiIsImlkIjoidW5kZWxpdmVyYWJsZSJ9"}', 'resolved', '{"headers":{"ok":"✓"},"data":"InJlc3VsdCBvZiB1bmRlbGl2ZXJhYmxlIg=="}', NULL, NULL, NULL, 0, NULL, 1796098450217, 1796098450222, 9000000000000);
INSERT INTO public.promises (id, func, tags, param, state, value, branch, origin, parent, is_timer, schedule, created_at, settled_at, timeout_at) OVERRIDING SYSTEM VALUE VALUES ('timer', 'f', '{"resonate:timer":"true"}', '{"headers":{"a":"b"},"data":"eyJmdW5jIjoiZiIsImlkIjoidGltZXIifQ=="}', 'resolved', '{}', NULL, NULL, NULL, 1, NULL, 1796098450046, 1796098450245, 1796098450245);
INSERT INTO public.schedules (id, cron, fault, overlap, catch_up, timezone, paused_at, created_at, promise_id, last_run_at, next_run_at, cron_dialect, promise_tags, promise_param, promise_timeout) OVERRIDING SYSTEM VALUE VALUES ('yearly', '0 0 1 1 *', NULL, NULL, NULL, NULL, NULL, 1796098450250, '{{.id}}.{{.timestamp}}', NULL, 1798761600000, NULL, '{"resonate:target":"poll://any@workers"}', '{"data":"WzFd"}', 86400000);
INSERT INTO public.schedules (id, cron, fault, overlap, catch_up, timezone, paused_at, created_at, promise_id, last_run_at, next_run_at, cron_dialect, promise_tags, promise_param, promise_timeout) OVERRIDING SYSTEM VALUE VALUES ('with-policies', '0 0 1 1 *', NULL, 'skip', 'all', 'Europe/Berlin', NULL, 1796098450270, '{{.id}}.{{.timestamp}}', NULL, 1798758000000, 'unix', '{"resonate:target":"poll://any@workers"}', '{"data":"WzFd"}', 86400000);
INSERT INTO public.schedules (id, cron, fault, overlap, catch_up, timezone, paused_at, created_at, promise_id, last_run_at, next_run_at, cron_dialect, promise_tags, promise_param, promise_timeout) OVERRIDING SYSTEM VALUE VALUES ('paused', '0 0 1 1 *', NULL, NULL, NULL, NULL, 1796098450279, 1796098450277, '{{.id}}.{{.timestamp}}', NULL, 9007199254740991, NULL, '{"resonate:target":"poll://any@workers"}', '{"data":"WzFd"}', 86400000);
INSERT INTO public.schema_migrations (name, version, applied_at) OVERRIDING SYSTEM VALUE VALUES ('initial', 1, '2026-12-01T04:14:09.56502+00:00');
INSERT INTO public.schema_migrations (name, version, applied_at) OVERRIDING SYSTEM VALUE VALUES ('dead_letters', 2, '2026-12-01T04:14:09.56502+00:00');
INSERT INTO public.schema_migrations (name, version, applied_at) OVERRIDING SYSTEM VALUE VALUES ('schedule_policies', 3, '2026-12-01T04:14:09.56502+00:00');
INSERT INTO public.schema_migrations (name, version, applied_at) OVERRIDING SYSTEM VALUE VALUES ('retention', 4, '2026-12-01T04:14:09.56502+00:00');
INSERT INTO public.schema_migrations (name, version, applied_at) OVERRIDING SYSTEM VALUE VALUES ('dashboard', 5, '2026-12-01T04:14:09.56502+00:00');
INSERT INTO public.schema_migrations (name, version, applied_at) OVERRIDING SYSTEM VALUE VALUES ('cron_dialects', 6, '2026-12-01T04:14:09.56502+00:00');
INSERT INTO public.schema_migrations (name, version, applied_at) OVERRIDING SYSTEM VALUE VALUES ('deferred_messages', 7, '2026-12-01T04:14:09.56502+00:00');
INSERT INTO public.schema_migrations (name, version, applied_at) OVERRIDING SYSTEM VALUE VALUES ('callbacks_by_awaiter', 8, '2026-12-01T04:14:09.56502+00:00');
INSERT INTO public.schema_migrations (name, version, applied_at) OVERRIDING SYSTEM VALUE VALUES ('function_names', 9, '2026-12-01T04:14:09.56502+00:00');
INSERT INTO public.schema_migrations (name, version, applied_at) OVERRIDING SYSTEM VALUE VALUES ('calls', 10, '2026-12-01T04:14:09.56502+00:00');
INSERT INTO public.settings (key, value) OVERRIDING SYSTEM VALUE VALUES ('write probe', '725');
INSERT INTO public.settings (key, value) OVERRIDING SYSTEM VALUE VALUES ('job analyze', '{"by":"all-56c8d889-f31a-4091-9a46-22e72a03af0a","startedAt":1796098450174,"endedAt":1796098450189,"error":null,"done":{"tables":9}}');
INSERT INTO public.settings (key, value) OVERRIDING SYSTEM VALUE VALUES ('job reindex', '{"by":"all-56c8d889-f31a-4091-9a46-22e72a03af0a","startedAt":1796098450179,"endedAt":1796098450210,"error":null,"done":{"indexes":0}}');
INSERT INTO public.settings (key, value) OVERRIDING SYSTEM VALUE VALUES ('job retention', '{"by":"all-56c8d889-f31a-4091-9a46-22e72a03af0a","startedAt":1796098450171,"endedAt":1796098450226,"error":null,"done":{"graphs":0,"promises":0}}');
INSERT INTO public.tasks (id, pid, ttl, state, due_at, target, address, prefers, resumes, version, attempts, setbacks, transport, claimed_by, timeout_at, deferred_by, enqueued_at) OVERRIDING SYSTEM VALUE VALUES ('task-pending', NULL, NULL, 'pending', 1796098450052, 'workers', 'poll://any@workers', NULL, 0, 0, 0, 0, 'poll', NULL, 9000000000000, NULL, 1796098450052);
INSERT INTO public.tasks (id, pid, ttl, state, due_at, target, address, prefers, resumes, version, attempts, setbacks, transport, claimed_by, timeout_at, deferred_by, enqueued_at) OVERRIDING SYSTEM VALUE VALUES ('task-acquired', 'worker-1', 3153600000000, 'acquired', 4949698450129, 'workers', 'poll://any@workers', NULL, 0, 1, 0, 0, 'poll', NULL, 9000000000000, NULL, NULL);
INSERT INTO public.tasks (id, pid, ttl, state, due_at, target, address, prefers, resumes, version, attempts, setbacks, transport, claimed_by, timeout_at, deferred_by, enqueued_at) OVERRIDING SYSTEM VALUE VALUES ('task-suspended', NULL, NULL, 'suspended', NULL, 'workers', 'poll://any@workers', NULL, 0, 1, 0, 0, 'poll', NULL, 9000000000000, NULL, NULL);
INSERT INTO public.tasks (id, pid, ttl, state, due_at, target, address, prefers, resumes, version, attempts, setbacks, transport, claimed_by, timeout_at, deferred_by, enqueued_at) OVERRIDING SYSTEM VALUE VALUES ('task-halted', NULL, NULL, 'halted', NULL, 'workers', 'poll://any@workers', NULL, 0, 0, 0, 0, 'poll', NULL, 9000000000000, NULL, NULL);
INSERT INTO public.tasks (id, pid, ttl, state, due_at, target, address, prefers, resumes, version, attempts, setbacks, transport, claimed_by, timeout_at, deferred_by, enqueued_at) OVERRIDING SYSTEM VALUE VALUES ('task-fulfilled', NULL, NULL, 'fulfilled', NULL, 'workers', 'poll://any@workers', NULL, 0, 1, 0, 0, 'poll', NULL, 9000000000000, NULL, NULL);
INSERT INTO public.tasks (id, pid, ttl, state, due_at, target, address, prefers, resumes, version, attempts, setbacks, transport, claimed_by, timeout_at, deferred_by, enqueued_at) OVERRIDING SYSTEM VALUE VALUES ('task-released', NULL, NULL, 'pending', 1796098450168, 'workers', 'poll://any@workers', NULL, 0, 1, 0, 1, 'poll', NULL, 9000000000000, NULL, 1796098450168);
INSERT INTO public.tasks (id, pid, ttl, state, due_at, target, address, prefers, resumes, version, attempts, setbacks, transport, claimed_by, timeout_at, deferred_by, enqueued_at) OVERRIDING SYSTEM VALUE VALUES ('task-resumed', 'worker-1', 3153600000000, 'acquired', 4949698450177, 'workers', 'poll://any@workers', NULL, 1, 1, 0, 0, 'poll', NULL, 9000000000000, NULL, NULL);
INSERT INTO public.tasks (id, pid, ttl, state, due_at, target, address, prefers, resumes, version, attempts, setbacks, transport, claimed_by, timeout_at, deferred_by, enqueued_at) OVERRIDING SYSTEM VALUE VALUES ('task-waiting', NULL, NULL, 'pending', 1796098450200, 'workers', 'poll://any@workers', NULL, 1, 1, 0, 0, 'poll', NULL, 9000000000000, NULL, 1796098450200);
SELECT setval('public.dead_letters_id_seq', (SELECT COALESCE(max(id), 0) + 1 FROM public.dead_letters));
