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
    due_at bigint
);
CREATE TABLE public.processes (
    id text NOT NULL COLLATE pg_catalog."C",
    role text NOT NULL,
    version text NOT NULL,
    host text NOT NULL,
    started_at bigint NOT NULL,
    leader smallint NOT NULL,
    heartbeat_at bigint NOT NULL
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
    schedule text COLLATE pg_catalog."C"
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
    last_run_at bigint
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
    claimed_by text COLLATE pg_catalog."C"
);
ALTER TABLE ONLY public.batches
    ADD CONSTRAINT batches_pkey PRIMARY KEY (connection);
ALTER TABLE ONLY public.callbacks
    ADD CONSTRAINT callbacks_pkey PRIMARY KEY (awaited, awaiter);
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
ALTER TABLE ONLY public.schedules
    ADD CONSTRAINT schedules_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.schema_migrations
    ADD CONSTRAINT schema_migrations_pkey PRIMARY KEY (version);
ALTER TABLE ONLY public.settings
    ADD CONSTRAINT settings_pkey PRIMARY KEY (key);
ALTER TABLE ONLY public.tasks
    ADD CONSTRAINT tasks_pkey PRIMARY KEY (id);
CREATE INDEX callbacks_awaiter ON public.callbacks USING btree (awaiter, ready);
CREATE INDEX listeners_dispatch ON public.listeners USING btree (transport, target, due_at) WHERE (due_at IS NOT NULL);
CREATE INDEX promises_branch ON public.promises USING btree (branch, id) WHERE (branch IS NOT NULL);
CREATE INDEX promises_origin ON public.promises USING btree (origin, id) WHERE (origin IS NOT NULL);
CREATE INDEX promises_parent ON public.promises USING btree (parent, id) WHERE (parent IS NOT NULL);
CREATE INDEX promises_schedule ON public.promises USING btree (schedule, id) WHERE (schedule IS NOT NULL);
CREATE INDEX promises_state ON public.promises USING btree (state, id);
CREATE INDEX promises_timeout ON public.promises USING btree (timeout_at) WHERE (state = 'pending'::text);
CREATE INDEX schedules_next_run ON public.schedules USING btree (next_run_at);
CREATE INDEX tasks_dispatch ON public.tasks USING btree (transport, target, due_at) WHERE (state = 'pending'::text);
CREATE INDEX tasks_lease ON public.tasks USING btree (due_at) WHERE (state = 'acquired'::text);
CREATE INDEX tasks_state ON public.tasks USING btree (state, id);
INSERT INTO public.batches (number, used_at, is_fenced, connection) OVERRIDING SYSTEM VALUE VALUES (1, 1795968004297, false, '6948fe6b-c95f-4ab8-822d-b3dd8a56b5b8');
INSERT INTO public.batches (number, used_at, is_fenced, connection) OVERRIDING SYSTEM VALUE VALUES (9, 1795968005328, false, 'b8ba762d-9b6e-4ba8-896b-2cc0f6dde84e');
INSERT INTO public.batches (number, used_at, is_fenced, connection) OVERRIDING SYSTEM VALUE VALUES (14, 1795968006485, false, 'ce68c40f-346b-497b-83b1-66a03ecb0375');
INSERT INTO public.batches (number, used_at, is_fenced, connection) OVERRIDING SYSTEM VALUE VALUES (17, 1795968006880, false, 'ce7efc83-96d7-4e05-935d-8018dd079b3b');
INSERT INTO public.callbacks (ready, awaited, awaiter) OVERRIDING SYSTEM VALUE VALUES (0, 'pending', 'task-suspended');
INSERT INTO public.callbacks (ready, awaited, awaiter) OVERRIDING SYSTEM VALUE VALUES (1, 'awaited-early', 'task-resumed');
INSERT INTO public.callbacks (ready, awaited, awaiter) OVERRIDING SYSTEM VALUE VALUES (1, 'awaited-late', 'task-waiting');
INSERT INTO public.listeners (due_at, target, address, awaited, prefers, attempts, transport, claimed_by, enqueued_at) OVERRIDING SYSTEM VALUE VALUES (NULL, 'clients', 'poll://any@clients', 'pending', NULL, 0, 'poll', NULL, NULL);
INSERT INTO public.listeners (due_at, target, address, awaited, prefers, attempts, transport, claimed_by, enqueued_at) OVERRIDING SYSTEM VALUE VALUES (1795968006485, 'clients', 'poll://any@clients', 'heard', NULL, 0, 'poll', NULL, 1795968006485);
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
INSERT INTO public.promises (id, tags, param, state, value, branch, origin, parent, is_timer, schedule, created_at, settled_at, timeout_at) OVERRIDING SYSTEM VALUE VALUES ('pending', '{"resonate:origin":"root","resonate:parent":"root","resonate:branch":"root","env":"prod"}', '{"headers":{"a":"b"},"data":"eyJmdW5jIjoiZiIsImlkIjoicGVuZGluZyJ9"}', 'pending', '{}', 'root', 'root', 'root', 0, NULL, 1795968004297, NULL, 9000000000000);
INSERT INTO public.promises (id, tags, param, state, value, branch, origin, parent, is_timer, schedule, created_at, settled_at, timeout_at) OVERRIDING SYSTEM VALUE VALUES ( E' Ünï/cødé "quoted" \\back% ',  E'{" Ünï/cødé \\"quoted\\" \\\\back% ":" Ünï/cødé \\"quoted\\" \\\\back% ","long":"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"}', '{"headers":{"a":"b"},"data":"eyJmdW5jIjoiZiIsImlkIjoiIMOcbsOvL2PDuGTDqSAicXVvdGVkIiBcYmFjayUgIn0="}', 'pending', '{}', NULL, NULL, NULL, 0, NULL, 1795968004495, NULL, 9000000000000);
INSERT INTO public.promises (id, tags, param, state, value, branch, origin, parent, is_timer, schedule, created_at, settled_at, timeout_at) OVERRIDING SYSTEM VALUE VALUES ('resolved', '{}', '{"headers":{"a":"b"},"data":"eyJmdW5jIjoiZiIsImlkIjoicmVzb2x2ZWQifQ=="}', 'resolved', '{"headers":{"ok":"✓"},"data":"InJlc3VsdCBvZiByZXNvbHZlZCI="}', NULL, NULL, NULL, 0, NULL, 1795968004582, 1795968004682, 9000000000000);
INSERT INTO public.promises (id, tags, param, state, value, branch, origin, parent, is_timer, schedule, created_at, settled_at, timeout_at) OVERRIDING SYSTEM VALUE VALUES ('rejected', '{}', '{"headers":{"a":"b"},"data":"eyJmdW5jIjoiZiIsImlkIjoicmVqZWN0ZWQifQ=="}', 'rejected', '{"headers":{"ok":"✓"},"data":"InJlc3VsdCBvZiByZWplY3RlZCI="}', NULL, NULL, NULL, 0, NULL, 1795968004727, 1795968004787, 9000000000000);
INSERT INTO public.promises (id, tags, param, state, value, branch, origin, parent, is_timer, schedule, created_at, settled_at, timeout_at) OVERRIDING SYSTEM VALUE VALUES ('rejected_canceled', '{}', '{"headers":{"a":"b"},"data":"eyJmdW5jIjoiZiIsImlkIjoicmVqZWN0ZWRfY2FuY2VsZWQifQ=="}', 'rejected_canceled', '{"headers":{"ok":"✓"},"data":"InJlc3VsdCBvZiByZWplY3RlZF9jYW5jZWxlZCI="}', NULL, NULL, NULL, 0, NULL, 1795968004831, 1795968004882, 9000000000000);
INSERT INTO public.promises (id, tags, param, state, value, branch, origin, parent, is_timer, schedule, created_at, settled_at, timeout_at) OVERRIDING SYSTEM VALUE VALUES ('task-pending', '{"resonate:target":"poll://any@workers","resonate:origin":"root"}', '{"headers":{"a":"b"},"data":"eyJmdW5jIjoiZiIsImlkIjoidGFzay1wZW5kaW5nIn0="}', 'pending', '{}', NULL, 'root', NULL, 0, NULL, 1795968005029, NULL, 9000000000000);
INSERT INTO public.promises (id, tags, param, state, value, branch, origin, parent, is_timer, schedule, created_at, settled_at, timeout_at) OVERRIDING SYSTEM VALUE VALUES ('task-acquired', '{"resonate:target":"poll://any@workers","resonate:origin":"root"}', '{"headers":{"a":"b"},"data":"eyJmdW5jIjoiZiIsImlkIjoidGFzay1hY3F1aXJlZCJ9"}', 'pending', '{}', NULL, 'root', NULL, 0, NULL, 1795968005091, NULL, 9000000000000);
INSERT INTO public.promises (id, tags, param, state, value, branch, origin, parent, is_timer, schedule, created_at, settled_at, timeout_at) OVERRIDING SYSTEM VALUE VALUES ('task-suspended', '{"resonate:target":"poll://any@workers","resonate:origin":"root"}', '{"headers":{"a":"b"},"data":"eyJmdW5jIjoiZiIsImlkIjoidGFzay1zdXNwZW5kZWQifQ=="}', 'pending', '{}', NULL, 'root', NULL, 0, NULL, 1795968005123, NULL, 9000000000000);
INSERT INTO public.promises (id, tags, param, state, value, branch, origin, parent, is_timer, schedule, created_at, settled_at, timeout_at) OVERRIDING SYSTEM VALUE VALUES ('rejected_timedout', '{}', '{"headers":{"a":"b"},"data":"eyJmdW5jIjoiZiIsImlkIjoicmVqZWN0ZWRfdGltZWRvdXQifQ=="}', 'rejected_timedout', '{}', NULL, NULL, NULL, 0, NULL, 1795968004925, 1795968005098, 1795968005098);
INSERT INTO public.promises (id, tags, param, state, value, branch, origin, parent, is_timer, schedule, created_at, settled_at, timeout_at) OVERRIDING SYSTEM VALUE VALUES ('task-halted', '{"resonate:target":"poll://any@workers","resonate:origin":"root"}', '{"headers":{"a":"b"},"data":"eyJmdW5jIjoiZiIsImlkIjoidGFzay1oYWx0ZWQifQ=="}', 'pending', '{}', NULL, 'root', NULL, 0, NULL, 1795968005180, NULL, 9000000000000);
INSERT INTO public.promises (id, tags, param, state, value, branch, origin, parent, is_timer, schedule, created_at, settled_at, timeout_at) OVERRIDING SYSTEM VALUE VALUES ('timer', '{"resonate:timer":"true"}', '{"headers":{"a":"b"},"data":"eyJmdW5jIjoiZiIsImlkIjoidGltZXIifQ=="}', 'resolved', '{}', NULL, NULL, NULL, 1, NULL, 1795968004976, 1795968005157, 1795968005157);
INSERT INTO public.promises (id, tags, param, state, value, branch, origin, parent, is_timer, schedule, created_at, settled_at, timeout_at) OVERRIDING SYSTEM VALUE VALUES ('task-released', '{"resonate:target":"poll://any@workers","resonate:origin":"root"}', '{"headers":{"a":"b"},"data":"eyJmdW5jIjoiZiIsImlkIjoidGFzay1yZWxlYXNlZCJ9"}', 'pending', '{}', NULL, 'root', NULL, 0, NULL, 1795968005285, NULL, 9000000000000);
INSERT INTO public.promises (id, tags, param, state, value, branch, origin, parent, is_timer, schedule, created_at, settled_at, timeout_at) OVERRIDING SYSTEM VALUE VALUES ('task-resumed', '{"resonate:target":"poll://any@workers","resonate:origin":"root"}', '{"headers":{"a":"b"},"data":"eyJmdW5jIjoiZiIsImlkIjoidGFzay1yZXN1bWVkIn0="}', 'pending', '{}', NULL, 'root', NULL, 0, NULL, 1795968005328, NULL, 9000000000000);
INSERT INTO public.promises (id, tags, param, state, value, branch, origin, parent, is_timer, schedule, created_at, settled_at, timeout_at) OVERRIDING SYSTEM VALUE VALUES ('task-waiting', '{"resonate:target":"poll://any@workers","resonate:origin":"root"}', '{"headers":{"a":"b"},"data":"eyJmdW5jIjoiZiIsImlkIjoidGFzay13YWl0aW5nIn0="}', 'pending', '{}', NULL, 'root', NULL, 0, NULL, 1795968005367, NULL, 9000000000000);
INSERT INTO public.promises (id, tags, param, state, value, branch, origin, parent, is_timer, schedule, created_at, settled_at, timeout_at) OVERRIDING SYSTEM VALUE VALUES ('task-fulfilled', '{"resonate:target":"poll://any@workers","resonate:origin":"root"}', '{"headers":{"a":"b"},"data":"eyJmdW5jIjoiZiIsImlkIjoidGFzay1mdWxmaWxsZWQifQ=="}', 'resolved', '{"data":"ImRvbmUi"}', NULL, 'root', NULL, 0, NULL, 1795968005250, 1795968005719, 9000000000000);
INSERT INTO public.promises (id, tags, param, state, value, branch, origin, parent, is_timer, schedule, created_at, settled_at, timeout_at) OVERRIDING SYSTEM VALUE VALUES ('awaited-early', '{}', '{"headers":{"a":"b"},"data":"eyJmdW5jIjoiZiIsImlkIjoiYXdhaXRlZC1lYXJseSJ9"}', 'resolved', '{"headers":{"ok":"✓"},"data":"InJlc3VsdCBvZiBhd2FpdGVkLWVhcmx5Ig=="}', NULL, NULL, NULL, 0, NULL, 1795968005935, 1795968006006, 9000000000000);
INSERT INTO public.promises (id, tags, param, state, value, branch, origin, parent, is_timer, schedule, created_at, settled_at, timeout_at) OVERRIDING SYSTEM VALUE VALUES ('awaited-late', '{}', '{"headers":{"a":"b"},"data":"eyJmdW5jIjoiZiIsImlkIjoiYXdhaXRlZC1sYXRlIn0="}', 'resolved', '{"headers":{"ok":"✓"},"data":"InJlc3VsdCBvZiBhd2FpdGVkLWxhdGUi"}', NULL, NULL, NULL, 0, NULL, 1795968006116, 1795968006250, 9000000000000);
INSERT INTO public.promises (id, tags, param, state, value, branch, origin, parent, is_timer, schedule, created_at, settled_at, timeout_at) OVERRIDING SYSTEM VALUE VALUES ('heard', '{}', '{"headers":{"a":"b"},"data":"eyJmdW5jIjoiZiIsImlkIjoiaGVhcmQifQ=="}', 'resolved', '{"headers":{"ok":"✓"},"data":"InJlc3VsdCBvZiBoZWFyZCI="}', NULL, NULL, NULL, 0, NULL, 1795968006363, 1795968006485, 9000000000000);
INSERT INTO public.schedules (id, cron, created_at, promise_id, last_run_at, next_run_at, promise_tags, promise_param, promise_timeout) OVERRIDING SYSTEM VALUE VALUES ('yearly', '0 0 1 1 *', 1795968006880, '{{.id}}.{{.timestamp}}', NULL, 1798761600000, '{"resonate:target":"poll://any@workers"}', '{"data":"WzFd"}', 86400000);
INSERT INTO public.schema_migrations (name, version, applied_at) OVERRIDING SYSTEM VALUE VALUES ('initial', 1, '2026-11-29T16:00:00.412937+00:00');
INSERT INTO public.tasks (id, pid, ttl, state, due_at, target, address, prefers, resumes, version, attempts, transport, claimed_by, timeout_at, enqueued_at) OVERRIDING SYSTEM VALUE VALUES ('task-pending', NULL, NULL, 'pending', 1795968005029, 'workers', 'poll://any@workers', NULL, 0, 0, 0, 'poll', NULL, 9000000000000, 1795968005029);
INSERT INTO public.tasks (id, pid, ttl, state, due_at, target, address, prefers, resumes, version, attempts, transport, claimed_by, timeout_at, enqueued_at) OVERRIDING SYSTEM VALUE VALUES ('task-acquired', 'worker-1', 3153600000000, 'acquired', 4949568005465, 'workers', 'poll://any@workers', NULL, 0, 1, 0, 'poll', NULL, 9000000000000, NULL);
INSERT INTO public.tasks (id, pid, ttl, state, due_at, target, address, prefers, resumes, version, attempts, transport, claimed_by, timeout_at, enqueued_at) OVERRIDING SYSTEM VALUE VALUES ('task-suspended', NULL, NULL, 'suspended', NULL, 'workers', 'poll://any@workers', NULL, 0, 1, 0, 'poll', NULL, 9000000000000, NULL);
INSERT INTO public.tasks (id, pid, ttl, state, due_at, target, address, prefers, resumes, version, attempts, transport, claimed_by, timeout_at, enqueued_at) OVERRIDING SYSTEM VALUE VALUES ('task-halted', NULL, NULL, 'halted', NULL, 'workers', 'poll://any@workers', NULL, 0, 0, 0, 'poll', NULL, 9000000000000, NULL);
INSERT INTO public.tasks (id, pid, ttl, state, due_at, target, address, prefers, resumes, version, attempts, transport, claimed_by, timeout_at, enqueued_at) OVERRIDING SYSTEM VALUE VALUES ('task-fulfilled', NULL, NULL, 'fulfilled', NULL, 'workers', 'poll://any@workers', NULL, 0, 1, 0, 'poll', NULL, 9000000000000, NULL);
INSERT INTO public.tasks (id, pid, ttl, state, due_at, target, address, prefers, resumes, version, attempts, transport, claimed_by, timeout_at, enqueued_at) OVERRIDING SYSTEM VALUE VALUES ('task-released', NULL, NULL, 'pending', 1795968005828, 'workers', 'poll://any@workers', NULL, 0, 1, 0, 'poll', NULL, 9000000000000, 1795968005828);
INSERT INTO public.tasks (id, pid, ttl, state, due_at, target, address, prefers, resumes, version, attempts, transport, claimed_by, timeout_at, enqueued_at) OVERRIDING SYSTEM VALUE VALUES ('task-resumed', 'worker-1', 3153600000000, 'acquired', 4949568005871, 'workers', 'poll://any@workers', NULL, 1, 1, 0, 'poll', NULL, 9000000000000, NULL);
INSERT INTO public.tasks (id, pid, ttl, state, due_at, target, address, prefers, resumes, version, attempts, transport, claimed_by, timeout_at, enqueued_at) OVERRIDING SYSTEM VALUE VALUES ('task-waiting', NULL, NULL, 'pending', 1795968006250, 'workers', 'poll://any@workers', NULL, 1, 1, 0, 'poll', NULL, 9000000000000, 1795968006250);
