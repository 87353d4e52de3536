-- Notices to the people who watch the gateway, and silences of alert rules. Times are in Unix seconds.

-- One row for each notice and channel, which is sent apart from all others.
CREATE TABLE notification (
  sequence INTEGER NOT NULL PRIMARY KEY,
  -- The notice and the channel. The channel is given it with each attempt, and shows the message once.
  id TEXT NOT NULL UNIQUE,
  -- Its name in ALERT_CHANNELS.
  channel TEXT NOT NULL,
  -- The incident of an alert, or the notice itself: a channel gets the rows of a thread in their order.
  thread TEXT NOT NULL,
  -- Null for a notice that is no alert. A silence of the rule holds the row back.
  rule TEXT,
  -- A `Notice`, as JSON.
  notice TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  attempts INTEGER NOT NULL DEFAULT 0,
  -- Not before; a run that sends it moves it first, so that no other run does.
  next_attempt_at INTEGER NOT NULL,
  -- Null while it is to be sent.
  outcome TEXT CHECK (outcome IN ('sent', 'given_up', 'silenced')),
  ended_at INTEGER,
  -- The reason of the latest attempt that failed. It contains nothing of the channel's secrets.
  last_error TEXT
);
CREATE INDEX notification_due ON notification (next_attempt_at) WHERE outcome IS NULL;
CREATE INDEX notification_thread ON notification (thread, channel) WHERE outcome IS NULL;
CREATE INDEX notification_ended ON notification (ended_at) WHERE outcome IS NOT NULL;

-- A newer silence of a rule replaces the older one.
CREATE TABLE alert_silence (
  rule TEXT NOT NULL PRIMARY KEY,
  ends_at INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  -- The name of the key that asked for it.
  created_by TEXT NOT NULL
);
