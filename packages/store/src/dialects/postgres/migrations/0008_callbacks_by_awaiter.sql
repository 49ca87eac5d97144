-- The collation POSIX is that of C by another name. Statements that name a callback by both columns of its key say C, so
-- the planner cannot take this index for them: as long as it knew nothing of the rows, it did, and read all callbacks of the
-- awaiter for each.
DROP INDEX callbacks_awaiter;
CREATE INDEX callbacks_awaiter ON callbacks (awaiter COLLATE "POSIX", ready);
