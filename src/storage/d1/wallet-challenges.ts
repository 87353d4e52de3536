/** Challenges that wallets have not answered yet. Times are in Unix seconds. */

export interface WalletChallengeRow {
  /** With the checksum of EIP-55. */
  address: string;
  chain_id: number;
  /** The user who asked for it; null if nobody was signed in. */
  user_id: string | null;
}

export interface NewWalletChallenge extends WalletChallengeRow {
  /** SHA-256 of the message. */
  message_hash: string;
  expires_at: number;
}

export async function storeWalletChallenge(db: D1Database, challenge: NewWalletChallenge): Promise<void> {
  await db
    .prepare(
      `INSERT INTO wallet_challenge (message_hash, address, chain_id, user_id, expires_at)
       VALUES (?1, ?2, ?3, ?4, ?5)`,
    )
    .bind(
      challenge.message_hash,
      challenge.address,
      challenge.chain_id,
      challenge.user_id,
      challenge.expires_at,
    )
    .run();
}

/** Null if no message of this hash was issued, or if it has been consumed or has expired. */
export async function walletChallengeByHash(
  db: D1Database,
  messageHash: string,
  nowSeconds: number,
): Promise<WalletChallengeRow | null> {
  const statement = `SELECT address, chain_id, user_id FROM wallet_challenge
    WHERE message_hash = ?1 AND expires_at > ?2`;
  return db.prepare(statement).bind(messageHash, nowSeconds).first<WalletChallengeRow>();
}

/** True for one caller alone. */
export async function consumeWalletChallenge(
  db: D1Database,
  messageHash: string,
  nowSeconds: number,
): Promise<boolean> {
  const statement = 'DELETE FROM wallet_challenge WHERE message_hash = ?1 AND expires_at > ?2';
  const { meta } = await db.prepare(statement).bind(messageHash, nowSeconds).run();
  return meta.changes === 1;
}

export const expiredWalletChallengesDelete = (db: D1Database, nowSeconds: number): D1PreparedStatement =>
  db.prepare('DELETE FROM wallet_challenge WHERE expires_at <= ?1').bind(nowSeconds);
