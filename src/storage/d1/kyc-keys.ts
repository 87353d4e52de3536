/** Keys of users' documents for identification, encrypted. A trigger deletes a user's key with their last document. */
import { IDENTIFICATION_KINDS_SQL } from './user-uploads.ts';

export interface KycKeyRow {
  /** Base64. */
  wrapped_key: string;
  /** The key that encrypted it. */
  wrapping_key_id: string;
}

export const kycKeyOf = (db: D1Database, userId: string): Promise<KycKeyRow | null> =>
  db
    .prepare('SELECT wrapped_key, wrapping_key_id FROM kyc_key WHERE user_id = ?1')
    .bind(userId)
    .first<KycKeyRow>();

/** If two are stored at once, the first one stays. @returns the one that is stored; null if there is no such user */
export async function storeKycKey(
  db: D1Database,
  userId: string,
  { wrapped_key, wrapping_key_id }: KycKeyRow,
  nowSeconds: number,
): Promise<KycKeyRow | null> {
  await db
    .prepare(
      `INSERT INTO kyc_key (user_id, wrapped_key, wrapping_key_id, created_at)
       SELECT id, ?2, ?3, ?4 FROM user_account WHERE id = ?1 ON CONFLICT DO NOTHING`,
    )
    .bind(userId, wrapped_key, wrapping_key_id, nowSeconds)
    .run();
  return kycKeyOf(db, userId);
}

/** Keys that have sealed nothing: their uploads were never completed. */
export const unusedKycKeysDelete = (db: D1Database): D1PreparedStatement =>
  db.prepare(
    `DELETE FROM kyc_key WHERE
       NOT EXISTS (SELECT 1 FROM user_file WHERE user_id = kyc_key.user_id
         AND kind IN ${IDENTIFICATION_KINDS_SQL})
       AND NOT EXISTS (SELECT 1 FROM user_upload WHERE user_id = kyc_key.user_id
         AND kind IN ${IDENTIFICATION_KINDS_SQL})`,
  );
