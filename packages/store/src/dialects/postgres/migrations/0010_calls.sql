-- Promises of other call graphs that a task asked for, so that retention keeps them until the caller has settled.
CREATE TABLE calls (
  called text COLLATE "C" NOT NULL,
  caller text COLLATE "C" NOT NULL,
  PRIMARY KEY (called, caller)
);
