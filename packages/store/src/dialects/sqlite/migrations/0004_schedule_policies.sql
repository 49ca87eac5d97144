-- Time zone, what overlapping and missed runs do, and the pause; null as long as nobody chose.
ALTER TABLE schedules ADD COLUMN timezone TEXT;
ALTER TABLE schedules ADD COLUMN overlap TEXT;
ALTER TABLE schedules ADD COLUMN catch_up TEXT;
ALTER TABLE schedules ADD COLUMN paused_at INTEGER;
