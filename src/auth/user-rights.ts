/**
 * The rights of a user: levels and permissions, which the main API decides and D1 keeps.
 *
 * A failure takes no right away, and neither does a value that is refused. A user whom the main API does not know has
 * none. An account that it has refused never has any.
 */
import { errorFields, log } from '../observability/log.ts';
import { type RightsRow, rightsRead, rightsWrite } from '../storage/d1/user-rights.ts';
import type { MainApi } from '../upstream/main-api.ts';
import { PERMISSIONS, type PermissionCode } from '../upstream/main-api-records.ts';

export interface UserRights {
  kycLevel: number;
  userLevel: number;
  permissions: PermissionCode[];
}

export function rightsOf(row: RightsRow): UserRights {
  if (row.refused_at !== null) return { kycLevel: 0, userLevel: 0, permissions: [] };
  const stored: unknown[] = JSON.parse(row.permissions);
  return {
    kycLevel: row.kyc_level,
    userLevel: row.user_level,
    permissions: PERMISSIONS.filter((permission) => stored.includes(permission)),
  };
}

/**
 * Asks the main API for a user's rights and stores them. Never rejects: a sign-in goes on with the stored rights.
 *
 * @param mainApi its time limit is that of the caller
 * @returns the stored rights; null if the main API did not answer, or the account does not exist
 */
export async function refreshRights(
  db: D1Database,
  mainApi: Pick<MainApi, 'userStats'>,
  userId: string,
  nowSeconds: number,
): Promise<UserRights | null> {
  const write = await rightsAnswerWrite(db, mainApi, userId, nowSeconds);
  if (write === null) return null;
  try {
    const [, read] = await db.batch<RightsRow>([write, rightsRead(db, userId)]);
    const row = read?.results[0];
    return row === undefined ? null : rightsOf(row);
  } catch (error) {
    return notRefreshed(userId, error);
  }
}

/** Asks the main API. The statement stores its answer; null if there is none. Never rejects. */
export async function rightsAnswerWrite(
  db: D1Database,
  mainApi: Pick<MainApi, 'userStats'>,
  userId: string,
  nowSeconds: number,
): Promise<D1PreparedStatement | null> {
  try {
    return rightsWrite(db, userId, await mainApi.userStats(userId), nowSeconds);
  } catch (error) {
    return notRefreshed(userId, error);
  }
}

function notRefreshed(user: string, error: unknown): null {
  log.warn('users.rights_not_refreshed', { user, ...errorFields(error) });
  return null;
}
