-- Every text that is searched or sorted by has COLLATE "C": byte order, whatever the database's own collation.
-- JSON is stored as text: the same bytes come back, and NUL, which Postgres can't store, stays the escape it is in JSON.

-- Promises are wide and written twice in their life. The copies of tags at the end serve searches and preloads.
CREATE TABLE promises (
  id text COLLATE "C" NOT NULL PRIMARY KEY,
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
  schedule text COLLATE "C"
);
CREATE INDEX promises_timeout ON promises (timeout_at) WHERE state = 'pending';
CREATE INDEX promises_state ON promises (state, id);
CREATE INDEX promises_origin ON promises (origin, id) WHERE origin IS NOT NULL;
CREATE INDEX promises_branch ON promises (branch, id) WHERE branch IS NOT NULL;
CREATE INDEX promises_parent ON promises (parent, id) WHERE parent IS NOT NULL;
CREATE INDEX promises_schedule ON promises (schedule, id) WHERE schedule IS NOT NULL;

-- Every other tag, so that a search by tag walks an index in id order.
CREATE TABLE promise_tags (
  name text COLLATE "C" NOT NULL,
  value text COLLATE "C" NOT NULL,
  promise_id text COLLATE "C" NOT NULL,
  PRIMARY KEY (name, value, promise_id)
);

-- Tasks are narrow and written often. A pending task that is due IS the waiting `execute` message.
CREATE TABLE tasks (
  id text COLLATE "C" NOT NULL PRIMARY KEY,
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
  claimed_by text COLLATE "C"
);
CREATE INDEX tasks_state ON tasks (state, id);
CREATE INDEX tasks_lease ON tasks (due_at) WHERE state = 'acquired';
CREATE INDEX tasks_dispatch ON tasks (transport, target, due_at) WHERE state = 'pending';

CREATE TABLE callbacks (
  awaited text COLLATE "C" NOT NULL,
  awaiter text COLLATE "C" NOT NULL,
  ready smallint NOT NULL,
  PRIMARY KEY (awaited, awaiter)
);
CREATE INDEX callbacks_awaiter ON callbacks (awaiter, ready);

-- A listener that is due IS the waiting `unblock` message.
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
  PRIMARY KEY (awaited, address)
);
CREATE INDEX listeners_dispatch ON listeners (transport, target, due_at) WHERE due_at IS NOT NULL;

CREATE TABLE schedules (
  id text COLLATE "C" NOT NULL PRIMARY KEY,
  cron text NOT NULL,
  promise_id text NOT NULL,
  promise_timeout bigint NOT NULL,
  promise_param text NOT NULL,
  promise_tags text NOT NULL,
  created_at bigint NOT NULL,
  next_run_at bigint NOT NULL,
  last_run_at bigint
);
CREATE INDEX schedules_next_run ON schedules (next_run_at);

CREATE TABLE settings (
  key text COLLATE "C" NOT NULL PRIMARY KEY,
  value text NOT NULL
);

-- Who runs: each process renews its row; one whose heartbeat stops is dead, and what it claimed is free again.
CREATE TABLE processes (
  id text COLLATE "C" NOT NULL PRIMARY KEY,
  role text NOT NULL,
  version text NOT NULL,
  host text NOT NULL,
  started_at bigint NOT NULL,
  leader smallint NOT NULL,
  heartbeat_at bigint NOT NULL
) WITH (fillfactor = 50);

-- Who holds a role when election goes by lease rows.
CREATE TABLE leases (
  role text COLLATE "C" NOT NULL PRIMARY KEY,
  holder text NOT NULL,
  ends_at bigint NOT NULL
);

-- The last batch of each connection, written with it: when a commit's answer was lost, this tells whether it happened.
-- Room is left on the pages so that the row is updated in place.
CREATE TABLE batches (
  connection text COLLATE "C" NOT NULL PRIMARY KEY,
  number bigint NOT NULL,
  is_fenced boolean NOT NULL,
  used_at bigint NOT NULL
) WITH (fillfactor = 50);
