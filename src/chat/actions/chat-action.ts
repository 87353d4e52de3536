/** The parts that actions of rooms use, and the request that asks. Each action is a function in a file of its own. */
import type { RateLimits } from '../../auth/rate-limits.ts';
import { rejection } from '../../auth/rejection.ts';
import { rightsOf } from '../../auth/user-rights.ts';
import { CHAT_YOUNG_ACCOUNT_SECONDS } from '../../config.ts';
import { type ChatFacts, chatFacts, chatFactsOfRooms } from '../../storage/d1/chat-facts.ts';
import type { ChatRejection, ChatRole, RoomActor } from '../room-calls.ts';
import { parseRoomKey, type RoomKey, roomKey } from '../room-key.ts';
import type { Rooms } from '../rooms.ts';
import { shownName } from '../rules/shown-name.ts';

export interface ChatSources {
  db: D1Database;
  rooms: Rooms;
  /** Hosts whose links may be followed, with their subdomains. */
  linkHosts: readonly string[];
  /** Hosts of the operator's own that no message may name, beside the bundled ones. */
  phishingHosts: readonly string[];
  /** Null for a picture that is not one of the gateway's files. */
  shownAvatarUrl(userId: string, stored: string | null): string | null;
}

export interface ChatRequest {
  viewer: { id: string } | null;
  limits: RateLimits;
  nowSeconds: number;
}

export interface ChatAction {
  sources: ChatSources;
  request: ChatRequest;
}

/** @throws Error if nobody is signed in: the schema asks for that before. */
export function userOf({ viewer }: Pick<ChatRequest, 'viewer'>): string {
  if (viewer === null) throw new Error('nobody is signed in');
  return viewer.id;
}

/** The room that an action is about, and who acts in it, as D1 has them now. */
export interface Scene {
  key: RoomKey;
  facts: ChatFacts;
  actor: RoomActor;
  kycLevel: number;
  /** Why the account may do nothing but take back what it has posted; null if it may. */
  refusal: ChatRejection | null;
}

type Asking = { sources: ChatSources; request: Pick<ChatRequest, 'viewer' | 'nowSeconds'> };

/** One call of D1. Null if the room's project or pool is not stored, or the account is gone. */
export async function sceneOf(
  asking: Asking,
  key: string | null,
  targetId: string | null = null,
): Promise<Scene | null> {
  const subject = key === null ? null : parseRoomKey(key);
  if (subject === null) return null;
  const facts = await chatFacts(asking.sources.db, subject, { userId: userOf(asking.request), targetId });
  return facts && sceneIn(asking, roomKey(subject.subject, subject.id), facts);
}

/** As `sceneOf`, for several rooms: one call of D1, and the scenes in the order of the keys. */
export async function scenesOf(asking: Asking, keys: readonly RoomKey[]): Promise<(Scene | null)[]> {
  const subjects = keys.map(parseRoomKey).filter((subject) => subject !== null);
  const found = await chatFactsOfRooms(asking.sources.db, subjects, { userId: userOf(asking.request) });
  return found.map((facts, place) => {
    const { [place]: key } = keys;
    return facts && key ? sceneIn(asking, key, facts) : null;
  });
}

function sceneIn({ sources, request }: Asking, key: RoomKey, facts: ChatFacts): Scene | null {
  if (facts.account === null) return null;
  const { id, display_name: displayName, avatar_url, created_at, refused_at } = facts.account;
  const { permissions, kycLevel } = rightsOf(facts.account);
  return {
    key,
    facts,
    kycLevel,
    actor: {
      id,
      displayName: shownName({ id, displayName }),
      avatarUrl: sources.shownAvatarUrl(id, avatar_url),
      role: roleOf(permissions),
      isModerator: permissions.includes('moderate'),
      isYoung: created_at > request.nowSeconds - CHAT_YOUNG_ACCOUNT_SECONDS,
    },
    refusal: refused_at === null ? null : rejection('CHAT_NOT_ALLOWED', 'The account has been refused.'),
  };
}

export function roleOf(permissions: readonly string[]): ChatRole {
  if (permissions.includes('team')) return 'team';
  return permissions.includes('moderate') ? 'moderator' : 'member';
}

export const roomNotFound = (field: string[]): ChatRejection =>
  rejection('CHAT_ROOM_NOT_FOUND', 'There is no such room.', field);
