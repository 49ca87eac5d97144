-- The process that deferred a message; before, this stood in claimed_by behind the words "deferred by".
ALTER TABLE tasks ADD COLUMN deferred_by VARBINARY(1020);
ALTER TABLE listeners ADD COLUMN deferred_by VARBINARY(1020);
UPDATE tasks SET deferred_by = substr(claimed_by, 13), claimed_by = NULL WHERE claimed_by LIKE 'deferred by %';
UPDATE listeners SET deferred_by = substr(claimed_by, 13), claimed_by = NULL WHERE claimed_by LIKE 'deferred by %';
