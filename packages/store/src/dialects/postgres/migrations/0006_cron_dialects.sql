-- Expressions written so far were read as cron(8) reads them: they keep their meaning. Null: the public server's way.
ALTER TABLE schedules ADD COLUMN cron_dialect text;
UPDATE schedules SET cron_dialect = 'unix';

-- Why the last occurrence of a schedule could not be fired.
ALTER TABLE schedules ADD COLUMN fault text;

-- How often in a row a task was released, or its lease expired, without progress.
ALTER TABLE tasks ADD COLUMN setbacks integer NOT NULL DEFAULT 0;
