-- Time zone, what overlapping and missed runs do, and the pause; null as long as nobody chose.
ALTER TABLE schedules
  ADD COLUMN timezone text,
  ADD COLUMN overlap text,
  ADD COLUMN catch_up text,
  ADD COLUMN paused_at bigint;
