-- The process that deferred a message; before, this stood in claimed_by behind the words "deferred by".
ALTER TABLE tasks ADD COLUMN deferred_by text COLLATE "C";
ALTER TABLE listeners ADD COLUMN deferred_by text COLLATE "C";
UPDATE tasks SET deferred_by = substr(claimed_by, 13), claimed_by = NULL WHERE claimed_by LIKE 'deferred by %';
UPDATE listeners SET deferred_by = substr(claimed_by, 13), claimed_by = NULL WHERE claimed_by LIKE 'deferred by %';

-- Only for what is looked for by its age: with the wider rows of an empty table the planner took this index for walks
-- from target to target as well.
DROP INDEX listeners_age;
CREATE INDEX listeners_age ON listeners (transport, enqueued_at) WHERE due_at IS NOT NULL AND enqueued_at IS NOT NULL;
