-- Accounts. D1 is the authority for users, passwords, wallets and sessions. Times are in Unix seconds.

CREATE TABLE user_account (
  id TEXT NOT NULL PRIMARY KEY,
  -- Normalised; null if the account was opened with a wallet.
  email TEXT UNIQUE,
  display_name TEXT,
  avatar_url TEXT,
  -- The rights are the main API's.
  kyc_level INTEGER NOT NULL DEFAULT 0,
  user_level INTEGER NOT NULL DEFAULT 0,
  -- A JSON list.
  permissions TEXT NOT NULL DEFAULT '[]',
  -- When the main API last answered what they are; 0 before its first answer.
  rights_checked_at INTEGER NOT NULL DEFAULT 0,
  last_active_at INTEGER NOT NULL,
  -- Of the last row of user_outbox that was written for it.
  sequence INTEGER NOT NULL DEFAULT 0,
  -- The main API refused the account: its address is another customer's there. It has no rights.
  refused_at INTEGER,
  created_at INTEGER NOT NULL
);
CREATE INDEX user_account_active ON user_account (last_active_at, rights_checked_at);

CREATE TABLE user_password (
  user_id TEXT NOT NULL PRIMARY KEY REFERENCES user_account (id) ON DELETE CASCADE,
  -- A PHC string: the algorithm, its parameters, the salt and the hash.
  hash TEXT NOT NULL,
  changed_at INTEGER NOT NULL
);

CREATE TABLE user_wallet (
  -- With the checksum of EIP-55.
  address TEXT NOT NULL PRIMARY KEY,
  user_id TEXT NOT NULL REFERENCES user_account (id) ON DELETE CASCADE,
  -- The row of user_outbox that hands it over.
  sequence INTEGER NOT NULL,
  linked_at INTEGER NOT NULL
);
CREATE INDEX user_wallet_user ON user_wallet (user_id);

-- A row is a session that has not ended.
CREATE TABLE user_session (
  id TEXT NOT NULL PRIMARY KEY,
  user_id TEXT NOT NULL REFERENCES user_account (id) ON DELETE CASCADE,
  -- The sign-in.
  created_at INTEGER NOT NULL,
  last_activity_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  -- SHA-256 of the refresh token that has not been used yet.
  refresh_hash TEXT NOT NULL,
  -- SHA-256 of the token that it took the place of, and the key that derived it from that one.
  previous_refresh_hash TEXT,
  refresh_key_id TEXT,
  ip_address TEXT,
  user_agent TEXT,
  -- The nonce of the device token that the sign-in gave.
  device TEXT NOT NULL
);
CREATE INDEX user_session_user ON user_session (user_id, last_activity_at);
CREATE INDEX user_session_expiry ON user_session (expires_at);

CREATE TABLE wallet_challenge (
  -- SHA-256 of the message: no other message redeems it.
  message_hash TEXT NOT NULL PRIMARY KEY,
  address TEXT NOT NULL,
  chain_id INTEGER NOT NULL,
  -- The user who asked for it; null if nobody was signed in.
  user_id TEXT REFERENCES user_account (id) ON DELETE CASCADE,
  expires_at INTEGER NOT NULL
);
CREATE INDEX wallet_challenge_expiry ON wallet_challenge (expires_at);
-- An account that is erased takes its challenges with it.
CREATE INDEX wallet_challenge_user ON wallet_challenge (user_id) WHERE user_id IS NOT NULL;

-- Accounts that the main API has not stored yet, each version a row. Rows of one user leave in order.
CREATE TABLE user_outbox (
  user_id TEXT NOT NULL REFERENCES user_account (id) ON DELETE CASCADE,
  sequence INTEGER NOT NULL,
  -- The JSON body of `POST /internal/users`.
  body TEXT NOT NULL,
  attempts INTEGER NOT NULL DEFAULT 0,
  -- Not before; a run that sends it moves it first, so that no other run does.
  next_attempt_at INTEGER NOT NULL,
  PRIMARY KEY (user_id, sequence)
);
CREATE INDEX user_outbox_due ON user_outbox (next_attempt_at);
