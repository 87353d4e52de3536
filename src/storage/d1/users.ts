/**
 * User accounts. Times are in Unix seconds.
 *
 * A row that depends on an account is deleted with it.
 */
import { outboxWrites } from './user-outbox.ts';

export interface UserRow {
  id: string;
  email: string | null;
  display_name: string | null;
  avatar_url: string | null;
  kyc_level: number;
  user_level: number;
  /** A JSON list of permissions. */
  permissions: string;
  /** 0 before the main API's first answer. */
  rights_checked_at: number;
  last_active_at: number;
  refused_at: number | null;
  created_at: number;
  /** A JSON list of addresses, the first linked first. */
  wallet_addresses: string;
}

/** @param user the table's alias */
export const userColumns = (user: string): string =>
  `${[
    'id',
    'email',
    'display_name',
    'avatar_url',
    'kyc_level',
    'user_level',
    'permissions',
    'rights_checked_at',
    'last_active_at',
    'refused_at',
    'created_at',
  ]
    .map((name) => `${user}.${name}`)
    .join(', ')},
   (SELECT json_group_array(address) FROM
      (SELECT address FROM user_wallet WHERE user_id = ${user}.id ORDER BY linked_at, address)) AS wallet_addresses`;

export async function userById(db: D1Database, id: string): Promise<UserRow | null> {
  const statement = `SELECT ${userColumns('account')} FROM user_account AS account WHERE account.id = ?1`;
  return db.prepare(statement).bind(id).first<UserRow>();
}

export async function usersByIds(db: D1Database, ids: readonly string[]): Promise<UserRow[]> {
  const statement = `SELECT ${userColumns('account')} FROM user_account AS account
    WHERE account.id IN (SELECT value FROM json_each(?1))`;
  return (await db.prepare(statement).bind(JSON.stringify(ids)).all<UserRow>()).results;
}

export interface SignedWallet {
  /** With the checksum of EIP-55. */
  address: string;
  /** The chain whose contract took the signature; null if the address's own key signed. */
  contractChainId: number | null;
}

/**
 * The account that the wallet signs in to. A contract wallet signs in by the contract that linked it: on another chain
 * somebody else may own the contract at the same address. A key is the same on every chain.
 */
export async function userOfWallet(
  db: D1Database,
  { address, contractChainId }: SignedWallet,
): Promise<UserRow | null> {
  const statement = `SELECT ${userColumns('account')} FROM user_wallet AS wallet
    JOIN user_account AS account ON account.id = wallet.user_id
    WHERE wallet.address = ?1 AND (?2 IS NULL OR wallet.contract_chain_id = ?2)`;
  return db.prepare(statement).bind(address, contractChainId).first<UserRow>();
}

export interface UserWithPassword extends UserRow {
  /** A PHC string; null if the account has no password. */
  password_hash: string | null;
}

const WITH_PASSWORD = `SELECT ${userColumns('account')}, password.hash AS password_hash FROM user_account AS account
  LEFT JOIN user_password AS password ON password.user_id = account.id`;

/** @param email normalised */
export async function userByEmail(db: D1Database, email: string): Promise<UserWithPassword | null> {
  return db.prepare(`${WITH_PASSWORD} WHERE account.email = ?1`).bind(email).first<UserWithPassword>();
}

export async function userWithPassword(db: D1Database, id: string): Promise<UserWithPassword | null> {
  return db.prepare(`${WITH_PASSWORD} WHERE account.id = ?1`).bind(id).first<UserWithPassword>();
}

export interface NewUser {
  id: string;
  displayName: string | null;
  nowSeconds: number;
}

/**
 * Opens an account with an address and a password, and hands it over.
 *
 * @returns false if the address is taken; nothing is written then.
 */
export async function openWithPassword(
  db: D1Database,
  { id, displayName, nowSeconds }: NewUser,
  { email, passwordHash }: { email: string; passwordHash: string },
): Promise<boolean> {
  const [opened] = await db.batch([
    db
      .prepare(
        `INSERT INTO user_account (id, email, display_name, last_active_at, created_at)
         VALUES (?1, ?2, ?3, ?4, ?4) ON CONFLICT (email) DO NOTHING`,
      )
      .bind(id, email, displayName, nowSeconds),
    db
      .prepare(
        `INSERT INTO user_password (user_id, hash, changed_at)
         SELECT id, ?2, ?3 FROM user_account WHERE id = ?1`,
      )
      .bind(id, passwordHash, nowSeconds),
    ...outboxWrites(db, id, nowSeconds),
  ]);
  return opened?.meta.changes === 1;
}

/**
 * Opens an account with a wallet, and hands it over.
 *
 * @returns false if the wallet belongs to an account; nothing is written then.
 */
export async function openWithWallet(
  db: D1Database,
  { id, displayName, nowSeconds }: NewUser,
  wallet: SignedWallet,
): Promise<boolean> {
  const [opened] = await db.batch([
    db
      .prepare(
        `INSERT INTO user_account (id, display_name, last_active_at, created_at)
         SELECT ?1, ?2, ?3, ?3 WHERE NOT EXISTS (SELECT 1 FROM user_wallet WHERE address = ?4)`,
      )
      .bind(id, displayName, nowSeconds, wallet.address),
    walletWrite(db, id, wallet, nowSeconds),
    ...outboxWrites(db, id, nowSeconds),
  ]);
  return opened?.meta.changes === 1;
}

