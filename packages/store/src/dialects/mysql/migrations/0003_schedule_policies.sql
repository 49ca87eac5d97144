-- Time zone, what overlapping and missed runs do, and the pause; null as long as nobody chose.
ALTER TABLE schedules
  ADD COLUMN timezone TEXT,
  ADD COLUMN overlap VARCHAR(20) CHARACTER SET ascii COLLATE ascii_bin,
  ADD COLUMN catch_up VARCHAR(20) CHARACTER SET ascii COLLATE ascii_bin,
  ADD COLUMN paused_at BIGINT;
