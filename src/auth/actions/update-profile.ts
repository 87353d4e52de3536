import { AVATAR_URL_MAX_CHARACTERS } from '../../config.ts';
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
  { sources: { db, dropCopy }, request }: Action<User>,
  changes: ProfileChanges,
): Promise<{ viewer: User } | RejectionModel> {
  const viewer = actingViewer(request);
  const avatarUrl = pictureUrl(changes.avatarUrl);
  const displayName = normalisedDisplayName(changes.displayName);
  const refused = displayNameRejection(displayName);
  if (refused !== null) return refused;
  if (avatarUrl === false)
    return rejection('VALIDATION_FAILED', 'A picture is at an https URL.', ['input', 'avatarUrl']);
  const given = {
    ...(displayName === undefined ? {} : { displayName }),
    ...(avatarUrl === undefined ? {} : { avatarUrl }),
  };
  if (!(await users.updateProfile(db, viewer, given))) throw sessionEnded();
  dropCopy(viewer.sessionId);
  return { viewer: { ...viewer, ...given } };
}

/** As a URL parser writes it: without blanks, quotes and angle brackets. False if it is not the URL of a picture. */
function pictureUrl(text: string | null | undefined): string | null | undefined | false {
  if (text === null || text === undefined) return text;
  const url = URL.parse(text);
  const isPicture = url?.protocol === 'https:' && url.username === '' && url.password === '';
  return isPicture && url.href.length <= AVATAR_URL_MAX_CHARACTERS && url.href;
}
