CREATE TABLE `batches` (
  `connection` varbinary(64) NOT NULL,
  `number` bigint(20) NOT NULL,
  `used_at` bigint(20) NOT NULL,
  PRIMARY KEY (`connection`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin ROW_FORMAT=DYNAMIC;
INSERT INTO batches (connection, number, used_at) VALUES ('43752040-cc3b-4c88-8d39-477f9cede1a1', 6, 1795968042379);
INSERT INTO batches (connection, number, used_at) VALUES ('48426f27-b59d-4b6f-b382-54d766adb98a', 11, 1795968043468);
INSERT INTO batches (connection, number, used_at) VALUES ('9132abcd-8ac5-4048-97f0-8da615ad7de8', 19, 1795968043766);
INSERT INTO batches (connection, number, used_at) VALUES ('ed7f7cda-779b-4908-9068-ff599664a56b', 5, 1795968041595);
CREATE TABLE `callbacks` (
  `awaited` varbinary(1020) NOT NULL,
  `awaiter` varbinary(1020) NOT NULL,
  `ready` tinyint(4) NOT NULL,
  PRIMARY KEY (`awaited`,`awaiter`),
  KEY `callbacks_awaiter` (`awaiter`,`ready`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin ROW_FORMAT=DYNAMIC;
INSERT INTO callbacks (awaited, awaiter, ready) VALUES ('awaited-early', 'task-resumed', 1);
INSERT INTO callbacks (awaited, awaiter, ready) VALUES ('pending', 'task-suspended', 0);
INSERT INTO callbacks (awaited, awaiter, ready) VALUES ('awaited-late', 'task-waiting', 1);
CREATE TABLE `leases` (
  `role` varbinary(255) NOT NULL,
  `holder` varbinary(1020) NOT NULL,
  `ends_at` bigint(20) NOT NULL,
  PRIMARY KEY (`role`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin ROW_FORMAT=DYNAMIC;
CREATE TABLE `listeners` (
  `awaited` varbinary(1020) NOT NULL,
  `address` varbinary(1020) NOT NULL,
  `transport` varchar(20) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `target` varbinary(1020) NOT NULL,
  `prefers` varbinary(1020) DEFAULT NULL,
  `enqueued_at` bigint(20) DEFAULT NULL,
  `attempts` bigint(20) NOT NULL,
  `claimed_by` varbinary(1020) DEFAULT NULL,
  `due_at` bigint(20) DEFAULT NULL,
  `is_due` tinyint(4) GENERATED ALWAYS AS (`due_at` is not null) STORED,
  PRIMARY KEY (`awaited`,`address`),
  KEY `listeners_dispatch` (`is_due`,`transport`,`target`,`due_at`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin ROW_FORMAT=DYNAMIC;
INSERT INTO listeners (awaited, address, transport, target, prefers, enqueued_at, attempts, claimed_by, due_at) VALUES ('heard', 'poll://any@clients', 'poll', 'clients', NULL, 1795968043497, 0, NULL, 1795968043497);
INSERT INTO listeners (awaited, address, transport, target, prefers, enqueued_at, attempts, claimed_by, due_at) VALUES ('pending', 'poll://any@clients', 'poll', 'clients', NULL, NULL, 0, NULL, NULL);
CREATE TABLE `migrations` (
  `version` bigint(20) NOT NULL,
  `name` varchar(255) NOT NULL,
  `steps_done` bigint(20) NOT NULL,
  `step_under_way` bigint(20) DEFAULT NULL,
  `finished` tinyint(4) NOT NULL,
  PRIMARY KEY (`version`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin ROW_FORMAT=DYNAMIC;
INSERT INTO migrations (version, name, steps_done, step_under_way, finished) VALUES (1, 'initial', 10, NULL, 1);
CREATE TABLE `processes` (
  `id` varbinary(1020) NOT NULL,
  `role` longtext NOT NULL,
  `version` longtext NOT NULL,
  `host` longtext NOT NULL,
  `started_at` bigint(20) NOT NULL,
  `leader` tinyint(4) NOT NULL,
  `heartbeat_at` bigint(20) NOT NULL,
  PRIMARY KEY (`id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin ROW_FORMAT=DYNAMIC;
CREATE TABLE `promise_tags` (
  `name` varbinary(480) NOT NULL,
  `value` varbinary(480) NOT NULL,
  `promise_id` varbinary(1020) NOT NULL,
  PRIMARY KEY (`name`,`value`,`promise_id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin ROW_FORMAT=DYNAMIC;
INSERT INTO promise_tags (name, value, promise_id) VALUES (' Ünï/cødé \"quoted\" \\back% ', ' Ünï/cødé \"quoted\" \\back% ', ' Ünï/cødé \"quoted\" \\back% ');
INSERT INTO promise_tags (name, value, promise_id) VALUES ('env', 'prod', 'pending');
INSERT INTO promise_tags (name, value, promise_id) VALUES ('long', 'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx', ' Ünï/cødé \"quoted\" \\back% ');
INSERT INTO promise_tags (name, value, promise_id) VALUES ('resonate:target', 'poll://any@workers', 'task-acquired');
INSERT INTO promise_tags (name, value, promise_id) VALUES ('resonate:target', 'poll://any@workers', 'task-fulfilled');
INSERT INTO promise_tags (name, value, promise_id) VALUES ('resonate:target', 'poll://any@workers', 'task-halted');
INSERT INTO promise_tags (name, value, promise_id) VALUES ('resonate:target', 'poll://any@workers', 'task-pending');
INSERT INTO promise_tags (name, value, promise_id) VALUES ('resonate:target', 'poll://any@workers', 'task-released');
INSERT INTO promise_tags (name, value, promise_id) VALUES ('resonate:target', 'poll://any@workers', 'task-resumed');
INSERT INTO promise_tags (name, value, promise_id) VALUES ('resonate:target', 'poll://any@workers', 'task-suspended');
INSERT INTO promise_tags (name, value, promise_id) VALUES ('resonate:target', 'poll://any@workers', 'task-waiting');
INSERT INTO promise_tags (name, value, promise_id) VALUES ('resonate:timer', 'true', 'timer');
CREATE TABLE `promises` (
  `id` varbinary(1020) NOT NULL,
  `state` varchar(20) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `param` longtext NOT NULL,
  `value` longtext NOT NULL,
  `tags` longtext NOT NULL,
  `timeout_at` bigint(20) NOT NULL,
  `created_at` bigint(20) NOT NULL,
  `settled_at` bigint(20) DEFAULT NULL,
  `is_timer` tinyint(4) NOT NULL,
  `origin` varbinary(1020) DEFAULT NULL,
  `branch` varbinary(1020) DEFAULT NULL,
  `parent` varbinary(1020) DEFAULT NULL,
  `schedule` varbinary(1020) DEFAULT NULL,
  PRIMARY KEY (`id`),
  KEY `promises_timeout` (`state`,`timeout_at`),
  KEY `promises_state` (`state`,`id`),
  KEY `promises_origin` (`origin`,`id`),
  KEY `promises_branch` (`branch`,`id`),
  KEY `promises_parent` (`parent`,`id`),
  KEY `promises_schedule` (`schedule`,`id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin ROW_FORMAT=DYNAMIC;
INSERT INTO promises (id, state, param, value, tags, timeout_at, created_at, settled_at, is_timer, origin, branch, parent, schedule) VALUES (' Ünï/cødé \"quoted\" \\back% ', 'pending', '{\"headers\":{\"a\":\"b\"},\"data\":\"eyJmdW5jIjoiZiIsImlkIjoiIMOcbsOvL2PDuGTDqSAicXVvdGVkIiBcYmFjayUgIn0=\"}', '{}', '{\" Ünï/cødé \\\"quoted\\\" \\\\back% \":\" Ünï/cødé \\\"quoted\\\" \\\\back% \",\"long\":\"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\"}', 9000000000000, 1795968041129, NULL, 0, NULL, NULL, NULL, NULL);
INSERT INTO promises (id, state, param, value, tags, timeout_at, created_at, settled_at, is_timer, origin, branch, parent, schedule) VALUES ('awaited-early', 'resolved', '{\"headers\":{\"a\":\"b\"},\"data\":\"eyJmdW5jIjoiZiIsImlkIjoiYXdhaXRlZC1lYXJseSJ9\"}', '{\"headers\":{\"ok\":\"✓\"},\"data\":\"InJlc3VsdCBvZiBhd2FpdGVkLWVhcmx5Ig==\"}', '{}', 9000000000000, 1795968043027, 1795968043112, 0, NULL, NULL, NULL, NULL);
INSERT INTO promises (id, state, param, value, tags, timeout_at, created_at, settled_at, is_timer, origin, branch, parent, schedule) VALUES ('awaited-late', 'resolved', '{\"headers\":{\"a\":\"b\"},\"data\":\"eyJmdW5jIjoiZiIsImlkIjoiYXdhaXRlZC1sYXRlIn0=\"}', '{\"headers\":{\"ok\":\"✓\"},\"data\":\"InJlc3VsdCBvZiBhd2FpdGVkLWxhdGUi\"}', '{}', 9000000000000, 1795968043225, 1795968043332, 0, NULL, NULL, NULL, NULL);
INSERT INTO promises (id, state, param, value, tags, timeout_at, created_at, settled_at, is_timer, origin, branch, parent, schedule) VALUES ('heard', 'resolved', '{\"headers\":{\"a\":\"b\"},\"data\":\"eyJmdW5jIjoiZiIsImlkIjoiaGVhcmQifQ==\"}', '{\"headers\":{\"ok\":\"✓\"},\"data\":\"InJlc3VsdCBvZiBoZWFyZCI=\"}', '{}', 9000000000000, 1795968043423, 1795968043497, 0, NULL, NULL, NULL, NULL);
INSERT INTO promises (id, state, param, value, tags, timeout_at, created_at, settled_at, is_timer, origin, branch, parent, schedule) VALUES ('pending', 'pending', '{\"headers\":{\"a\":\"b\"},\"data\":\"eyJmdW5jIjoiZiIsImlkIjoicGVuZGluZyJ9\"}', '{}', '{\"resonate:origin\":\"root\",\"resonate:parent\":\"root\",\"resonate:branch\":\"root\",\"env\":\"prod\"}', 9000000000000, 1795968040970, NULL, 0, 'root', 'root', 'root', NULL);
INSERT INTO promises (id, state, param, value, tags, timeout_at, created_at, settled_at, is_timer, origin, branch, parent, schedule) VALUES ('rejected', 'rejected', '{\"headers\":{\"a\":\"b\"},\"data\":\"eyJmdW5jIjoiZiIsImlkIjoicmVqZWN0ZWQifQ==\"}', '{\"headers\":{\"ok\":\"✓\"},\"data\":\"InJlc3VsdCBvZiByZWplY3RlZCI=\"}', '{}', 9000000000000, 1795968041406, 1795968041510, 0, NULL, NULL, NULL, NULL);
INSERT INTO promises (id, state, param, value, tags, timeout_at, created_at, settled_at, is_timer, origin, branch, parent, schedule) VALUES ('rejected_canceled', 'rejected_canceled', '{\"headers\":{\"a\":\"b\"},\"data\":\"eyJmdW5jIjoiZiIsImlkIjoicmVqZWN0ZWRfY2FuY2VsZWQifQ==\"}', '{\"headers\":{\"ok\":\"✓\"},\"data\":\"InJlc3VsdCBvZiByZWplY3RlZF9jYW5jZWxlZCI=\"}', '{}', 9000000000000, 1795968041563, 1795968041596, 0, NULL, NULL, NULL, NULL);
INSERT INTO promises (id, state, param, value, tags, timeout_at, created_at, settled_at, is_timer, origin, branch, parent, schedule) VALUES ('rejected_timedout', 'rejected_timedout', '{\"headers\":{\"a\":\"b\"},\"data\":\"eyJmdW5jIjoiZiIsImlkIjoicmVqZWN0ZWRfdGltZWRvdXQifQ==\"}', '{}', '{}', 1795968041863, 1795968041702, 1795968041863, 0, NULL, NULL, NULL, NULL);
INSERT INTO promises (id, state, param, value, tags, timeout_at, created_at, settled_at, is_timer, origin, branch, parent, schedule) VALUES ('resolved', 'resolved', '{\"headers\":{\"a\":\"b\"},\"data\":\"eyJmdW5jIjoiZiIsImlkIjoicmVzb2x2ZWQifQ==\"}', '{\"headers\":{\"ok\":\"✓\"},\"data\":\"InJlc3VsdCBvZiByZXNvbHZlZCI=\"}', '{}', 9000000000000, 1795968041212, 1795968041289, 0, NULL, NULL, NULL, NULL);
INSERT INTO promises (id, state, param, value, tags, timeout_at, created_at, settled_at, is_timer, origin, branch, parent, schedule) VALUES ('task-acquired', 'pending', '{\"headers\":{\"a\":\"b\"},\"data\":\"eyJmdW5jIjoiZiIsImlkIjoidGFzay1hY3F1aXJlZCJ9\"}', '{}', '{\"resonate:target\":\"poll://any@workers\",\"resonate:origin\":\"root\"}', 9000000000000, 1795968041926, NULL, 0, 'root', NULL, NULL, NULL);
INSERT INTO promises (id, state, param, value, tags, timeout_at, created_at, settled_at, is_timer, origin, branch, parent, schedule) VALUES ('task-fulfilled', 'resolved', '{\"headers\":{\"a\":\"b\"},\"data\":\"eyJmdW5jIjoiZiIsImlkIjoidGFzay1mdWxmaWxsZWQifQ==\"}', '{\"data\":\"ImRvbmUi\"}', '{\"resonate:target\":\"poll://any@workers\",\"resonate:origin\":\"root\"}', 9000000000000, 1795968042096, 1795968042773, 0, 'root', NULL, NULL, NULL);
INSERT INTO promises (id, state, param, value, tags, timeout_at, created_at, settled_at, is_timer, origin, branch, parent, schedule) VALUES ('task-halted', 'pending', '{\"headers\":{\"a\":\"b\"},\"data\":\"eyJmdW5jIjoiZiIsImlkIjoidGFzay1oYWx0ZWQifQ==\"}', '{}', '{\"resonate:target\":\"poll://any@workers\",\"resonate:origin\":\"root\"}', 9000000000000, 1795968042059, NULL, 0, 'root', NULL, NULL, NULL);
INSERT INTO promises (id, state, param, value, tags, timeout_at, created_at, settled_at, is_timer, origin, branch, parent, schedule) VALUES ('task-pending', 'pending', '{\"headers\":{\"a\":\"b\"},\"data\":\"eyJmdW5jIjoiZiIsImlkIjoidGFzay1wZW5kaW5nIn0=\"}', '{}', '{\"resonate:target\":\"poll://any@workers\",\"resonate:origin\":\"root\"}', 9000000000000, 1795968041807, NULL, 0, 'root', NULL, NULL, NULL);
INSERT INTO promises (id, state, param, value, tags, timeout_at, created_at, settled_at, is_timer, origin, branch, parent, schedule) VALUES ('task-released', 'pending', '{\"headers\":{\"a\":\"b\"},\"data\":\"eyJmdW5jIjoiZiIsImlkIjoidGFzay1yZWxlYXNlZCJ9\"}', '{}', '{\"resonate:target\":\"poll://any@workers\",\"resonate:origin\":\"root\"}', 9000000000000, 1795968042160, NULL, 0, 'root', NULL, NULL, NULL);
INSERT INTO promises (id, state, param, value, tags, timeout_at, created_at, settled_at, is_timer, origin, branch, parent, schedule) VALUES ('task-resumed', 'pending', '{\"headers\":{\"a\":\"b\"},\"data\":\"eyJmdW5jIjoiZiIsImlkIjoidGFzay1yZXN1bWVkIn0=\"}', '{}', '{\"resonate:target\":\"poll://any@workers\",\"resonate:origin\":\"root\"}', 9000000000000, 1795968042308, NULL, 0, 'root', NULL, NULL, NULL);
INSERT INTO promises (id, state, param, value, tags, timeout_at, created_at, settled_at, is_timer, origin, branch, parent, schedule) VALUES ('task-suspended', 'pending', '{\"headers\":{\"a\":\"b\"},\"data\":\"eyJmdW5jIjoiZiIsImlkIjoidGFzay1zdXNwZW5kZWQifQ==\"}', '{}', '{\"resonate:target\":\"poll://any@workers\",\"resonate:origin\":\"root\"}', 9000000000000, 1795968042010, NULL, 0, 'root', NULL, NULL, NULL);
INSERT INTO promises (id, state, param, value, tags, timeout_at, created_at, settled_at, is_timer, origin, branch, parent, schedule) VALUES ('task-waiting', 'pending', '{\"headers\":{\"a\":\"b\"},\"data\":\"eyJmdW5jIjoiZiIsImlkIjoidGFzay13YWl0aW5nIn0=\"}', '{}', '{\"resonate:target\":\"poll://any@workers\",\"resonate:origin\":\"root\"}', 9000000000000, 1795968042341, NULL, 0, 'root', NULL, NULL, NULL);
INSERT INTO promises (id, state, param, value, tags, timeout_at, created_at, settled_at, is_timer, origin, branch, parent, schedule) VALUES ('timer', 'resolved', '{\"headers\":{\"a\":\"b\"},\"data\":\"eyJmdW5jIjoiZiIsImlkIjoidGltZXIifQ==\"}', '{}', '{\"resonate:timer\":\"true\"}', 1795968041951, 1795968041759, 1795968041951, 1, NULL, NULL, NULL, NULL);
CREATE TABLE `schedules` (
  `id` varbinary(1020) NOT NULL,
  `cron` longtext NOT NULL,
  `promise_id` longtext NOT NULL,
  `promise_timeout` bigint(20) NOT NULL,
  `promise_param` longtext NOT NULL,
  `promise_tags` longtext NOT NULL,
  `created_at` bigint(20) NOT NULL,
  `next_run_at` bigint(20) NOT NULL,
  `last_run_at` bigint(20) DEFAULT NULL,
  PRIMARY KEY (`id`),
  KEY `schedules_next_run` (`next_run_at`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin ROW_FORMAT=DYNAMIC;
INSERT INTO schedules (id, cron, promise_id, promise_timeout, promise_param, promise_tags, created_at, next_run_at, last_run_at) VALUES ('yearly', '0 0 1 1 *', '{{.id}}.{{.timestamp}}', 86400000, '{\"data\":\"WzFd\"}', '{\"resonate:target\":\"poll://any@workers\"}', 1795968043766, 1798761600000, NULL);
CREATE TABLE `settings` (
  `name` varbinary(255) NOT NULL,
  `value` longtext NOT NULL,
  PRIMARY KEY (`name`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin ROW_FORMAT=DYNAMIC;
CREATE TABLE `tasks` (
  `id` varbinary(1020) NOT NULL,
  `state` varchar(20) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `version` bigint(20) NOT NULL,
  `resumes` bigint(20) NOT NULL,
  `pid` longtext DEFAULT NULL,
  `ttl` bigint(20) DEFAULT NULL,
  `timeout_at` bigint(20) NOT NULL,
  `due_at` bigint(20) DEFAULT NULL,
  `address` varbinary(1020) NOT NULL,
  `transport` varchar(20) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `target` varbinary(1020) NOT NULL,
  `prefers` varbinary(1020) DEFAULT NULL,
  `enqueued_at` bigint(20) DEFAULT NULL,
  `attempts` bigint(20) NOT NULL,
  `claimed_by` varbinary(1020) DEFAULT NULL,
  PRIMARY KEY (`id`),
  KEY `tasks_state` (`state`,`id`),
  KEY `tasks_lease` (`state`,`due_at`),
  KEY `tasks_dispatch` (`state`,`transport`,`target`,`due_at`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin ROW_FORMAT=DYNAMIC;
INSERT INTO tasks (id, state, version, resumes, pid, ttl, timeout_at, due_at, address, transport, target, prefers, enqueued_at, attempts, claimed_by) VALUES ('task-acquired', 'acquired', 1, 0, 'worker-1', 3153600000000, 9000000000000, 4949568042380, 'poll://any@workers', 'poll', 'workers', NULL, NULL, 0, NULL);
INSERT INTO tasks (id, state, version, resumes, pid, ttl, timeout_at, due_at, address, transport, target, prefers, enqueued_at, attempts, claimed_by) VALUES ('task-fulfilled', 'fulfilled', 1, 0, NULL, NULL, 9000000000000, NULL, 'poll://any@workers', 'poll', 'workers', NULL, NULL, 0, NULL);
INSERT INTO tasks (id, state, version, resumes, pid, ttl, timeout_at, due_at, address, transport, target, prefers, enqueued_at, attempts, claimed_by) VALUES ('task-halted', 'halted', 0, 0, NULL, NULL, 9000000000000, NULL, 'poll://any@workers', 'poll', 'workers', NULL, NULL, 0, NULL);
INSERT INTO tasks (id, state, version, resumes, pid, ttl, timeout_at, due_at, address, transport, target, prefers, enqueued_at, attempts, claimed_by) VALUES ('task-pending', 'pending', 0, 0, NULL, NULL, 9000000000000, 1795968041807, 'poll://any@workers', 'poll', 'workers', NULL, 1795968041807, 0, NULL);
INSERT INTO tasks (id, state, version, resumes, pid, ttl, timeout_at, due_at, address, transport, target, prefers, enqueued_at, attempts, claimed_by) VALUES ('task-released', 'pending', 1, 0, NULL, NULL, 9000000000000, 1795968042862, 'poll://any@workers', 'poll', 'workers', NULL, 1795968042862, 0, NULL);
INSERT INTO tasks (id, state, version, resumes, pid, ttl, timeout_at, due_at, address, transport, target, prefers, enqueued_at, attempts, claimed_by) VALUES ('task-resumed', 'acquired', 1, 1, 'worker-1', 3153600000000, 9000000000000, 4949568042972, 'poll://any@workers', 'poll', 'workers', NULL, NULL, 0, NULL);
INSERT INTO tasks (id, state, version, resumes, pid, ttl, timeout_at, due_at, address, transport, target, prefers, enqueued_at, attempts, claimed_by) VALUES ('task-suspended', 'suspended', 1, 0, NULL, NULL, 9000000000000, NULL, 'poll://any@workers', 'poll', 'workers', NULL, NULL, 0, NULL);
INSERT INTO tasks (id, state, version, resumes, pid, ttl, timeout_at, due_at, address, transport, target, prefers, enqueued_at, attempts, claimed_by) VALUES ('task-waiting', 'pending', 1, 1, NULL, NULL, 9000000000000, 1795968043332, 'poll://any@workers', 'poll', 'workers', NULL, 1795968043332, 0, NULL);
