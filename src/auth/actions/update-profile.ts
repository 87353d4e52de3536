import * as users from '../../storage/d1/users.ts';
import { displayNameRejection, normalisedDisplayName } from '../display-name.ts';
import { type RejectionModel, rejection } from '../rejection.ts';
import { sessionEnded } from '../viewers.ts';
import { type ActingViewer, type Action, actingViewer } from './action.ts';

/** A value that is left out stays; null removes it. */
export interface ProfileChanges {
  displayName?: string | null | undefined;
  avatarUrl?: string | null | undefined;
}

/** @throws GraphQLError UNAUTHENTICATED if the session has ended since the request began */
export async function updateProfile<User extends ActingViewer>(
  { sources: { db, dropCopy, avatarUrlOf }, request }: Action<User>,
  changes: ProfileChanges,
): Promise<{ viewer: User } | RejectionModel> {
  const viewer = actingViewer(request);
  const displayName = normalisedDisplayName(changes.displayName);
  const refused = displayNameRejection(displayName);
  if (refused !== null) return refused;
  const { avatarUrl: sent } = changes;
  const avatarUrl = typeof sent === 'string' ? await avatarUrlOf(viewer.id, sent) : sent;
  if (typeof sent === 'string' && avatarUrl === null) return noAvatar();
  const given = {
    ...(displayName === undefined ? {} : { displayName }),
    ...(avatarUrl === undefined ? {} : { avatarUrl }),
  };
  const outcome = await users.updateProfile(db, viewer, given);
  if (outcome === 'session ended') throw sessionEnded();
  if (outcome === 'no avatar') return noAvatar();
  dropCopy(viewer.sessionId);
  return { viewer: { ...viewer, ...given } };
}

const noAvatar = () =>
  rejection('VALIDATION_FAILED', 'Upload a picture first, and send the URL of its file.', [
    'input',
    'avatarUrl',
  ]);
