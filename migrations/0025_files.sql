-- Files of users. Times are in Unix seconds. The bytes are in R2; a row that is deleted leaves its object to
-- object_deletion, whatever deleted it, so that no object is forgotten.

-- What a user may put to pending/<id> until then.
CREATE TABLE user_upload (
  id TEXT NOT NULL PRIMARY KEY,
  user_id TEXT NOT NULL REFERENCES user_account (id) ON DELETE CASCADE,
  -- avatar, passport, address_proof, selfie or attachment.
  kind TEXT NOT NULL,
  -- As announced.
  content_type TEXT NOT NULL,
  size_bytes INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL
);
CREATE INDEX user_upload_user ON user_upload (user_id);
CREATE INDEX user_upload_expiry ON user_upload (expires_at);

CREATE TABLE user_file (
  -- That of its upload.
  id TEXT NOT NULL PRIMARY KEY,
  user_id TEXT NOT NULL REFERENCES user_account (id) ON DELETE CASCADE,
  kind TEXT NOT NULL,
  -- What the bytes are.
  content_type TEXT NOT NULL,
  size_bytes INTEGER NOT NULL,
  -- In R2. A newer file of one key takes the row over: a deletion would queue the newer object.
  object_key TEXT NOT NULL UNIQUE,
  -- The object's, without quotation marks.
  etag TEXT NOT NULL,
  uploaded_at INTEGER NOT NULL,
  -- When it is deleted without being asked; null where it stays until then.
  delete_after INTEGER
);
CREATE INDEX user_file_user ON user_file (user_id, uploaded_at);
CREATE INDEX user_file_due ON user_file (delete_after) WHERE delete_after IS NOT NULL;

-- The key of a user's documents for identification, encrypted under KYC_KEY. In no backup.
CREATE TABLE kyc_key (
  user_id TEXT NOT NULL PRIMARY KEY REFERENCES user_account (id) ON DELETE CASCADE,
  -- Base64.
  wrapped_key TEXT NOT NULL,
  -- The `kid` of the key in KYC_KEY.
  wrapping_key_id TEXT NOT NULL,
  created_at INTEGER NOT NULL
);

-- Objects that no row names any more.
CREATE TABLE object_deletion (
  object_key TEXT NOT NULL PRIMARY KEY,
  -- Not before; a run that deletes it moves it first, so that no other run does.
  next_attempt_at INTEGER NOT NULL
);
CREATE INDEX object_deletion_due ON object_deletion (next_attempt_at);

-- Nobody can put bytes to the URL of an upload any more 1,200 s after it was created.
CREATE TRIGGER user_upload_deleted AFTER DELETE ON user_upload BEGIN
  INSERT OR IGNORE INTO object_deletion (object_key, next_attempt_at)
  VALUES ('pending/' || OLD.id, OLD.created_at + 1200);
END;

CREATE TRIGGER user_file_deleted AFTER DELETE ON user_file BEGIN
  INSERT OR IGNORE INTO object_deletion (object_key, next_attempt_at) VALUES (OLD.object_key, 0);
END;

-- Without its key, a copy of a document is noise.
CREATE TRIGGER identification_deleted AFTER DELETE ON user_file
WHEN OLD.kind IN ('passport', 'address_proof', 'selfie') AND NOT EXISTS (
  SELECT 1 FROM user_file WHERE user_id = OLD.user_id AND kind IN ('passport', 'address_proof', 'selfie')
) BEGIN
  DELETE FROM kyc_key WHERE user_id = OLD.user_id;
END;

-- Each use of a private file, written before its first byte is sent. It stays when file and user are gone.
CREATE TABLE file_read (
  id INTEGER NOT NULL PRIMARY KEY,
  file_id TEXT NOT NULL,
  -- The file's owner.
  user_id TEXT NOT NULL,
  kind TEXT NOT NULL,
  -- user:<id>, or main-api.
  reader TEXT NOT NULL,
  request_id TEXT NOT NULL,
  read_at INTEGER NOT NULL
);
CREATE INDEX file_read_file ON file_read (file_id);
