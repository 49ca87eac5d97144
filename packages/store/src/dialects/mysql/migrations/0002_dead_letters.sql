-- An `unblock` that could not be delivered, kept until somebody sends it again or drops it.
CREATE TABLE dead_letters (
  id BIGINT NOT NULL AUTO_INCREMENT,
  awaited VARBINARY(1020) NOT NULL,
  address VARBINARY(1020) NOT NULL,
  transport VARCHAR(20) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  target VARBINARY(1020) NOT NULL,
  prefers VARBINARY(1020),
  attempts BIGINT NOT NULL,
  last_error TEXT NOT NULL,
  enqueued_at BIGINT NOT NULL,
  died_at BIGINT NOT NULL,
  PRIMARY KEY (id),
  KEY dead_letters_target (target, id),
  KEY dead_letters_awaited (awaited),
  KEY dead_letters_died (died_at)
) ENGINE = InnoDB ROW_FORMAT = DYNAMIC CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- What has waited for longest, transport by transport.
CREATE INDEX listeners_age ON listeners (is_due, transport, enqueued_at);
