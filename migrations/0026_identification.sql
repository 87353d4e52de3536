-- Documents for identification: when the main API has decided about a user, and documents that it does not know of yet.
-- Times are in Unix seconds.

-- As the main API says; null before its first decision.
ALTER TABLE user_account ADD COLUMN kyc_decided_at INTEGER;

-- A document that is deleted, or that a newer one replaces, is handed over no more.
CREATE TABLE identification_outbox (
  file_id TEXT NOT NULL PRIMARY KEY REFERENCES user_file (id) ON DELETE CASCADE,
  user_id TEXT NOT NULL,
  -- The JSON body of `POST /internal/users/:id/documents`.
  body TEXT NOT NULL,
  attempts INTEGER NOT NULL DEFAULT 0,
  -- Not before; a run that sends it moves it first, so that no other run does.
  next_attempt_at INTEGER NOT NULL
);
CREATE INDEX identification_outbox_due ON identification_outbox (next_attempt_at);

-- Documents of users who wait for a decision.
CREATE INDEX user_file_undecided ON user_file (user_id)
  WHERE delete_after IS NULL AND kind IN ('passport', 'address_proof', 'selfie');
