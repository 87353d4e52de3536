/** Users other than the viewer, for admins: without what is theirs alone. */
import { type UserRow, usersByIds } from '../storage/d1/users.ts';
import { loaderOf } from './batching.ts';

/** @template Rights what a row says that the user may do */
export function createUserLoader<Rights extends object>(db: D1Database, rightsOf: (row: UserRow) => Rights) {
  const byId = loaderOf(async (ids: readonly string[]) => {
    const rows = await usersByIds(db, ids);
    const users = rows.map((row) => ({ ...profileOf(row), ...rightsOf(row) }));
    return new Map(users.map((user) => [user.id, user]));
  });
  return { byId: (id: string) => byId.load(id) };
}

const profileOf = (row: UserRow) => ({
  id: row.id,
  email: row.email,
  walletAddresses: JSON.parse(row.wallet_addresses) as string[],
  displayName: row.display_name,
  avatarUrl: row.avatar_url,
  createdAt: row.created_at,
  // For nobody else.
  sessions: async () => null,
});
