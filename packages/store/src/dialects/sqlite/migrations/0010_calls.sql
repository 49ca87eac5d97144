-- Promises of other call graphs that a task asked for, so that retention keeps them until the caller has settled.
CREATE TABLE calls (
  called TEXT NOT NULL,
  caller TEXT NOT NULL,
  PRIMARY KEY (called, caller)
) STRICT, WITHOUT ROWID;
