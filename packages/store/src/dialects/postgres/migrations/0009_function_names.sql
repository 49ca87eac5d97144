-- The function that an SDK's param calls, so that a search by it walks an index, newest first. Null for promises that were
-- created before, and for those that call none.
ALTER TABLE promises ADD COLUMN func text COLLATE "C";
CREATE INDEX promises_func ON promises (func, created_at) WHERE func IS NOT NULL;
