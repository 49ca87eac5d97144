-- Expressions written so far were read as cron(8) reads them: they keep their meaning. Null: the public server's way.
ALTER TABLE schedules
  ADD COLUMN cron_dialect VARCHAR(20) CHARACTER SET ascii COLLATE ascii_bin,
  ADD COLUMN fault TEXT;
UPDATE schedules SET cron_dialect = 'unix';

-- How often in a row a task was released, or its lease expired, without progress.
ALTER TABLE tasks ADD COLUMN setbacks INT NOT NULL DEFAULT 0;
