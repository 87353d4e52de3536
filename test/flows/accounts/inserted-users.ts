import { env } from 'cloudflare:workers';
import { userById } from '../../../src/storage/d1/users.ts';

const { DB: db } = env;

export interface InsertedUser {
  id: string;
  lastActiveAt: number;
  checkedAt?: number;
}

/** Accounts of KYC level 2 that have been handed over. */
export async function insertUsers(users: readonly InsertedUser[]): Promise<void> {
  await db
    .prepare(
      `INSERT INTO user_account (id, kyc_level, permissions, last_active_at, rights_checked_at, created_at)
       SELECT value ->> 'id', 2, '["read"]', value ->> 'lastActiveAt', coalesce(value ->> 'checkedAt', 0), 1
       FROM json_each(?1)`,
    )
    .bind(JSON.stringify(users))
    .run();
}

export const levelOf = async (id: string) => (await userById(db, id))?.kyc_level;
