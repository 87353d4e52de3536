import { AVATAR_URL_MAX_CHARACTERS } from '../../config.ts';
import * as users from '../../storage/d1/users.ts';
import { displayNameRejection, normalisedDisplayName } from '../display-name.ts';
import { type RejectionModel, rejection } from '../rejection.ts';
import { type ActingViewer, type Action, actingViewer } from './action.ts';

/** A value that is left out stays; null removes it. */
export interface ProfileChanges {
  displayName?: string | null | undefined;
  avatarUrl?: string | null | undefined;
}

export async function updateProfile<User extends ActingViewer>(
  { sources: { db, dropCopy }, request }: Action<User>,
  changes: ProfileChanges,
): Promise<{ viewer: User } | RejectionModel> {
  const viewer = actingViewer(request);
  const { avatarUrl } = changes;
  const displayName = normalisedDisplayName(changes.displayName);
  const refused = displayNameRejection(displayName) ?? avatarRejection(avatarUrl);
  if (refused !== null) return refused;
  const given = {
    ...(displayName === undefined ? {} : { displayName }),
    ...(avatarUrl === undefined ? {} : { avatarUrl }),
  };
  await users.updateProfile(db, viewer.id, given);
  dropCopy(viewer.sessionId);
  return { viewer: { ...viewer, ...given } };
}

function avatarRejection(url: string | null | undefined): RejectionModel | null {
  if (url === null || url === undefined) return null;
  const isPicture =
    url.length <= AVATAR_URL_MAX_CHARACTERS && URL.canParse(url) && new URL(url).protocol === 'https:';
  return isPicture
    ? null
    : rejection('VALIDATION_FAILED', 'A picture is at an https URL.', ['input', 'avatarUrl']);
}
