-- The newest promises, for the dashboard.
CREATE INDEX promises_created ON promises (created_at);

-- What a process tells the others of itself: a little JSON.
ALTER TABLE processes ADD COLUMN stats TEXT;
