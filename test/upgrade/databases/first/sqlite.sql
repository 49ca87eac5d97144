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
CREATE TABLE promise_tags (
  name TEXT NOT NULL,
  value TEXT NOT NULL,
  promise_id TEXT NOT NULL,
  PRIMARY KEY (name, value, promise_id)
) STRICT, WITHOUT ROWID;
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
CREATE TABLE processes (
  id TEXT NOT NULL PRIMARY KEY,
  role TEXT NOT NULL,
  version TEXT NOT NULL,
  host TEXT NOT NULL,
  started_at INTEGER NOT NULL,
  leader INTEGER NOT NULL,
  heartbeat_at INTEGER NOT NULL
) STRICT;
INSERT INTO callbacks (awaited, awaiter, ready) VALUES ('awaited-early', 'task-resumed', 1);
INSERT INTO callbacks (awaited, awaiter, ready) VALUES ('pending', 'task-suspended', 0);
INSERT INTO callbacks (awaited, awaiter, ready) VALUES ('awaited-late', 'task-waiting', 1);
INSERT INTO listeners (awaited, address, transport, target, prefers, enqueued_at, attempts, claimed_by, due_at) VALUES ('heard', 'poll://any@clients', 'poll', 'clients', NULL, 1795967959027, 0, NULL, 1795967959027);
INSERT INTO listeners (awaited, address, transport, target, prefers, enqueued_at, attempts, claimed_by, due_at) VALUES ('pending', 'poll://any@clients', 'poll', 'clients', NULL, NULL, 0, NULL, NULL);
INSERT INTO promise_tags (name, value, promise_id) VALUES (' Ünï/cødé "quoted" \back% ', ' Ünï/cødé "quoted" \back% ', ' Ünï/cødé "quoted" \back% ');
INSERT INTO promise_tags (name, value, promise_id) VALUES ('env', 'prod', 'pending');
INSERT INTO promise_tags (name, value, promise_id) VALUES ('long', 'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx', ' Ünï/cødé "quoted" \back% ');
INSERT INTO promise_tags (name, value, promise_id) VALUES ('resonate:target', 'poll://any@workers', 'task-acquired');
INSERT INTO promise_tags (name, value, promise_id) VALUES ('resonate:target', 'poll://any@workers', 'task-fulfilled');
INSERT INTO promise_tags (name, value, promise_id) VALUES ('resonate:target', 'poll://any@workers', 'task-halted');
INSERT INTO promise_tags (name, value, promise_id) VALUES ('resonate:target', 'poll://any@workers', 'task-pending');
INSERT INTO promise_tags (name, value, promise_id) VALUES ('resonate:target', 'poll://any@workers', 'task-released');
INSERT INTO promise_tags (name, value, promise_id) VALUES ('resonate:target', 'poll://any@workers', 'task-resumed');
INSERT INTO promise_tags (name, value, promise_id) VALUES ('resonate:target', 'poll://any@workers', 'task-suspended');
INSERT INTO promise_tags (name, value, promise_id) VALUES ('resonate:target', 'poll://any@workers', 'task-waiting');
INSERT INTO promise_tags (name, value, promise_id) VALUES ('resonate:timer', 'true', 'timer');
INSERT INTO promises (id, state, param, value, tags, timeout_at, created_at, settled_at, is_timer, origin, branch, parent, schedule) VALUES ('pending', 'pending', '{"headers":{"a":"b"},"data":"eyJmdW5jIjoiZiIsImlkIjoicGVuZGluZyJ9"}', '{}', '{"resonate:origin":"root","resonate:parent":"root","resonate:branch":"root","env":"prod"}', 9000000000000, 1795967957045, NULL, 0, 'root', 'root', 'root', NULL);
INSERT INTO promises (id, state, param, value, tags, timeout_at, created_at, settled_at, is_timer, origin, branch, parent, schedule) VALUES (' Ünï/cødé "quoted" \back% ', 'pending', '{"headers":{"a":"b"},"data":"eyJmdW5jIjoiZiIsImlkIjoiIMOcbsOvL2PDuGTDqSAicXVvdGVkIiBcYmFjayUgIn0="}', '{}', '{" Ünï/cødé \"quoted\" \\back% ":" Ünï/cødé \"quoted\" \\back% ","long":"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"}', 9000000000000, 1795967957246, NULL, 0, NULL, NULL, NULL, NULL);
INSERT INTO promises (id, state, param, value, tags, timeout_at, created_at, settled_at, is_timer, origin, branch, parent, schedule) VALUES ('resolved', 'resolved', '{"headers":{"a":"b"},"data":"eyJmdW5jIjoiZiIsImlkIjoicmVzb2x2ZWQifQ=="}', '{"headers":{"ok":"✓"},"data":"InJlc3VsdCBvZiByZXNvbHZlZCI="}', '{}', 9000000000000, 1795967957316, 1795967957432, 0, NULL, NULL, NULL, NULL);
INSERT INTO promises (id, state, param, value, tags, timeout_at, created_at, settled_at, is_timer, origin, branch, parent, schedule) VALUES ('rejected', 'rejected', '{"headers":{"a":"b"},"data":"eyJmdW5jIjoiZiIsImlkIjoicmVqZWN0ZWQifQ=="}', '{"headers":{"ok":"✓"},"data":"InJlc3VsdCBvZiByZWplY3RlZCI="}', '{}', 9000000000000, 1795967957539, 1795967957575, 0, NULL, NULL, NULL, NULL);
INSERT INTO promises (id, state, param, value, tags, timeout_at, created_at, settled_at, is_timer, origin, branch, parent, schedule) VALUES ('rejected_canceled', 'rejected_canceled', '{"headers":{"a":"b"},"data":"eyJmdW5jIjoiZiIsImlkIjoicmVqZWN0ZWRfY2FuY2VsZWQifQ=="}', '{"headers":{"ok":"✓"},"data":"InJlc3VsdCBvZiByZWplY3RlZF9jYW5jZWxlZCI="}', '{}', 9000000000000, 1795967957630, 1795967957676, 0, NULL, NULL, NULL, NULL);
INSERT INTO promises (id, state, param, value, tags, timeout_at, created_at, settled_at, is_timer, origin, branch, parent, schedule) VALUES ('rejected_timedout', 'rejected_timedout', '{"headers":{"a":"b"},"data":"eyJmdW5jIjoiZiIsImlkIjoicmVqZWN0ZWRfdGltZWRvdXQifQ=="}', '{}', '{}', 1795967957931, 1795967957753, 1795967957931, 0, NULL, NULL, NULL, NULL);
INSERT INTO promises (id, state, param, value, tags, timeout_at, created_at, settled_at, is_timer, origin, branch, parent, schedule) VALUES ('timer', 'resolved', '{"headers":{"a":"b"},"data":"eyJmdW5jIjoiZiIsImlkIjoidGltZXIifQ=="}', '{}', '{"resonate:timer":"true"}', 1795967957996, 1795967957802, 1795967957996, 1, NULL, NULL, NULL, NULL);
INSERT INTO promises (id, state, param, value, tags, timeout_at, created_at, settled_at, is_timer, origin, branch, parent, schedule) VALUES ('task-pending', 'pending', '{"headers":{"a":"b"},"data":"eyJmdW5jIjoiZiIsImlkIjoidGFzay1wZW5kaW5nIn0="}', '{}', '{"resonate:target":"poll://any@workers","resonate:origin":"root"}', 9000000000000, 1795967957836, NULL, 0, 'root', NULL, NULL, NULL);
INSERT INTO promises (id, state, param, value, tags, timeout_at, created_at, settled_at, is_timer, origin, branch, parent, schedule) VALUES ('task-acquired', 'pending', '{"headers":{"a":"b"},"data":"eyJmdW5jIjoiZiIsImlkIjoidGFzay1hY3F1aXJlZCJ9"}', '{}', '{"resonate:target":"poll://any@workers","resonate:origin":"root"}', 9000000000000, 1795967957875, NULL, 0, 'root', NULL, NULL, NULL);
INSERT INTO promises (id, state, param, value, tags, timeout_at, created_at, settled_at, is_timer, origin, branch, parent, schedule) VALUES ('task-suspended', 'pending', '{"headers":{"a":"b"},"data":"eyJmdW5jIjoiZiIsImlkIjoidGFzay1zdXNwZW5kZWQifQ=="}', '{}', '{"resonate:target":"poll://any@workers","resonate:origin":"root"}', 9000000000000, 1795967957913, NULL, 0, 'root', NULL, NULL, NULL);
INSERT INTO promises (id, state, param, value, tags, timeout_at, created_at, settled_at, is_timer, origin, branch, parent, schedule) VALUES ('task-halted', 'pending', '{"headers":{"a":"b"},"data":"eyJmdW5jIjoiZiIsImlkIjoidGFzay1oYWx0ZWQifQ=="}', '{}', '{"resonate:target":"poll://any@workers","resonate:origin":"root"}', 9000000000000, 1795967957968, NULL, 0, 'root', NULL, NULL, NULL);
INSERT INTO promises (id, state, param, value, tags, timeout_at, created_at, settled_at, is_timer, origin, branch, parent, schedule) VALUES ('task-fulfilled', 'resolved', '{"headers":{"a":"b"},"data":"eyJmdW5jIjoiZiIsImlkIjoidGFzay1mdWxmaWxsZWQifQ=="}', '{"data":"ImRvbmUi"}', '{"resonate:target":"poll://any@workers","resonate:origin":"root"}', 9000000000000, 1795967958013, 1795967958561, 0, 'root', NULL, NULL, NULL);
INSERT INTO promises (id, state, param, value, tags, timeout_at, created_at, settled_at, is_timer, origin, branch, parent, schedule) VALUES ('task-released', 'pending', '{"headers":{"a":"b"},"data":"eyJmdW5jIjoiZiIsImlkIjoidGFzay1yZWxlYXNlZCJ9"}', '{}', '{"resonate:target":"poll://any@workers","resonate:origin":"root"}', 9000000000000, 1795967958045, NULL, 0, 'root', NULL, NULL, NULL);
INSERT INTO promises (id, state, param, value, tags, timeout_at, created_at, settled_at, is_timer, origin, branch, parent, schedule) VALUES ('task-resumed', 'pending', '{"headers":{"a":"b"},"data":"eyJmdW5jIjoiZiIsImlkIjoidGFzay1yZXN1bWVkIn0="}', '{}', '{"resonate:target":"poll://any@workers","resonate:origin":"root"}', 9000000000000, 1795967958143, NULL, 0, 'root', NULL, NULL, NULL);
INSERT INTO promises (id, state, param, value, tags, timeout_at, created_at, settled_at, is_timer, origin, branch, parent, schedule) VALUES ('task-waiting', 'pending', '{"headers":{"a":"b"},"data":"eyJmdW5jIjoiZiIsImlkIjoidGFzay13YWl0aW5nIn0="}', '{}', '{"resonate:target":"poll://any@workers","resonate:origin":"root"}', 9000000000000, 1795967958164, NULL, 0, 'root', NULL, NULL, NULL);
INSERT INTO promises (id, state, param, value, tags, timeout_at, created_at, settled_at, is_timer, origin, branch, parent, schedule) VALUES ('awaited-early', 'resolved', '{"headers":{"a":"b"},"data":"eyJmdW5jIjoiZiIsImlkIjoiYXdhaXRlZC1lYXJseSJ9"}', '{"headers":{"ok":"✓"},"data":"InJlc3VsdCBvZiBhd2FpdGVkLWVhcmx5Ig=="}', '{}', 9000000000000, 1795967958697, 1795967958772, 0, NULL, NULL, NULL, NULL);
INSERT INTO promises (id, state, param, value, tags, timeout_at, created_at, settled_at, is_timer, origin, branch, parent, schedule) VALUES ('awaited-late', 'resolved', '{"headers":{"a":"b"},"data":"eyJmdW5jIjoiZiIsImlkIjoiYXdhaXRlZC1sYXRlIn0="}', '{"headers":{"ok":"✓"},"data":"InJlc3VsdCBvZiBhd2FpdGVkLWxhdGUi"}', '{}', 9000000000000, 1795967958861, 1795967958950, 0, NULL, NULL, NULL, NULL);
INSERT INTO promises (id, state, param, value, tags, timeout_at, created_at, settled_at, is_timer, origin, branch, parent, schedule) VALUES ('heard', 'resolved', '{"headers":{"a":"b"},"data":"eyJmdW5jIjoiZiIsImlkIjoiaGVhcmQifQ=="}', '{"headers":{"ok":"✓"},"data":"InJlc3VsdCBvZiBoZWFyZCI="}', '{}', 9000000000000, 1795967958971, 1795967959027, 0, NULL, NULL, NULL, NULL);
INSERT INTO schedules (id, cron, promise_id, promise_timeout, promise_param, promise_tags, created_at, next_run_at, last_run_at) VALUES ('yearly', '0 0 1 1 *', '{{.id}}.{{.timestamp}}', 86400000, '{"data":"WzFd"}', '{"resonate:target":"poll://any@workers"}', 1795967959262, 1798761600000, NULL);
INSERT INTO tasks (id, state, version, resumes, pid, ttl, timeout_at, due_at, address, transport, target, prefers, enqueued_at, attempts, claimed_by) VALUES ('task-acquired', 'acquired', 1, 0, 'worker-1', 3153600000000, 9000000000000, 4949567958205, 'poll://any@workers', 'poll', 'workers', NULL, NULL, 0, NULL);
INSERT INTO tasks (id, state, version, resumes, pid, ttl, timeout_at, due_at, address, transport, target, prefers, enqueued_at, attempts, claimed_by) VALUES ('task-fulfilled', 'fulfilled', 1, 0, NULL, NULL, 9000000000000, NULL, 'poll://any@workers', 'poll', 'workers', NULL, NULL, 0, NULL);
INSERT INTO tasks (id, state, version, resumes, pid, ttl, timeout_at, due_at, address, transport, target, prefers, enqueued_at, attempts, claimed_by) VALUES ('task-halted', 'halted', 0, 0, NULL, NULL, 9000000000000, NULL, 'poll://any@workers', 'poll', 'workers', NULL, NULL, 0, NULL);
INSERT INTO tasks (id, state, version, resumes, pid, ttl, timeout_at, due_at, address, transport, target, prefers, enqueued_at, attempts, claimed_by) VALUES ('task-pending', 'pending', 0, 0, NULL, NULL, 9000000000000, 1795967957836, 'poll://any@workers', 'poll', 'workers', NULL, 1795967957836, 0, NULL);
INSERT INTO tasks (id, state, version, resumes, pid, ttl, timeout_at, due_at, address, transport, target, prefers, enqueued_at, attempts, claimed_by) VALUES ('task-released', 'pending', 1, 0, NULL, NULL, 9000000000000, 1795967958639, 'poll://any@workers', 'poll', 'workers', NULL, 1795967958639, 0, NULL);
INSERT INTO tasks (id, state, version, resumes, pid, ttl, timeout_at, due_at, address, transport, target, prefers, enqueued_at, attempts, claimed_by) VALUES ('task-resumed', 'acquired', 1, 1, 'worker-1', 3153600000000, 9000000000000, 4949567958666, 'poll://any@workers', 'poll', 'workers', NULL, NULL, 0, NULL);
INSERT INTO tasks (id, state, version, resumes, pid, ttl, timeout_at, due_at, address, transport, target, prefers, enqueued_at, attempts, claimed_by) VALUES ('task-suspended', 'suspended', 1, 0, NULL, NULL, 9000000000000, NULL, 'poll://any@workers', 'poll', 'workers', NULL, NULL, 0, NULL);
INSERT INTO tasks (id, state, version, resumes, pid, ttl, timeout_at, due_at, address, transport, target, prefers, enqueued_at, attempts, claimed_by) VALUES ('task-waiting', 'pending', 1, 1, NULL, NULL, 9000000000000, 1795967958950, 'poll://any@workers', 'poll', 'workers', NULL, 1795967958950, 0, NULL);
PRAGMA user_version = 2;
