-- What the migrations make, read back from the catalog. Written by: UPDATE_SCHEMA=1 npm test -- postgres/schema

CREATE TABLE batches (
  connection text COLLATE "C" NOT NULL,
  number bigint NOT NULL,
  is_fenced boolean NOT NULL,
  used_at bigint NOT NULL
) WITH (fillfactor=50);
CREATE UNIQUE INDEX batches_pkey ON public.batches USING btree (connection);

CREATE TABLE callbacks (
  awaited text COLLATE "C" NOT NULL,
  awaiter text COLLATE "C" NOT NULL,
  ready smallint NOT NULL
);
CREATE INDEX callbacks_awaiter ON public.callbacks USING btree (awaiter COLLATE "POSIX", ready);
CREATE UNIQUE INDEX callbacks_pkey ON public.callbacks USING btree (awaited, awaiter);

CREATE TABLE calls (
  called text COLLATE "C" NOT NULL,
  caller text COLLATE "C" NOT NULL
);
CREATE UNIQUE INDEX calls_pkey ON public.calls USING btree (called, caller);

CREATE TABLE dead_letters (
  id bigint NOT NULL,
  awaited text COLLATE "C" NOT NULL,
  address text COLLATE "C" NOT NULL,
  transport text COLLATE "C" NOT NULL,
  target text COLLATE "C" NOT NULL,
  prefers text COLLATE "C",
  attempts bigint NOT NULL,
  last_error text NOT NULL,
  enqueued_at bigint NOT NULL,
  died_at bigint NOT NULL
);
CREATE INDEX dead_letters_awaited ON public.dead_letters USING btree (awaited);
CREATE INDEX dead_letters_died ON public.dead_letters USING btree (died_at);
CREATE INDEX dead_letters_target ON public.dead_letters USING btree (target, id);
CREATE UNIQUE INDEX dead_letters_pkey ON public.dead_letters USING btree (id);

CREATE TABLE leases (
  role text COLLATE "C" NOT NULL,
  holder text NOT NULL,
  ends_at bigint NOT NULL
);
CREATE UNIQUE INDEX leases_pkey ON public.leases USING btree (role);

CREATE TABLE listeners (
  awaited text COLLATE "C" NOT NULL,
  address text COLLATE "C" NOT NULL,
  transport text COLLATE "C" NOT NULL,
  target text COLLATE "C" NOT NULL,
  prefers text COLLATE "C",
  enqueued_at bigint,
  attempts bigint NOT NULL,
  claimed_by text COLLATE "C",
  due_at bigint,
  deferred_by text COLLATE "C"
);
CREATE INDEX listeners_age ON public.listeners USING btree (transport, enqueued_at) WHERE ((due_at IS NOT NULL) AND (enqueued_at IS NOT NULL));
CREATE INDEX listeners_dispatch ON public.listeners USING btree (transport, target, due_at) WHERE (due_at IS NOT NULL);
CREATE UNIQUE INDEX listeners_pkey ON public.listeners USING btree (awaited, address);

CREATE TABLE processes (
  id text COLLATE "C" NOT NULL,
  role text NOT NULL,
  version text NOT NULL,
  host text NOT NULL,
  started_at bigint NOT NULL,
  leader smallint NOT NULL,
  heartbeat_at bigint NOT NULL,
  stats text
) WITH (fillfactor=50);
CREATE UNIQUE INDEX processes_pkey ON public.processes USING btree (id);

CREATE TABLE promise_tags (
  name text COLLATE "C" NOT NULL,
  value text COLLATE "C" NOT NULL,
  promise_id text COLLATE "C" NOT NULL
);
CREATE UNIQUE INDEX promise_tags_pkey ON public.promise_tags USING btree (name, value, promise_id);

CREATE TABLE promises (
  id text COLLATE "C" NOT NULL,
  state text COLLATE "C" NOT NULL,
  param text NOT NULL,
  value text NOT NULL,
  tags text NOT NULL,
  timeout_at bigint NOT NULL,
  created_at bigint NOT NULL,
  settled_at bigint,
  is_timer smallint NOT NULL,
  origin text COLLATE "C",
  branch text COLLATE "C",
  parent text COLLATE "C",
  schedule text COLLATE "C",
  func text COLLATE "C"
);
CREATE INDEX promises_branch ON public.promises USING btree (branch, id) WHERE (branch IS NOT NULL);
CREATE INDEX promises_created ON public.promises USING btree (created_at);
CREATE INDEX promises_func ON public.promises USING btree (func, created_at) WHERE (func IS NOT NULL);
CREATE INDEX promises_origin ON public.promises USING btree (origin, id) WHERE (origin IS NOT NULL);
CREATE INDEX promises_parent ON public.promises USING btree (parent, id) WHERE (parent IS NOT NULL);
CREATE INDEX promises_schedule ON public.promises USING btree (schedule, id) WHERE (schedule IS NOT NULL);
CREATE INDEX promises_settled ON public.promises USING btree (settled_at, id) WHERE (settled_at IS NOT NULL);
CREATE INDEX promises_state ON public.promises USING btree (state, id);
CREATE INDEX promises_timeout ON public.promises USING btree (timeout_at) WHERE (state = 'pending'::text);
CREATE UNIQUE INDEX promises_pkey ON public.promises USING btree (id);

CREATE TABLE removals (
  origin text COLLATE "C" NOT NULL,
  settled_until bigint NOT NULL
);
CREATE UNIQUE INDEX removals_pkey ON public.removals USING btree (origin);

CREATE TABLE schedules (
  id text COLLATE "C" NOT NULL,
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
CREATE INDEX schedules_next_run ON public.schedules USING btree (next_run_at);
CREATE UNIQUE INDEX schedules_pkey ON public.schedules USING btree (id);

CREATE TABLE schema_migrations (
  version bigint NOT NULL,
  name text NOT NULL,
  applied_at timestamp with time zone NOT NULL DEFAULT now()
);
CREATE UNIQUE INDEX schema_migrations_pkey ON public.schema_migrations USING btree (version);

CREATE TABLE settings (
  key text COLLATE "C" NOT NULL,
  value text NOT NULL
);
CREATE UNIQUE INDEX settings_pkey ON public.settings USING btree (key);

CREATE TABLE tasks (
  id text COLLATE "C" NOT NULL,
  state text COLLATE "C" NOT NULL,
  version bigint NOT NULL,
  resumes bigint NOT NULL,
  pid text,
  ttl bigint,
  timeout_at bigint NOT NULL,
  due_at bigint,
  address text NOT NULL,
  transport text COLLATE "C" NOT NULL,
  target text COLLATE "C" NOT NULL,
  prefers text COLLATE "C",
  enqueued_at bigint,
  attempts bigint NOT NULL,
  claimed_by text COLLATE "C",
  setbacks integer NOT NULL DEFAULT 0,
  deferred_by text COLLATE "C"
);
CREATE INDEX tasks_dispatch ON public.tasks USING btree (transport, target, due_at) WHERE (state = 'pending'::text);
CREATE INDEX tasks_lease ON public.tasks USING btree (due_at) WHERE (state = 'acquired'::text);
CREATE INDEX tasks_state ON public.tasks USING btree (state, id);
CREATE UNIQUE INDEX tasks_pkey ON public.tasks USING btree (id);
