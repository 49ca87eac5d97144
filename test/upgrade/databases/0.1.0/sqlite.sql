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
, func TEXT) STRICT;
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
, setbacks INTEGER NOT NULL DEFAULT 0, deferred_by TEXT) STRICT, WITHOUT ROWID;
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
  due_at INTEGER, deferred_by TEXT,
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
, timezone TEXT, overlap TEXT, catch_up TEXT, paused_at INTEGER, cron_dialect TEXT, fault TEXT) STRICT;
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
, stats TEXT) STRICT;
CREATE TABLE dead_letters (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  awaited TEXT NOT NULL,
  address TEXT NOT NULL,
  transport TEXT NOT NULL,
  target TEXT NOT NULL,
  prefers TEXT,
  attempts INTEGER NOT NULL,
  last_error TEXT NOT NULL,
  enqueued_at INTEGER NOT NULL,
  died_at INTEGER NOT NULL
) STRICT;
CREATE INDEX dead_letters_target ON dead_letters (target, id);
CREATE INDEX dead_letters_awaited ON dead_letters (awaited);
CREATE INDEX dead_letters_died ON dead_letters (died_at);
CREATE INDEX listeners_age ON listeners (transport, enqueued_at) WHERE due_at IS NOT NULL;
CREATE INDEX promises_settled ON promises (settled_at, id) WHERE settled_at IS NOT NULL;
CREATE TABLE removals (
  origin TEXT NOT NULL PRIMARY KEY,
  settled_until INTEGER NOT NULL
) STRICT;
CREATE INDEX promises_created ON promises (created_at);
CREATE INDEX promises_func ON promises (func, created_at) WHERE func IS NOT NULL;
CREATE TABLE calls (
  called TEXT NOT NULL,
  caller TEXT NOT NULL,
  PRIMARY KEY (called, caller)
) STRICT, WITHOUT ROWID;
INSERT INTO callbacks (awaited, awaiter, ready) VALUES ('awaited-early', 'task-resumed', 1);
INSERT INTO callbacks (awaited, awaiter, ready) VALUES ('pending', 'task-suspended', 0);
INSERT INTO callbacks (awaited, awaiter, ready) VALUES ('awaited-late', 'task-waiting', 1);
INSERT INTO dead_letters (id, awaited, address, transport, target, prefers, attempts, last_error, enqueued_at, died_at) VALUES (1, 'undeliverable', 'http://127.0.0.1:24790/', 'http', 'http://127.0.0.1:24790', NULL, 1, 'connect ECONNREFUSED 127.0.0.1:24790', 1796098447488, 1796098447524);
INSERT INTO listeners (awaited, address, transport, target, prefers, enqueued_at, attempts, claimed_by, due_at, deferred_by) VALUES ('heard', 'poll://any@clients', 'poll', 'clients', NULL, 1796098447482, 0, NULL, 1796098447482, NULL);
INSERT INTO listeners (awaited, address, transport, target, prefers, enqueued_at, attempts, claimed_by, due_at, deferred_by) VALUES ('pending', 'poll://any@clients', 'poll', 'clients', NULL, NULL, 0, NULL, NULL, NULL);
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
INSERT INTO promises (id, state, param, value, tags, timeout_at, created_at, settled_at, is_timer, origin, branch, parent, schedule, func) VALUES ('pending', 'pending', '{"headers":{"a":"b"},"data":"eyJmdW5jIjoiZiIsImlkIjoicGVuZGluZyJ9"}', '{}', '{"resonate:origin":"root","resonate:parent":"root","resonate:branch":"root","env":"prod"}', 9000000000000, 1796098447405, NULL, 0, 'root', 'root', 'root', NULL, 'f');
INSERT INTO promises (id, state, param, value, tags, timeout_at, created_at, settled_at, is_timer, origin, branch, parent, schedule, func) VALUES (' Ünï/cødé "quoted" \back% ', 'pending', '{"headers":{"a":"b"},"data":"eyJmdW5jIjoiZiIsImlkIjoiIMOcbsOvL2PDuGTDqSAicXVvdGVkIiBcYmFjayUgIn0="}', '{}', '{" Ünï/cødé \"quoted\" \\back% ":" Ünï/cødé \"quoted\" \\back% ","long":"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"}', 9000000000000, 1796098447411, NULL, 0, NULL, NULL, NULL, NULL, 'f');
INSERT INTO promises (id, state, param, value, tags, timeout_at, created_at, settled_at, is_timer, origin, branch, parent, schedule, func) VALUES ('resolved', 'resolved', '{"headers":{"a":"b"},"data":"eyJmdW5jIjoiZiIsImlkIjoicmVzb2x2ZWQifQ=="}', '{"headers":{"ok":"✓"},"data":"InJlc3VsdCBvZiByZXNvbHZlZCI="}', '{}', 9000000000000, 1796098447415, 1796098447417, 0, NULL, NULL, NULL, NULL, 'f');
INSERT INTO promises (id, state, param, value, tags, timeout_at, created_at, settled_at, is_timer, origin, branch, parent, schedule, func) VALUES ('rejected', 'rejected', '{"headers":{"a":"b"},"data":"eyJmdW5jIjoiZiIsImlkIjoicmVqZWN0ZWQifQ=="}', '{"headers":{"ok":"✓"},"data":"InJlc3VsdCBvZiByZWplY3RlZCI="}', '{}', 9000000000000, 1796098447419, 1796098447421, 0, NULL, NULL, NULL, NULL, 'f');
INSERT INTO promises (id, state, param, value, tags, timeout_at, created_at, settled_at, is_timer, origin, branch, parent, schedule, func) VALUES ('rejected_canceled', 'rejected_canceled', '{"headers":{"a":"b"},"data":"eyJmdW5jIjoiZiIsImlkIjoicmVqZWN0ZWRfY2FuY2VsZWQifQ=="}', '{"headers":{"ok":"✓"},"data":"InJlc3VsdCBvZiByZWplY3RlZF9jYW5jZWxlZCI="}', '{}', 9000000000000, 1796098447423, 1796098447425, 0, NULL, NULL, NULL, NULL, 'f');
INSERT INTO promises (id, state, param, value, tags, timeout_at, created_at, settled_at, is_timer, origin, branch, parent, schedule, func) VALUES ('rejected_timedout', 'rejected_timedout', '{"headers":{"a":"b"},"data":"eyJmdW5jIjoiZiIsImlkIjoicmVqZWN0ZWRfdGltZWRvdXQifQ=="}', '{}', '{}', 1796098447626, 1796098447428, 1796098447626, 0, NULL, NULL, NULL, NULL, 'f');
INSERT INTO promises (id, state, param, value, tags, timeout_at, created_at, settled_at, is_timer, origin, branch, parent, schedule, func) VALUES ('timer', 'resolved', '{"headers":{"a":"b"},"data":"eyJmdW5jIjoiZiIsImlkIjoidGltZXIifQ=="}', '{}', '{"resonate:timer":"true"}', 1796098447630, 1796098447431, 1796098447630, 1, NULL, NULL, NULL, NULL, 'f');
INSERT INTO promises (id, state, param, value, tags, timeout_at, created_at, settled_at, is_timer, origin, branch, parent, schedule, func) VALUES ('task-pending', 'pending', '{"headers":{"a":"b"},"data":"eyJmdW5jIjoiZiIsImlkIjoidGFzay1wZW5kaW5nIn0="}', '{}', '{"resonate:target":"poll://any@workers","resonate:origin":"root"}', 9000000000000, 1796098447433, NULL, 0, 'root', NULL, NULL, NULL, 'f');
INSERT INTO promises (id, state, param, value, tags, timeout_at, created_at, settled_at, is_timer, origin, branch, parent, schedule, func) VALUES ('task-acquired', 'pending', '{"headers":{"a":"b"},"data":"eyJmdW5jIjoiZiIsImlkIjoidGFzay1hY3F1aXJlZCJ9"}', '{}', '{"resonate:target":"poll://any@workers","resonate:origin":"root"}', 9000000000000, 1796098447436, NULL, 0, 'root', NULL, NULL, NULL, 'f');
INSERT INTO promises (id, state, param, value, tags, timeout_at, created_at, settled_at, is_timer, origin, branch, parent, schedule, func) VALUES ('task-suspended', 'pending', '{"headers":{"a":"b"},"data":"eyJmdW5jIjoiZiIsImlkIjoidGFzay1zdXNwZW5kZWQifQ=="}', '{}', '{"resonate:target":"poll://any@workers","resonate:origin":"root"}', 9000000000000, 1796098447438, NULL, 0, 'root', NULL, NULL, NULL, 'f');
INSERT INTO promises (id, state, param, value, tags, timeout_at, created_at, settled_at, is_timer, origin, branch, parent, schedule, func) VALUES ('task-halted', 'pending', '{"headers":{"a":"b"},"data":"eyJmdW5jIjoiZiIsImlkIjoidGFzay1oYWx0ZWQifQ=="}', '{}', '{"resonate:target":"poll://any@workers","resonate:origin":"root"}', 9000000000000, 1796098447440, NULL, 0, 'root', NULL, NULL, NULL, 'f');
INSERT INTO promises (id, state, param, value, tags, timeout_at, created_at, settled_at, is_timer, origin, branch, parent, schedule, func) VALUES ('task-fulfilled', 'resolved', '{"headers":{"a":"b"},"data":"eyJmdW5jIjoiZiIsImlkIjoidGFzay1mdWxmaWxsZWQifQ=="}', '{"data":"ImRvbmUi"}', '{"resonate:target":"poll://any@workers","resonate:origin":"root"}', 9000000000000, 1796098447441, 1796098447459, 0, 'root', NULL, NULL, NULL, 'f');
INSERT INTO promises (id, state, param, value, tags, timeout_at, created_at, settled_at, is_timer, origin, branch, parent, schedule, func) VALUES ('task-released', 'pending', '{"headers":{"a":"b"},"data":"eyJmdW5jIjoiZiIsImlkIjoidGFzay1yZWxlYXNlZCJ9"}', '{}', '{"resonate:target":"poll://any@workers","resonate:origin":"root"}', 9000000000000, 1796098447443, NULL, 0, 'root', NULL, NULL, NULL, 'f');
INSERT INTO promises (id, state, param, value, tags, timeout_at, created_at, settled_at, is_timer, origin, branch, parent, schedule, func) VALUES ('task-resumed', 'pending', '{"headers":{"a":"b"},"data":"eyJmdW5jIjoiZiIsImlkIjoidGFzay1yZXN1bWVkIn0="}', '{}', '{"resonate:target":"poll://any@workers","resonate:origin":"root"}', 9000000000000, 1796098447444, NULL, 0, 'root', NULL, NULL, NULL, 'f');
INSERT INTO promises (id, state, param, value, tags, timeout_at, created_at, settled_at, is_timer, origin, branch, parent, schedule, func) VALUES ('task-waiting', 'pending', '{"headers":{"a":"b"},"data":"eyJmdW5jIjoiZiIsImlkIjoidGFzay13YWl0aW5nIn0="}', '{}', '{"resonate:target":"poll://any@workers","resonate:origin":"root"}', 9000000000000, 1796098447445, NULL, 0, 'root', NULL, NULL, NULL, 'f');
INSERT INTO promises (id, state, param, value, tags, timeout_at, created_at, settled_at, is_timer, origin, branch, parent, schedule, func) VALUES ('awaited-early', 'resolved', '{"headers":{"a":"b"},"data":"eyJmdW5jIjoiZiIsImlkIjoiYXdhaXRlZC1lYXJseSJ9"}', '{"headers":{"ok":"✓"},"data":"InJlc3VsdCBvZiBhd2FpdGVkLWVhcmx5Ig=="}', '{}', 9000000000000, 1796098447466, 1796098447469, 0, NULL, NULL, NULL, NULL, 'f');
INSERT INTO promises (id, state, param, value, tags, timeout_at, created_at, settled_at, is_timer, origin, branch, parent, schedule, func) VALUES ('awaited-late', 'resolved', '{"headers":{"a":"b"},"data":"eyJmdW5jIjoiZiIsImlkIjoiYXdhaXRlZC1sYXRlIn0="}', '{"headers":{"ok":"✓"},"data":"InJlc3VsdCBvZiBhd2FpdGVkLWxhdGUi"}', '{}', 9000000000000, 1796098447472, 1796098447476, 0, NULL, NULL, NULL, NULL, 'f');
INSERT INTO promises (id, state, param, value, tags, timeout_at, created_at, settled_at, is_timer, origin, branch, parent, schedule, func) VALUES ('heard', 'resolved', '{"headers":{"a":"b"},"data":"eyJmdW5jIjoiZiIsImlkIjoiaGVhcmQifQ=="}', '{"headers":{"ok":"✓"},"data":"InJlc3VsdCBvZiBoZWFyZCI="}', '{}', 9000000000000, 1796098447479, 1796098447482, 0, NULL, NULL, NULL, NULL, 'f');
INSERT INTO promises (id, state, param, value, tags, timeout_at, created_at, settled_at, is_timer, origin, branch, parent, schedule, func) VALUES ('undeliverable', 'resolved', '{"headers":{"a":"b"},"data":"eyJmdW5jIjoiZiIsImlkIjoidW5kZWxpdmVyYWJsZSJ9"}', '{"headers":{"ok":"✓"},"data":"InJlc3VsdCBvZiB1bmRlbGl2ZXJhYmxlIg=="}', '{}', 9000000000000, 1796098447485, 1796098447488, 0, NULL, NULL, NULL, NULL, 'f');
INSERT INTO schedules (id, cron, promise_id, promise_timeout, promise_param, promise_tags, created_at, next_run_at, last_run_at, timezone, overlap, catch_up, paused_at, cron_dialect, fault) VALUES ('yearly', '0 0 1 1 *', '{{.id}}.{{.timestamp}}', 86400000, '{"data":"WzFd"}', '{"resonate:target":"poll://any@workers"}', 1796098447522, 1798761600000, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO schedules (id, cron, promise_id, promise_timeout, promise_param, promise_tags, created_at, next_run_at, last_run_at, timezone, overlap, catch_up, paused_at, cron_dialect, fault) VALUES ('with-policies', '0 0 1 1 *', '{{.id}}.{{.timestamp}}', 86400000, '{"data":"WzFd"}', '{"resonate:target":"poll://any@workers"}', 1796098447528, 1798758000000, NULL, 'Europe/Berlin', 'skip', 'all', NULL, 'unix', NULL);
INSERT INTO schedules (id, cron, promise_id, promise_timeout, promise_param, promise_tags, created_at, next_run_at, last_run_at, timezone, overlap, catch_up, paused_at, cron_dialect, fault) VALUES ('paused', '0 0 1 1 *', '{{.id}}.{{.timestamp}}', 86400000, '{"data":"WzFd"}', '{"resonate:target":"poll://any@workers"}', 1796098447533, 9007199254740991, NULL, NULL, NULL, NULL, 1796098447536, NULL, NULL);
INSERT INTO settings (key, value) VALUES ('job retention', '{"by":"all-a05610f7-9497-4486-a583-0a949fa51e26","startedAt":1796098447379,"endedAt":1796098447435,"error":null,"done":{"graphs":0,"promises":0}}');
INSERT INTO settings (key, value) VALUES ('write probe', '1037');
INSERT INTO settings (key, value) VALUES ('job analyze', '{"by":"all-a05610f7-9497-4486-a583-0a949fa51e26","startedAt":1796098447385,"endedAt":1796098447389,"error":null,"done":{"tables":9}}');
INSERT INTO tasks (id, state, version, resumes, pid, ttl, timeout_at, due_at, address, transport, target, prefers, enqueued_at, attempts, claimed_by, setbacks, deferred_by) VALUES ('task-acquired', 'acquired', 1, 0, 'worker-1', 3153600000000, 9000000000000, 4949698447448, 'poll://any@workers', 'poll', 'workers', NULL, NULL, 0, NULL, 0, NULL);
INSERT INTO tasks (id, state, version, resumes, pid, ttl, timeout_at, due_at, address, transport, target, prefers, enqueued_at, attempts, claimed_by, setbacks, deferred_by) VALUES ('task-fulfilled', 'fulfilled', 1, 0, NULL, NULL, 9000000000000, NULL, 'poll://any@workers', 'poll', 'workers', NULL, NULL, 0, NULL, 0, NULL);
INSERT INTO tasks (id, state, version, resumes, pid, ttl, timeout_at, due_at, address, transport, target, prefers, enqueued_at, attempts, claimed_by, setbacks, deferred_by) VALUES ('task-halted', 'halted', 0, 0, NULL, NULL, 9000000000000, NULL, 'poll://any@workers', 'poll', 'workers', NULL, NULL, 0, NULL, 0, NULL);
INSERT INTO tasks (id, state, version, resumes, pid, ttl, timeout_at, due_at, address, transport, target, prefers, enqueued_at, attempts, claimed_by, setbacks, deferred_by) VALUES ('task-pending', 'pending', 0, 0, NULL, NULL, 9000000000000, 1796098447433, 'poll://any@workers', 'poll', 'workers', NULL, 1796098447433, 0, NULL, 0, NULL);
INSERT INTO tasks (id, state, version, resumes, pid, ttl, timeout_at, due_at, address, transport, target, prefers, enqueued_at, attempts, claimed_by, setbacks, deferred_by) VALUES ('task-released', 'pending', 1, 0, NULL, NULL, 9000000000000, 1796098447462, 'poll://any@workers', 'poll', 'workers', NULL, 1796098447462, 0, NULL, 1, NULL);
INSERT INTO tasks (id, state, version, resumes, pid, ttl, timeout_at, due_at, address, transport, target, prefers, enqueued_at, attempts, claimed_by, setbacks, deferred_by) VALUES ('task-resumed', 'acquired', 1, 1, 'worker-1', 3153600000000, 9000000000000, 4949698447465, 'poll://any@workers', 'poll', 'workers', NULL, NULL, 0, NULL, 0, NULL);
INSERT INTO tasks (id, state, version, resumes, pid, ttl, timeout_at, due_at, address, transport, target, prefers, enqueued_at, attempts, claimed_by, setbacks, deferred_by) VALUES ('task-suspended', 'suspended', 1, 0, NULL, NULL, 9000000000000, NULL, 'poll://any@workers', 'poll', 'workers', NULL, NULL, 0, NULL, 0, NULL);
INSERT INTO tasks (id, state, version, resumes, pid, ttl, timeout_at, due_at, address, transport, target, prefers, enqueued_at, attempts, claimed_by, setbacks, deferred_by) VALUES ('task-waiting', 'pending', 1, 1, NULL, NULL, 9000000000000, 1796098447476, 'poll://any@workers', 'poll', 'workers', NULL, 1796098447476, 0, NULL, 0, NULL);
PRAGMA user_version = 10;
