-- Promises are wide and written twice in their life. The copies of tags at the end serve searches and preloads.
CREATE TABLE promises (
  id TEXT NOT NULL PRIMARY KEY,
  state TEXT NOT NULL,
  param TEXT NOT NULL,
  value TEXT NOT NULL,
  tags TEXT NOT NULL,
  timeout_at INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  settled_at INTEGER,
  is_timer INTEGER NOT NULL,
  origin TEXT,
  branch TEXT,
  parent TEXT,
  schedule TEXT
) STRICT;
CREATE INDEX promises_timeout ON promises (timeout_at) WHERE state = 'pending';
CREATE INDEX promises_state ON promises (state, id);
CREATE INDEX promises_origin ON promises (origin, id) WHERE origin IS NOT NULL;
CREATE INDEX promises_branch ON promises (branch, id) WHERE branch IS NOT NULL;
CREATE INDEX promises_parent ON promises (parent, id) WHERE parent IS NOT NULL;
CREATE INDEX promises_schedule ON promises (schedule, id) WHERE schedule IS NOT NULL;

-- Every other tag, so that a search by tag walks an index in id order.
CREATE TABLE promise_tags (
  name TEXT NOT NULL,
  value TEXT NOT NULL,
  promise_id TEXT NOT NULL,
  PRIMARY KEY (name, value, promise_id)
) STRICT, WITHOUT ROWID;

-- Tasks are narrow and written often. A pending task that is due IS the waiting `execute` message.
CREATE TABLE tasks (
  id TEXT NOT NULL PRIMARY KEY,
  state TEXT NOT NULL,
  version INTEGER NOT NULL,
  resumes INTEGER NOT NULL,
  pid TEXT,
  ttl INTEGER,
  timeout_at INTEGER NOT NULL,
  due_at INTEGER,
  address TEXT NOT NULL,
  transport TEXT NOT NULL,
  target TEXT NOT NULL,
  prefers TEXT,
  enqueued_at INTEGER,
  attempts INTEGER NOT NULL,
  claimed_by TEXT
) STRICT, WITHOUT ROWID;
CREATE INDEX tasks_state ON tasks (state, id);
CREATE INDEX tasks_lease ON tasks (due_at) WHERE state = 'acquired';
CREATE INDEX tasks_dispatch ON tasks (transport, target, due_at) WHERE state = 'pending';

CREATE TABLE callbacks (
  awaited TEXT NOT NULL,
  awaiter TEXT NOT NULL,
  ready INTEGER NOT NULL,
  PRIMARY KEY (awaited, awaiter)
) STRICT, WITHOUT ROWID;
CREATE INDEX callbacks_awaiter ON callbacks (awaiter, ready);

-- A listener that is due IS the waiting `unblock` message.
CREATE TABLE listeners (
  awaited TEXT NOT NULL,
  address TEXT NOT NULL,
  transport TEXT NOT NULL,
  target TEXT NOT NULL,
  prefers TEXT,
  enqueued_at INTEGER,
  attempts INTEGER NOT NULL,
  claimed_by TEXT,
  due_at INTEGER,
  PRIMARY KEY (awaited, address)
) STRICT, WITHOUT ROWID;
CREATE INDEX listeners_dispatch ON listeners (transport, target, due_at) WHERE due_at IS NOT NULL;

CREATE TABLE schedules (
  id TEXT NOT NULL PRIMARY KEY,
  cron TEXT NOT NULL,
  promise_id TEXT NOT NULL,
  promise_timeout INTEGER NOT NULL,
  promise_param TEXT NOT NULL,
  promise_tags TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  next_run_at INTEGER NOT NULL,
  last_run_at INTEGER
) STRICT;
CREATE INDEX schedules_next_run ON schedules (next_run_at);

CREATE TABLE settings (
  key TEXT NOT NULL PRIMARY KEY,
  value TEXT NOT NULL
) STRICT;
