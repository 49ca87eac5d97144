-- An `unblock` that could not be delivered, kept until somebody sends it again or drops it.
CREATE TABLE dead_letters (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  awaited text COLLATE "C" NOT NULL,
  address text COLLATE "C" NOT NULL,
  transport text COLLATE "C" NOT NULL,
  target text COLLATE "C" NOT NULL,
  prefers text COLLATE "C",
  attempts bigint NOT NULL,
  last_error text NOT NULL,
  enqueued_at bigint NOT NULL,
  died_at bigint NOT NULL
);
CREATE INDEX dead_letters_target ON dead_letters (target, id);
CREATE INDEX dead_letters_awaited ON dead_letters (awaited);
CREATE INDEX dead_letters_died ON dead_letters (died_at);

-- What has waited for longest, transport by transport.
CREATE INDEX listeners_age ON listeners (transport, enqueued_at) WHERE due_at IS NOT NULL;
