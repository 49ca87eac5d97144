-- What the migrations make, read back from the catalog. Written by: UPDATE_SCHEMA=1 npm test -- mysql/schema

CREATE TABLE batches (
  connection varbinary(64) NOT NULL,
  number bigint NOT NULL,
  used_at bigint NOT NULL,
  PRIMARY KEY (connection)
) InnoDB DYNAMIC utf8mb4_bin;

CREATE TABLE callbacks (
  awaited varbinary(1020) NOT NULL,
  awaiter varbinary(1020) NOT NULL,
  ready tinyint NOT NULL,
  PRIMARY KEY (awaited, awaiter),
  KEY callbacks_awaiter (awaiter, ready)
) InnoDB DYNAMIC utf8mb4_bin;

CREATE TABLE calls (
  called varbinary(1020) NOT NULL,
  caller varbinary(1020) NOT NULL,
  PRIMARY KEY (called, caller)
) InnoDB DYNAMIC utf8mb4_bin;

CREATE TABLE dead_letters (
  id bigint NOT NULL,
  awaited varbinary(1020) NOT NULL,
  address varbinary(1020) NOT NULL,
  transport varchar(20) COLLATE ascii_bin NOT NULL,
  target varbinary(1020) NOT NULL,
  prefers varbinary(1020),
  attempts bigint NOT NULL,
  last_error text COLLATE utf8mb4_bin NOT NULL,
  enqueued_at bigint NOT NULL,
  died_at bigint NOT NULL,
  PRIMARY KEY (id),
  KEY dead_letters_awaited (awaited),
  KEY dead_letters_died (died_at),
  KEY dead_letters_target (target, id)
) InnoDB DYNAMIC utf8mb4_bin;

CREATE TABLE leases (
  role varbinary(255) NOT NULL,
  holder varbinary(1020) NOT NULL,
  ends_at bigint NOT NULL,
  PRIMARY KEY (role)
) InnoDB DYNAMIC utf8mb4_bin;

CREATE TABLE listeners (
  awaited varbinary(1020) NOT NULL,
  address varbinary(1020) NOT NULL,
  transport varchar(20) COLLATE ascii_bin NOT NULL,
  target varbinary(1020) NOT NULL,
  prefers varbinary(1020),
  enqueued_at bigint,
  attempts bigint NOT NULL,
  claimed_by varbinary(1020),
  due_at bigint,
  is_due tinyint GENERATED STORED,
  deferred_by varbinary(1020),
  PRIMARY KEY (awaited, address),
  KEY listeners_age (is_due, transport, enqueued_at),
  KEY listeners_dispatch (is_due, transport, target, due_at)
) InnoDB DYNAMIC utf8mb4_bin;

CREATE TABLE migrations (
  version bigint NOT NULL,
  name varchar(255) COLLATE utf8mb4_bin NOT NULL,
  steps_done bigint NOT NULL,
  step_under_way bigint,
  finished tinyint NOT NULL,
  PRIMARY KEY (version)
) InnoDB DYNAMIC utf8mb4_bin;

CREATE TABLE processes (
  id varbinary(1020) NOT NULL,
  role longtext COLLATE utf8mb4_bin NOT NULL,
  version longtext COLLATE utf8mb4_bin NOT NULL,
  host longtext COLLATE utf8mb4_bin NOT NULL,
  started_at bigint NOT NULL,
  leader tinyint NOT NULL,
  heartbeat_at bigint NOT NULL,
  stats text COLLATE utf8mb4_bin,
  PRIMARY KEY (id)
) InnoDB DYNAMIC utf8mb4_bin;

CREATE TABLE promise_tags (
  name varbinary(480) NOT NULL,
  value varbinary(480) NOT NULL,
  promise_id varbinary(1020) NOT NULL,
  PRIMARY KEY (name, value, promise_id)
) InnoDB DYNAMIC utf8mb4_bin;

CREATE TABLE promises (
  id varbinary(1020) NOT NULL,
  state varchar(20) COLLATE ascii_bin NOT NULL,
  param longtext COLLATE utf8mb4_bin NOT NULL,
  value longtext COLLATE utf8mb4_bin NOT NULL,
  tags longtext COLLATE utf8mb4_bin NOT NULL,
  timeout_at bigint NOT NULL,
  created_at bigint NOT NULL,
  settled_at bigint,
  is_timer tinyint NOT NULL,
  origin varbinary(1020),
  branch varbinary(1020),
  parent varbinary(1020),
  schedule varbinary(1020),
  func varbinary(480),
  PRIMARY KEY (id),
  KEY promises_branch (branch, id),
  KEY promises_created (created_at),
  KEY promises_func (func, created_at),
  KEY promises_origin (origin, id),
  KEY promises_parent (parent, id),
  KEY promises_schedule (schedule, id),
  KEY promises_settled (settled_at, id),
  KEY promises_state (state, id),
  KEY promises_timeout (state, timeout_at)
) InnoDB DYNAMIC utf8mb4_bin;

CREATE TABLE removals (
  origin varbinary(1020) NOT NULL,
  settled_until bigint NOT NULL,
  PRIMARY KEY (origin)
) InnoDB DYNAMIC utf8mb4_bin;

CREATE TABLE schedules (
  id varbinary(1020) NOT NULL,
  cron longtext COLLATE utf8mb4_bin NOT NULL,
  promise_id longtext COLLATE utf8mb4_bin NOT NULL,
  promise_timeout bigint NOT NULL,
  promise_param longtext COLLATE utf8mb4_bin NOT NULL,
  promise_tags longtext COLLATE utf8mb4_bin NOT NULL,
  created_at bigint NOT NULL,
  next_run_at bigint NOT NULL,
  last_run_at bigint,
  timezone text COLLATE utf8mb4_bin,
  overlap varchar(20) COLLATE ascii_bin,
  catch_up varchar(20) COLLATE ascii_bin,
  paused_at bigint,
  cron_dialect varchar(20) COLLATE ascii_bin,
  fault text COLLATE utf8mb4_bin,
  PRIMARY KEY (id),
  KEY schedules_next_run (next_run_at)
) InnoDB DYNAMIC utf8mb4_bin;

CREATE TABLE settings (
  name varbinary(255) NOT NULL,
  value longtext COLLATE utf8mb4_bin NOT NULL,
  PRIMARY KEY (name)
) InnoDB DYNAMIC utf8mb4_bin;

CREATE TABLE tasks (
  id varbinary(1020) NOT NULL,
  state varchar(20) COLLATE ascii_bin NOT NULL,
  version bigint NOT NULL,
  resumes bigint NOT NULL,
  pid longtext COLLATE utf8mb4_bin,
  ttl bigint,
  timeout_at bigint NOT NULL,
  due_at bigint,
  address varbinary(1020) NOT NULL,
  transport varchar(20) COLLATE ascii_bin NOT NULL,
  target varbinary(1020) NOT NULL,
  prefers varbinary(1020),
  enqueued_at bigint,
  attempts bigint NOT NULL,
  claimed_by varbinary(1020),
  setbacks int NOT NULL,
  deferred_by varbinary(1020),
  PRIMARY KEY (id),
  KEY tasks_dispatch (state, transport, target, due_at),
  KEY tasks_lease (state, due_at),
  KEY tasks_state (state, id)
) InnoDB DYNAMIC utf8mb4_bin;
