-- What has been settled for longest, for retention.
CREATE INDEX promises_settled ON promises (settled_at, id);

-- Call graphs too large for one transaction that are being removed: all of each that had settled by `settled_until`.
CREATE TABLE removals (
  origin VARBINARY(1020) NOT NULL,
  settled_until BIGINT NOT NULL,
  PRIMARY KEY (origin)
) ENGINE = InnoDB ROW_FORMAT = DYNAMIC CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
