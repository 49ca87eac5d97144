-- What has been settled for longest, for retention.
CREATE INDEX promises_settled ON promises (settled_at, id) WHERE settled_at IS NOT NULL;

-- Call graphs too large for one transaction that are being removed: all of each that had settled by `settled_until`.
CREATE TABLE removals (
  origin TEXT NOT NULL PRIMARY KEY,
  settled_until INTEGER NOT NULL
) STRICT;
