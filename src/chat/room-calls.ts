/**
 * The calls of a room: one Durable Object a room, which alone numbers its messages.
 *
 * Times are Unix seconds unless a name says milliseconds. Each call may be repeated: a caller that has lost an answer asks
 * again. Rules that need no state of the room are decided before, in `rules/`.
 */
import type { ChatRejectionCode, RejectionModel } from '../auth/rejection.ts';
import type { RoomKey } from './room-key.ts';

export type ChatRole = 'member' | 'moderator' | 'team';
export type ChatReactionKind = 'like' | 'rocket' | 'heart' | 'laugh' | 'sad' | 'warning';
export type ChatEventKind =
  | 'posted'
  | 'deleted'
  | 'reacted'
  | 'pinned'
  | 'unpinned'
  | 'held_back'
  | 'released';
export type ChatModeration = 'release' | 'pin' | 'unpin' | 'mute' | 'unmute' | 'ban' | 'unban' | 'slow_mode';

/** The author of a message, as everybody sees them. */
export interface ChatAuthor {
  id: string;
  displayName: string;
  avatarUrl: string | null;
  role: ChatRole;
}

export interface ChatReaction {
  kind: ChatReactionKind;
  count: number;
}

export interface ChatMessage {
  room: RoomKey;
  /** Grows within its room. With the room it is the message's id. */
  sequence: number;
  author: ChatAuthor;
  /** Empty if the message is deleted, and for a reader who may not see it. */
  text: string;
  links: string[];
  /** The sequence of the message that this one answers. */
  replyTo: number | null;
  /** That message, as the same reader sees it: null if they do not. Left out if it was not looked up. */
  repliedMessage?: ChatMessage | null;
  reactions: ChatReaction[];
  postedAt: number;
  deleted: boolean;
  heldBack: boolean;
}

/** An event as everybody sees it. */
export interface ChatEvent {
  kind: ChatEventKind;
  message: ChatMessage;
}

/** An event at its position: a `TopicChange` of the realtime floor. */
export interface RoomChange {
  topic: RoomKey;
  /**
   * A later change of an entity takes the place of an earlier one. `message:<sequence>` is that a message came, went, was
   * held back or released; `reactions:<sequence>` its reactions; `pin` the pinned message.
   */
  entity: string;
  value: ChatEvent;
  position: number;
}

/** The answer to a hub: the `TopicStates` of the realtime floor. */
export interface RoomStates {
  position: number;
  topics: { topic: RoomKey; floor: number | null; changes: RoomChange[] }[];
}

export interface ChatRejection extends RejectionModel {
  code: ChatRejectionCode | 'VALIDATION_FAILED';
}

/** Who acts, with the rights that D1 has at this moment. */
export interface RoomActor extends ChatAuthor {
  /** The account is younger than `CHAT_YOUNG_ACCOUNT_SECONDS`. */
  isYoung: boolean;
  /** Has the permission `moderate`, whatever the shown role is. */
  isModerator: boolean;
}

export interface PostRequest {
  author: RoomActor;
  /** Normalised, and within the bounds. */
  text: string;
  links: string[];
  replyTo: number | null;
  /** Chosen by the client: one a message of an author in a room. */
  clientMutationId: string;
  /** Why only moderators and the author see it at first; null if everybody may. */
  holdReason: string | null;
  /** Why it may not be posted. A known `clientMutationId` is answered all the same. */
  refusal: ChatRejection | null;
}

export interface ReportRequest {
  reporter: RoomActor;
  sequence: number;
  reason: string;
}

export interface ModerateRequest {
  moderator: RoomActor;
  action: ChatModeration;
  sequence: number | null;
  userId: string | null;
  seconds: number | null;
  reason: string | null;
}

export interface RoomRead {
  /** Newest first; `before` is a sequence. `limit` rows at most: ask for one more to learn of a next page. */
  messages?: { limit: number; before: number | null };
  /** Single messages by their sequences, as the viewer sees them. */
  bySequence?: number[];
  /** The state of the room itself. */
  state?: boolean;
  /** Asks for the number of watchers, which the room asks its hubs for. */
  watching?: boolean;
  /** Asks for the held-back messages that the viewer may see, and for the reason why they may not post. */
  ofViewer?: boolean;
  /** Left out for a stranger. */
  viewer?: { id: string; isModerator: boolean };
}

export interface RoomReading {
  messages: ChatMessage[];
  /** By sequence; without those that the viewer may not see. */
  bySequence: ChatMessage[];
  pinned: ChatMessage | null;
  slowModeSeconds: number;
  /** About how many watch the room. */
  watching: number;
  /** The position of the last event: `messages` has all that came before it. */
  position: number;
  /** Of the viewer: null for who is neither a moderator nor the author of a message that is held back. */
  heldBack: ChatMessage[] | null;
  /** Why the viewer may not post; null if they may, or without a viewer. */
  refusal: ChatRejection | null;
}

/** What D1 says of an author whose name, picture, role or account has changed. */
export interface AuthorChange {
  userId: string;
  /** Null if the account is closed: its messages lose their text and its name. */
  author: Omit<ChatAuthor, 'id'> | null;
}

/** One act of moderation, as the append-only record has it. */
export interface ModerationAct {
  number: number;
  at: number;
  /** Null if the room acted by itself: it held a message back. */
  actorId: string | null;
  action: ChatModeration | 'delete' | 'hold_back';
  sequence: number | null;
  userId: string | null;
  seconds: number | null;
  reason: string | null;
}

export interface RoomCalls {
  post(request: PostRequest): Promise<ChatMessage | ChatRejection>;
  remove(request: { actor: RoomActor; sequence: number }): Promise<ChatMessage | ChatRejection>;
  react(request: {
    actor: RoomActor;
    sequence: number;
    kind: ChatReactionKind;
    remove: boolean;
  }): Promise<ChatMessage | ChatRejection>;
  /** True if it was recorded. */
  report(request: ReportRequest): Promise<boolean>;
  /** Null once it is done. */
  moderate(request: ModerateRequest): Promise<ChatRejection | null>;
  read(request: RoomRead): Promise<RoomReading>;
  /** A hub watches the room, or does not any more. Rejects if a later call of the hub has arrived before. */
  watch(hubId: string, isWatched: boolean, callNumber: number): Promise<RoomStates>;
  applyAuthors(changes: readonly AuthorChange[]): Promise<void>;
  /** Acts behind `after`, oldest first. */
  acts(after: number, limit: number): Promise<ModerationAct[]>;
  /** The rows of the room behind `after` as JSON lines for backups, each with its line break; `limit` at most. */
  exportRows(
    after: string | null,
    limit: number,
  ): Promise<{ lines: string; rows: number; upTo: string } | null>;
}