/**
 * Links a wallet to an account, and hands the account over with it.
 *
 * @param sessionId the session that asks for it; null if none does
 * @returns false if the wallet belongs to an account, there is no such account, or the session has ended; nothing is
 *   written then.
 */
export async function linkWallet(
  db: D1Database,
  userId: string,
  wallet: SignedWallet,
  nowSeconds: number,
  sessionId: string | null = null,
): Promise<boolean> {
  const isLinkedNow = `SELECT 1 FROM user_wallet, user_account AS account WHERE address = ?1
    AND user_id = account.id AND account.id = ?2 AND user_wallet.sequence > account.sequence`;
  const [linked] = await db.batch([
    walletWrite(db, userId, wallet, nowSeconds, sessionId),
    ...outboxWrites(db, userId, nowSeconds, { condition: isLinkedNow, values: [wallet.address, userId] }),
  ]);
  return linked?.meta.changes === 1;
}

/**
 * The wallet goes with the next row of the account's outbox.
 *
 * @param sessionId must not have ended; null if there is none
 */
const walletWrite = (
  db: D1Database,
  userId: string,
  wallet: SignedWallet,
  nowSeconds: number,
  sessionId: string | null = null,
) =>
  db
    .prepare(
      `INSERT INTO user_wallet (address, user_id, contract_chain_id, sequence, linked_at)
       SELECT ?2, id, ?4, sequence + 1, ?3 FROM user_account WHERE id = ?1
         AND (?5 IS NULL OR EXISTS (SELECT 1 FROM user_session WHERE user_id = ?1 AND id = ?5))
       ON CONFLICT (address) DO NOTHING`,
    )
    .bind(userId, wallet.address, nowSeconds, wallet.contractChainId, sessionId);

/**
 * @param changes null removes a value; a value that is left out stays. A new picture must be the URL of the user's avatar.
 * @returns `no avatar` if the user has none, or `session ended`: nothing has changed then.
 */
export async function updateProfile(
  db: D1Database,
  { id, sessionId }: { id: string; sessionId: string },
  changes: { displayName?: string | null; avatarUrl?: string | null },
): Promise<'updated' | 'no avatar' | 'session ended'> {
  const { displayName, avatarUrl } = changes;
  const hasSession = 'EXISTS (SELECT 1 FROM user_session WHERE user_id = ?1 AND id = ?2)';
  const [updated, session] = await db.batch([
    db
      .prepare(
        `UPDATE user_account SET display_name = CASE WHEN ?3 THEN ?4 ELSE display_name END,
           avatar_url = CASE WHEN ?5 THEN ?6 ELSE avatar_url END
         WHERE id = ?1 AND ${hasSession}
           AND (?6 IS NULL OR EXISTS (SELECT 1 FROM user_file WHERE user_id = ?1 AND kind = 'avatar'))
         RETURNING 1`,
      )
      .bind(
        ...[id, sessionId, displayName === undefined ? 0 : 1, displayName ?? null],
        ...[avatarUrl === undefined ? 0 : 1, avatarUrl ?? null],
      ),
    db.prepare(`SELECT 1 WHERE ${hasSession}`).bind(id, sessionId),
  ]);
  // `changes` counts the rows of `chat_author` too, which a trigger writes.
  if (updated?.results.length === 1) return 'updated';
  return session?.results.length === 1 ? 'no avatar' : 'session ended';
}

/** A profile that shows the user's avatar shows the new one, once that is a file. @param avatar its object and its URL */
export const avatarFollows = (
  db: D1Database,
  { id: fileId, user_id: userId }: { id: string; user_id: string },
  avatar: { key: string; url: string },
): D1PreparedStatement =>
  db
    .prepare(
      `UPDATE user_account SET avatar_url = ?3 WHERE id = ?1 AND instr(avatar_url, '/files/' || ?4) > 0
         AND EXISTS (SELECT 1 FROM user_file WHERE id = ?2)`,
    )
    .bind(userId, fileId, avatar.url, avatar.key);

/** A profile that shows the file does not any more. Before the file is deleted. */
export const avatarForgotten = (
  db: D1Database,
  { fileId, userId }: { fileId: string; userId: string },
): D1PreparedStatement =>
  db
    .prepare(
      `UPDATE user_account SET avatar_url = NULL WHERE id = ?1 AND instr(avatar_url, '/files/' ||
         (SELECT object_key FROM user_file WHERE id = ?2 AND user_id = ?1)) > 0`,
    )
    .bind(userId, fileId);

/** @param known the stored hash that the caller has seen: a hash that another request has changed stays. */
export async function replacePassword(
  db: D1Database,
  userId: string,
  { known, hash, nowSeconds }: { known: string; hash: string; nowSeconds: number },
): Promise<boolean> {
  const { meta } = await db
    .prepare('UPDATE user_password SET hash = ?3, changed_at = ?4 WHERE user_id = ?1 AND hash = ?2')
    .bind(userId, known, hash, nowSeconds)
    .run();
  return meta.changes === 1;
}
