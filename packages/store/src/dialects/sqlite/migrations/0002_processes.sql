-- Who runs: each process renews its row; one whose heartbeat stops is dead, and what it claimed is free again.
CREATE TABLE processes (
  id TEXT NOT NULL PRIMARY KEY,
  role TEXT NOT NULL,
  version TEXT NOT NULL,
  host TEXT NOT NULL,
  started_at INTEGER NOT NULL,
  leader INTEGER NOT NULL,
  heartbeat_at INTEGER NOT NULL
) STRICT;
