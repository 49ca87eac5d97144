-- The function that an SDK's param calls, so that a search by it walks an index, newest first. Null for promises that were
-- created before, and for those that call none. 480 bytes are 160 UTF-16 units.
ALTER TABLE promises ADD COLUMN func VARBINARY(480);

CREATE INDEX promises_func ON promises (func, created_at);
