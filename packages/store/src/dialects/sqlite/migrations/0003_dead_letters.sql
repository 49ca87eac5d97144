-- An `unblock` that could not be delivered, kept until somebody sends it again or drops it. Ids are never given twice.
CREATE TABLE dead_letters (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  awaited TEXT NOT NULL,
  address TEXT NOT NULL,
  transport TEXT NOT NULL,
  target TEXT NOT NULL,
  prefers TEXT,
  attempts INTEGER NOT NULL,
  last_error TEXT NOT NULL,
  enqueued_at INTEGER NOT NULL,
  died_at INTEGER NOT NULL
) STRICT;
CREATE INDEX dead_letters_target ON dead_letters (target, id);
CREATE INDEX dead_letters_awaited ON dead_letters (awaited);
CREATE INDEX dead_letters_died ON dead_letters (died_at);

-- What has waited for longest, transport by transport.
CREATE INDEX listeners_age ON listeners (transport, enqueued_at) WHERE due_at IS NOT NULL;
