-- Promises of other call graphs that a task asked for, so that retention keeps them until the caller has settled.
CREATE TABLE calls (
  called VARBINARY(1020) NOT NULL,
  caller VARBINARY(1020) NOT NULL,
  PRIMARY KEY (called, caller)
) ENGINE = InnoDB ROW_FORMAT = DYNAMIC CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
