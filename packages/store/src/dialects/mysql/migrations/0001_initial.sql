-- Ids, addresses and index texts are VARBINARY: the only type that compares byte by byte, trailing spaces included, on
-- MySQL and MariaDB alike (utf8mb4_bin pads with spaces; each server's no-pad collation is unknown to the other). 1020
-- bytes are 255 characters of at most 4. JSON is text, so that no server reorders its keys.
-- There are no partial indexes: the state stands in front instead, and a copy of no tag is NULL.

-- Promises are wide and written twice in their life. The copies of tags at the end serve searches and preloads.
CREATE TABLE promises (
  id VARBINARY(1020) NOT NULL,
  state VARCHAR(20) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  param LONGTEXT NOT NULL,
  value LONGTEXT NOT NULL,
  tags LONGTEXT NOT NULL,
  timeout_at BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  settled_at BIGINT,
  is_timer TINYINT NOT NULL,
  origin VARBINARY(1020),
  branch VARBINARY(1020),
  parent VARBINARY(1020),
  schedule VARBINARY(1020),
  PRIMARY KEY (id),
  KEY promises_timeout (state, timeout_at),
  KEY promises_state (state, id),
  KEY promises_origin (origin, id),
  KEY promises_branch (branch, id),
  KEY promises_parent (parent, id),
  KEY promises_schedule (schedule, id)
) ENGINE = InnoDB ROW_FORMAT = DYNAMIC CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- Every other tag, so that a search by tag walks an index in id order. Index texts are at most 160 UTF-16 units.
CREATE TABLE promise_tags (
  name VARBINARY(480) NOT NULL,
  value VARBINARY(480) NOT NULL,
  promise_id VARBINARY(1020) NOT NULL,
  PRIMARY KEY (name, value, promise_id)
) ENGINE = InnoDB ROW_FORMAT = DYNAMIC CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- Tasks are narrow and written often. A pending task that is due IS the waiting `execute` message.
CREATE TABLE tasks (
  id VARBINARY(1020) NOT NULL,
  state VARCHAR(20) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  version BIGINT NOT NULL,
  resumes BIGINT NOT NULL,
  pid LONGTEXT,
  ttl BIGINT,
  timeout_at BIGINT NOT NULL,
  due_at BIGINT,
  address VARBINARY(1020) NOT NULL,
  transport VARCHAR(20) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  target VARBINARY(1020) NOT NULL,
  prefers VARBINARY(1020),
  enqueued_at BIGINT,
  attempts BIGINT NOT NULL,
  claimed_by VARBINARY(1020),
  PRIMARY KEY (id),
  KEY tasks_state (state, id),
  KEY tasks_lease (state, due_at),
  KEY tasks_dispatch (state, transport, target, due_at)
) ENGINE = InnoDB ROW_FORMAT = DYNAMIC CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE callbacks (
  awaited VARBINARY(1020) NOT NULL,
  awaiter VARBINARY(1020) NOT NULL,
  ready TINYINT NOT NULL,
  PRIMARY KEY (awaited, awaiter),
  KEY callbacks_awaiter (awaiter, ready)
) ENGINE = InnoDB ROW_FORMAT = DYNAMIC CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- A listener that is due IS the waiting `unblock` message; `is_due` keeps the others out of its way in the index.
CREATE TABLE listeners (
  awaited VARBINARY(1020) NOT NULL,
  address VARBINARY(1020) NOT NULL,
  transport VARCHAR(20) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  target VARBINARY(1020) NOT NULL,
  prefers VARBINARY(1020),
  enqueued_at BIGINT,
  attempts BIGINT NOT NULL,
  claimed_by VARBINARY(1020),
  due_at BIGINT,
  is_due TINYINT GENERATED ALWAYS AS (due_at IS NOT NULL) STORED,
  PRIMARY KEY (awaited, address),
  KEY listeners_dispatch (is_due, transport, target, due_at)
) ENGINE = InnoDB ROW_FORMAT = DYNAMIC CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE schedules (
  id VARBINARY(1020) NOT NULL,
  cron LONGTEXT NOT NULL,
  promise_id LONGTEXT NOT NULL,
  promise_timeout BIGINT NOT NULL,
  promise_param LONGTEXT NOT NULL,
  promise_tags LONGTEXT NOT NULL,
  created_at BIGINT NOT NULL,
  next_run_at BIGINT NOT NULL,
  last_run_at BIGINT,
  PRIMARY KEY (id),
  KEY schedules_next_run (next_run_at)
) ENGINE = InnoDB ROW_FORMAT = DYNAMIC CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE settings (
  name VARBINARY(255) NOT NULL,
  value LONGTEXT NOT NULL,
  PRIMARY KEY (name)
) ENGINE = InnoDB ROW_FORMAT = DYNAMIC CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- The last batch of each connection, written with it: after a lost answer it tells whether the commit happened.
CREATE TABLE batches (
  connection VARBINARY(64) NOT NULL,
  number BIGINT NOT NULL,
  used_at BIGINT NOT NULL,
  PRIMARY KEY (connection)
) ENGINE = InnoDB ROW_FORMAT = DYNAMIC CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- Who runs: each process renews its row; one whose heartbeat stops is dead, and what it claimed is free again.
CREATE TABLE processes (
  id VARBINARY(1020) NOT NULL,
  role LONGTEXT NOT NULL,
  version LONGTEXT NOT NULL,
  host LONGTEXT NOT NULL,
  started_at BIGINT NOT NULL,
  leader TINYINT NOT NULL,
  heartbeat_at BIGINT NOT NULL,
  PRIMARY KEY (id)
) ENGINE = InnoDB ROW_FORMAT = DYNAMIC CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- Who leads, where election goes by lease rows.
CREATE TABLE leases (
  role VARBINARY(255) NOT NULL,
  holder VARBINARY(1020) NOT NULL,
  ends_at BIGINT NOT NULL,
  PRIMARY KEY (role)
) ENGINE = InnoDB ROW_FORMAT = DYNAMIC CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
