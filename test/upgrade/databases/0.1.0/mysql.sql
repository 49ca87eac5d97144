CREATE TABLE `batches` (
  `connection` varbinary(64) NOT NULL,
  `number` bigint(20) NOT NULL,
  `used_at` bigint(20) NOT NULL,
  PRIMARY KEY (`connection`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin ROW_FORMAT=DYNAMIC;
INSERT INTO batches (connection, number, used_at) VALUES ('240f3282-eadb-4653-ae32-c492e0ee22a6', 26, 1796098452226);
INSERT INTO batches (connection, number, used_at) VALUES ('439f7b6f-a264-40a9-abc4-7c11aa335d03', 2, 1796098451985);
INSERT INTO batches (connection, number, used_at) VALUES ('895b0517-aa45-4ae3-9c94-5e4bb34e364d', 19, 1796098452156);
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
CREATE TABLE `calls` (
  `called` varbinary(1020) NOT NULL,
  `caller` varbinary(1020) NOT NULL,
  PRIMARY KEY (`called`,`caller`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin ROW_FORMAT=DYNAMIC;
CREATE TABLE `dead_letters` (
  `id` bigint(20) NOT NULL AUTO_INCREMENT,
  `awaited` varbinary(1020) NOT NULL,
  `address` varbinary(1020) NOT NULL,
  `transport` varchar(20) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `target` varbinary(1020) NOT NULL,
  `prefers` varbinary(1020) DEFAULT NULL,
  `attempts` bigint(20) NOT NULL,
  `last_error` text NOT NULL,
  `enqueued_at` bigint(20) NOT NULL,
  `died_at` bigint(20) NOT NULL,
  PRIMARY KEY (`id`),
  KEY `dead_letters_target` (`target`,`id`),
  KEY `dead_letters_awaited` (`awaited`),
  KEY `dead_letters_died` (`died_at`)
) ENGINE=InnoDB AUTO_INCREMENT=2 DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin ROW_FORMAT=DYNAMIC;
INSERT INTO dead_letters (id, awaited, address, transport, target, prefers, attempts, last_error, enqueued_at, died_at) VALUES (1, 'undeliverable', 'http://127.0.0.1:24799/', 'http', 'http://127.0.0.1:24799', NULL, 1, 'connect ECONNREFUSED 127.0.0.1:24799', 1796098452121, 1796098452161);
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
  `deferred_by` varbinary(1020) DEFAULT NULL,
  PRIMARY KEY (`awaited`,`address`),
  KEY `listeners_dispatch` (`is_due`,`transport`,`target`,`due_at`),
  KEY `listeners_age` (`is_due`,`transport`,`enqueued_at`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin ROW_FORMAT=DYNAMIC;
INSERT INTO listeners (awaited, address, transport, target, prefers, enqueued_at, attempts, claimed_by, due_at, deferred_by) VALUES ('heard', 'poll://any@clients', 'poll', 'clients', NULL, 1796098452115, 0, NULL, 1796098452115, NULL);
INSERT INTO listeners (awaited, address, transport, target, prefers, enqueued_at, attempts, claimed_by, due_at, deferred_by) VALUES ('pending', 'poll://any@clients', 'poll', 'clients', NULL, NULL, 0, NULL, NULL, NULL);
CREATE TABLE `migrations` (
  `version` bigint(20) NOT NULL,
  `name` varchar(255) NOT NULL,
  `steps_done` bigint(20) NOT NULL,
  `step_under_way` bigint(20) DEFAULT NULL,
  `finished` tinyint(4) NOT NULL,
  PRIMARY KEY (`version`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin ROW_FORMAT=DYNAMIC;
INSERT INTO migrations (version, name, steps_done, step_under_way, finished) VALUES (1, 'initial', 10, NULL, 1);
INSERT INTO migrations (version, name, steps_done, step_under_way, finished) VALUES (2, 'dead_letters', 2, NULL, 1);
INSERT INTO migrations (version, name, steps_done, step_under_way, finished) VALUES (3, 'schedule_policies', 1, NULL, 1);
INSERT INTO migrations (version, name, steps_done, step_under_way, finished) VALUES (4, 'retention', 2, NULL, 1);
INSERT INTO migrations (version, name, steps_done, step_under_way, finished) VALUES (5, 'dashboard', 2, NULL, 1);
INSERT INTO migrations (version, name, steps_done, step_under_way, finished) VALUES (6, 'cron_dialects', 3, NULL, 1);
INSERT INTO migrations (version, name, steps_done, step_under_way, finished) VALUES (7, 'deferred_messages', 4, NULL, 1);
INSERT INTO migrations (version, name, steps_done, step_under_way, finished) VALUES (8, 'function_names', 2, NULL, 1);
INSERT INTO migrations (version, name, steps_done, step_under_way, finished) VALUES (9, 'calls', 1, NULL, 1);
CREATE TABLE `processes` (
  `id` varbinary(1020) NOT NULL,
  `role` longtext NOT NULL,
  `version` longtext NOT NULL,
  `host` longtext NOT NULL,
  `started_at` bigint(20) NOT NULL,
  `leader` tinyint(4) NOT NULL,
  `heartbeat_at` bigint(20) NOT NULL,
  `stats` text DEFAULT NULL,
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
  `func` varbinary(480) DEFAULT NULL,
  PRIMARY KEY (`id`),
  KEY `promises_timeout` (`state`,`timeout_at`),
  KEY `promises_state` (`state`,`id`),
  KEY `promises_origin` (`origin`,`id`),
  KEY `promises_branch` (`branch`,`id`),
  KEY `promises_parent` (`parent`,`id`),
  KEY `promises_schedule` (`schedule`,`id`),
  KEY `promises_settled` (`settled_at`,`id`),
  KEY `promises_created` (`created_at`),
  KEY `promises_func` (`func`,`created_at`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin ROW_FORMAT=DYNAMIC;
INSERT INTO promises (id, state, param, value, tags, timeout_at, created_at, settled_at, is_timer, origin, branch, parent, schedule, func) VALUES (' Ünï/cødé \"quoted\" \\back% ', 'pending', '{\"headers\":{\"a\":\"b\"},\"data\":\"eyJmdW5jIjoiZiIsImlkIjoiIMOcbsOvL2PDuGTDqSAicXVvdGVkIiBcYmFjayUgIn0=\"}', '{}', '{\" Ünï/cødé \\\"quoted\\\" \\\\back% \":\" Ünï/cødé \\\"quoted\\\" \\\\back% \",\"long\":\"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\"}', 9000000000000, 1796098451985, NULL, 0, NULL, NULL, NULL, NULL, 'f');
INSERT INTO promises (id, state, param, value, tags, timeout_at, created_at, settled_at, is_timer, origin, branch, parent, schedule, func) VALUES ('awaited-early', 'resolved', '{\"headers\":{\"a\":\"b\"},\"data\":\"eyJmdW5jIjoiZiIsImlkIjoiYXdhaXRlZC1lYXJseSJ9\"}', '{\"headers\":{\"ok\":\"✓\"},\"data\":\"InJlc3VsdCBvZiBhd2FpdGVkLWVhcmx5Ig==\"}', '{}', 9000000000000, 1796098452084, 1796098452090, 0, NULL, NULL, NULL, NULL, 'f');
INSERT INTO promises (id, state, param, value, tags, timeout_at, created_at, settled_at, is_timer, origin, branch, parent, schedule, func) VALUES ('awaited-late', 'resolved', '{\"headers\":{\"a\":\"b\"},\"data\":\"eyJmdW5jIjoiZiIsImlkIjoiYXdhaXRlZC1sYXRlIn0=\"}', '{\"headers\":{\"ok\":\"✓\"},\"data\":\"InJlc3VsdCBvZiBhd2FpdGVkLWxhdGUi\"}', '{}', 9000000000000, 1796098452097, 1796098452103, 0, NULL, NULL, NULL, NULL, 'f');
INSERT INTO promises (id, state, param, value, tags, timeout_at, created_at, settled_at, is_timer, origin, branch, parent, schedule, func) VALUES ('heard', 'resolved', '{\"headers\":{\"a\":\"b\"},\"data\":\"eyJmdW5jIjoiZiIsImlkIjoiaGVhcmQifQ==\"}', '{\"headers\":{\"ok\":\"✓\"},\"data\":\"InJlc3VsdCBvZiBoZWFyZCI=\"}', '{}', 9000000000000, 1796098452109, 1796098452115, 0, NULL, NULL, NULL, NULL, 'f');
INSERT INTO promises (id, state, param, value, tags, timeout_at, created_at, settled_at, is_timer, origin, branch, parent, schedule, func) VALUES ('pending', 'pending', '{\"headers\":{\"a\":\"b\"},\"data\":\"eyJmdW5jIjoiZiIsImlkIjoicGVuZGluZyJ9\"}', '{}', '{\"resonate:origin\":\"root\",\"resonate:parent\":\"root\",\"resonate:branch\":\"root\",\"env\":\"prod\"}', 9000000000000, 1796098451970, NULL, 0, 'root', 'root', 'root', NULL, 'f');
INSERT INTO promises (id, state, param, value, tags, timeout_at, created_at, settled_at, is_timer, origin, branch, parent, schedule, func) VALUES ('rejected', 'rejected', '{\"headers\":{\"a\":\"b\"},\"data\":\"eyJmdW5jIjoiZiIsImlkIjoicmVqZWN0ZWQifQ==\"}', '{\"headers\":{\"ok\":\"✓\"},\"data\":\"InJlc3VsdCBvZiByZWplY3RlZCI=\"}', '{}', 9000000000000, 1796098452005, 1796098452009, 0, NULL, NULL, NULL, NULL, 'f');
INSERT INTO promises (id, state, param, value, tags, timeout_at, created_at, settled_at, is_timer, origin, branch, parent, schedule, func) VALUES ('rejected_canceled', 'rejected_canceled', '{\"headers\":{\"a\":\"b\"},\"data\":\"eyJmdW5jIjoiZiIsImlkIjoicmVqZWN0ZWRfY2FuY2VsZWQifQ==\"}', '{\"headers\":{\"ok\":\"✓\"},\"data\":\"InJlc3VsdCBvZiByZWplY3RlZF9jYW5jZWxlZCI=\"}', '{}', 9000000000000, 1796098452013, 1796098452017, 0, NULL, NULL, NULL, NULL, 'f');
INSERT INTO promises (id, state, param, value, tags, timeout_at, created_at, settled_at, is_timer, origin, branch, parent, schedule, func) VALUES ('rejected_timedout', 'rejected_timedout', '{\"headers\":{\"a\":\"b\"},\"data\":\"eyJmdW5jIjoiZiIsImlkIjoicmVqZWN0ZWRfdGltZWRvdXQifQ==\"}', '{}', '{}', 1796098452218, 1796098452020, 1796098452218, 0, NULL, NULL, NULL, NULL, 'f');
INSERT INTO promises (id, state, param, value, tags, timeout_at, created_at, settled_at, is_timer, origin, branch, parent, schedule, func) VALUES ('resolved', 'resolved', '{\"headers\":{\"a\":\"b\"},\"data\":\"eyJmdW5jIjoiZiIsImlkIjoicmVzb2x2ZWQifQ==\"}', '{\"headers\":{\"ok\":\"✓\"},\"data\":\"InJlc3VsdCBvZiByZXNvbHZlZCI=\"}', '{}', 9000000000000, 1796098451995, 1796098452000, 0, NULL, NULL, NULL, NULL, 'f');
INSERT INTO promises (id, state, param, value, tags, timeout_at, created_at, settled_at, is_timer, origin, branch, parent, schedule, func) VALUES ('task-acquired', 'pending', '{\"headers\":{\"a\":\"b\"},\"data\":\"eyJmdW5jIjoiZiIsImlkIjoidGFzay1hY3F1aXJlZCJ9\"}', '{}', '{\"resonate:target\":\"poll://any@workers\",\"resonate:origin\":\"root\"}', 9000000000000, 1796098452031, NULL, 0, 'root', NULL, NULL, NULL, 'f');
INSERT INTO promises (id, state, param, value, tags, timeout_at, created_at, settled_at, is_timer, origin, branch, parent, schedule, func) VALUES ('task-fulfilled', 'resolved', '{\"headers\":{\"a\":\"b\"},\"data\":\"eyJmdW5jIjoiZiIsImlkIjoidGFzay1mdWxmaWxsZWQifQ==\"}', '{\"data\":\"ImRvbmUi\"}', '{\"resonate:target\":\"poll://any@workers\",\"resonate:origin\":\"root\"}', 9000000000000, 1796098452038, 1796098452073, 0, 'root', NULL, NULL, NULL, 'f');
INSERT INTO promises (id, state, param, value, tags, timeout_at, created_at, settled_at, is_timer, origin, branch, parent, schedule, func) VALUES ('task-halted', 'pending', '{\"headers\":{\"a\":\"b\"},\"data\":\"eyJmdW5jIjoiZiIsImlkIjoidGFzay1oYWx0ZWQifQ==\"}', '{}', '{\"resonate:target\":\"poll://any@workers\",\"resonate:origin\":\"root\"}', 9000000000000, 1796098452036, NULL, 0, 'root', NULL, NULL, NULL, 'f');
INSERT INTO promises (id, state, param, value, tags, timeout_at, created_at, settled_at, is_timer, origin, branch, parent, schedule, func) VALUES ('task-pending', 'pending', '{\"headers\":{\"a\":\"b\"},\"data\":\"eyJmdW5jIjoiZiIsImlkIjoidGFzay1wZW5kaW5nIn0=\"}', '{}', '{\"resonate:target\":\"poll://any@workers\",\"resonate:origin\":\"root\"}', 9000000000000, 1796098452027, NULL, 0, 'root', NULL, NULL, NULL, 'f');
INSERT INTO promises (id, state, param, value, tags, timeout_at, created_at, settled_at, is_timer, origin, branch, parent, schedule, func) VALUES ('task-released', 'pending', '{\"headers\":{\"a\":\"b\"},\"data\":\"eyJmdW5jIjoiZiIsImlkIjoidGFzay1yZWxlYXNlZCJ9\"}', '{}', '{\"resonate:target\":\"poll://any@workers\",\"resonate:origin\":\"root\"}', 9000000000000, 1796098452042, NULL, 0, 'root', NULL, NULL, NULL, 'f');
INSERT INTO promises (id, state, param, value, tags, timeout_at, created_at, settled_at, is_timer, origin, branch, parent, schedule, func) VALUES ('task-resumed', 'pending', '{\"headers\":{\"a\":\"b\"},\"data\":\"eyJmdW5jIjoiZiIsImlkIjoidGFzay1yZXN1bWVkIn0=\"}', '{}', '{\"resonate:target\":\"poll://any@workers\",\"resonate:origin\":\"root\"}', 9000000000000, 1796098452044, NULL, 0, 'root', NULL, NULL, NULL, 'f');
INSERT INTO promises (id, state, param, value, tags, timeout_at, created_at, settled_at, is_timer, origin, branch, parent, schedule, func) VALUES ('task-suspended', 'pending', '{\"headers\":{\"a\":\"b\"},\"data\":\"eyJmdW5jIjoiZiIsImlkIjoidGFzay1zdXNwZW5kZWQifQ==\"}', '{}', '{\"resonate:target\":\"poll://any@workers\",\"resonate:origin\":\"root\"}', 9000000000000, 1796098452034, NULL, 0, 'root', NULL, NULL, NULL, 'f');
INSERT INTO promises (id, state, param, value, tags, timeout_at, created_at, settled_at, is_timer, origin, branch, parent, schedule, func) VALUES ('task-waiting', 'pending', '{\"headers\":{\"a\":\"b\"},\"data\":\"eyJmdW5jIjoiZiIsImlkIjoidGFzay13YWl0aW5nIn0=\"}', '{}', '{\"resonate:target\":\"poll://any@workers\",\"resonate:origin\":\"root\"}', 9000000000000, 1796098452045, NULL, 0, 'root', NULL, NULL, NULL, 'f');
INSERT INTO promises (id, state, param, value, tags, timeout_at, created_at, settled_at, is_timer, origin, branch, parent, schedule, func) VALUES ('timer', 'resolved', '{\"headers\":{\"a\":\"b\"},\"data\":\"eyJmdW5jIjoiZiIsImlkIjoidGltZXIifQ==\"}', '{}', '{\"resonate:timer\":\"true\"}', 1796098452222, 1796098452024, 1796098452222, 1, NULL, NULL, NULL, NULL, 'f');
INSERT INTO promises (id, state, param, value, tags, timeout_at, created_at, settled_at, is_timer, origin, branch, parent, schedule, func) VALUES ('undeliverable', 'resolved', '{\"headers\":{\"a\":\"b\"},\"data\":\"eyJmdW5jIjoiZiIsImlkIjoidW5kZWxpdmVyYWJsZSJ9\"}', '{\"headers\":{\"ok\":\"✓\"},\"data\":\"InJlc3VsdCBvZiB1bmRlbGl2ZXJhYmxlIg==\"}', '{}', 9000000000000, 1796098452118, 1796098452121, 0, NULL, NULL, NULL, NULL, 'f');
CREATE TABLE `removals` (
  `origin` varbinary(1020) NOT NULL,
  `settled_until` bigint(20) NOT NULL,
  PRIMARY KEY (`origin`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin ROW_FORMAT=DYNAMIC;
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
  `timezone` text DEFAULT NULL,
  `overlap` varchar(20) CHARACTER SET ascii COLLATE ascii_bin DEFAULT NULL,
  `catch_up` varchar(20) CHARACTER SET ascii COLLATE ascii_bin DEFAULT NULL,
  `paused_at` bigint(20) DEFAULT NULL,
  `cron_dialect` varchar(20) CHARACTER SET ascii COLLATE ascii_bin DEFAULT NULL,
  `fault` text DEFAULT NULL,
  PRIMARY KEY (`id`),
  KEY `schedules_next_run` (`next_run_at`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin ROW_FORMAT=DYNAMIC;
INSERT INTO schedules (id, cron, promise_id, promise_timeout, promise_param, promise_tags, created_at, next_run_at, last_run_at, timezone, overlap, catch_up, paused_at, cron_dialect, fault) VALUES ('paused', '0 0 1 1 *', '{{.id}}.{{.timestamp}}', 86400000, '{\"data\":\"WzFd\"}', '{\"resonate:target\":\"poll://any@workers\"}', 1796098452174, 9007199254740991, NULL, NULL, NULL, NULL, 1796098452177, NULL, NULL);
INSERT INTO schedules (id, cron, promise_id, promise_timeout, promise_param, promise_tags, created_at, next_run_at, last_run_at, timezone, overlap, catch_up, paused_at, cron_dialect, fault) VALUES ('with-policies', '0 0 1 1 *', '{{.id}}.{{.timestamp}}', 86400000, '{\"data\":\"WzFd\"}', '{\"resonate:target\":\"poll://any@workers\"}', 1796098452168, 1798758000000, NULL, 'Europe/Berlin', 'skip', 'all', NULL, 'unix', NULL);
INSERT INTO schedules (id, cron, promise_id, promise_timeout, promise_param, promise_tags, created_at, next_run_at, last_run_at, timezone, overlap, catch_up, paused_at, cron_dialect, fault) VALUES ('yearly', '0 0 1 1 *', '{{.id}}.{{.timestamp}}', 86400000, '{\"data\":\"WzFd\"}', '{\"resonate:target\":\"poll://any@workers\"}', 1796098452157, 1798761600000, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
CREATE TABLE `settings` (
  `name` varbinary(255) NOT NULL,
  `value` longtext NOT NULL,
  PRIMARY KEY (`name`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin ROW_FORMAT=DYNAMIC;
INSERT INTO settings (name, value) VALUES ('job analyze', '{\"by\":\"all-ebcd7a8f-c1b4-45fb-b333-f6a87f8cdfa7\",\"startedAt\":1796098451908,\"endedAt\":1796098451995,\"error\":null,\"done\":{\"tables\":9}}');
INSERT INTO settings (name, value) VALUES ('job retention', '{\"by\":\"all-ebcd7a8f-c1b4-45fb-b333-f6a87f8cdfa7\",\"startedAt\":1796098451948,\"endedAt\":1796098452048,\"error\":null,\"done\":{\"graphs\":0,\"promises\":0}}');
INSERT INTO settings (name, value) VALUES ('write probe', '710');
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
  `setbacks` int(11) NOT NULL DEFAULT 0,
  `deferred_by` varbinary(1020) DEFAULT NULL,
  PRIMARY KEY (`id`),
  KEY `tasks_state` (`state`,`id`),
  KEY `tasks_lease` (`state`,`due_at`),
  KEY `tasks_dispatch` (`state`,`transport`,`target`,`due_at`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin ROW_FORMAT=DYNAMIC;
INSERT INTO tasks (id, state, version, resumes, pid, ttl, timeout_at, due_at, address, transport, target, prefers, enqueued_at, attempts, claimed_by, setbacks, deferred_by) VALUES ('task-acquired', 'acquired', 1, 0, 'worker-1', 3153600000000, 9000000000000, 4949698452051, 'poll://any@workers', 'poll', 'workers', NULL, NULL, 0, NULL, 0, NULL);
INSERT INTO tasks (id, state, version, resumes, pid, ttl, timeout_at, due_at, address, transport, target, prefers, enqueued_at, attempts, claimed_by, setbacks, deferred_by) VALUES ('task-fulfilled', 'fulfilled', 1, 0, NULL, NULL, 9000000000000, NULL, 'poll://any@workers', 'poll', 'workers', NULL, NULL, 0, NULL, 0, NULL);
INSERT INTO tasks (id, state, version, resumes, pid, ttl, timeout_at, due_at, address, transport, target, prefers, enqueued_at, attempts, claimed_by, setbacks, deferred_by) VALUES ('task-halted', 'halted', 0, 0, NULL, NULL, 9000000000000, NULL, 'poll://any@workers', 'poll', 'workers', NULL, NULL, 0, NULL, 0, NULL);
INSERT INTO tasks (id, state, version, resumes, pid, ttl, timeout_at, due_at, address, transport, target, prefers, enqueued_at, attempts, claimed_by, setbacks, deferred_by) VALUES ('task-pending', 'pending', 0, 0, NULL, NULL, 9000000000000, 1796098452027, 'poll://any@workers', 'poll', 'workers', NULL, 1796098452027, 0, NULL, 0, NULL);
INSERT INTO tasks (id, state, version, resumes, pid, ttl, timeout_at, due_at, address, transport, target, prefers, enqueued_at, attempts, claimed_by, setbacks, deferred_by) VALUES ('task-released', 'pending', 1, 0, NULL, NULL, 9000000000000, 1796098452080, 'poll://any@workers', 'poll', 'workers', NULL, 1796098452080, 0, NULL, 1, NULL);
INSERT INTO tasks (id, state, version, resumes, pid, ttl, timeout_at, due_at, address, transport, target, prefers, enqueued_at, attempts, claimed_by, setbacks, deferred_by) VALUES ('task-resumed', 'acquired', 1, 1, 'worker-1', 3153600000000, 9000000000000, 4949698452082, 'poll://any@workers', 'poll', 'workers', NULL, NULL, 0, NULL, 0, NULL);
INSERT INTO tasks (id, state, version, resumes, pid, ttl, timeout_at, due_at, address, transport, target, prefers, enqueued_at, attempts, claimed_by, setbacks, deferred_by) VALUES ('task-suspended', 'suspended', 1, 0, NULL, NULL, 9000000000000, NULL, 'poll://any@workers', 'poll', 'workers', NULL, NULL, 0, NULL, 0, NULL);
INSERT INTO tasks (id, state, version, resumes, pid, ttl, timeout_at, due_at, address, transport, target, prefers, enqueued_at, attempts, claimed_by, setbacks, deferred_by) VALUES ('task-waiting', 'pending', 1, 1, NULL, NULL, 9000000000000, 1796098452103, 'poll://any@workers', 'poll', 'workers', NULL, 1796098452103, 0, NULL, 0, NULL);
