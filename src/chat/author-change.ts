import { rightsOf } from '../auth/user-rights.ts';
import type { DueAuthorRow } from '../storage/d1/chat-authors.ts';
import type { ChatFacts } from '../storage/d1/chat-facts.ts';
import { roleOf } from './actions/chat-action.ts';
import type { AuthorChange } from './room-calls.ts';
import { nameRefusal } from './rules/screen-message.ts';
import { shownName } from './rules/shown-name.ts';
import { namesBeside } from './rules/staff-names.ts';

/**
 * The author as the room is to show them. A name that no message could be posted under is not shown with older messages either. An
 * account that the main API has refused keeps its name, and has no role.
 */
export function authorChange(
  row: DueAuthorRow,
  { names, staff }: Pick<ChatFacts, 'names' | 'staff'>,
  shownAvatarUrl: (userId: string, stored: string | null) => string | null,
): AuthorChange {
  const { user_id: userId, account_id, display_name, avatar_url } = row;
  if (account_id === null) return { userId, author: null };
  const { permissions } = rightsOf({
    user_level: row.user_level ?? 0,
    kyc_level: row.kyc_level ?? 0,
    permissions: row.permissions ?? '[]',
    refused_at: row.refused_at,
  });
  const role = roleOf(permissions);
  const facts = { names, staffNames: namesBeside(staff, userId) };
  const isRefused = display_name !== null && nameRefusal({ displayName: display_name, role }, facts) !== null;
  return {
    userId,
    author: {
      displayName: shownName({ id: userId, displayName: isRefused ? null : display_name }),
      avatarUrl: shownAvatarUrl(userId, avatar_url),
      role,
    },
  };
}
