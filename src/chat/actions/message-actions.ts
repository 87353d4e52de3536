/** Actions on one message. */
import { GraphQLError } from 'graphql';
import { CHAT_REASON_MAX_CHARACTERS } from '../../config.ts';
import { parseMessageId } from '../message-id.ts';
import { messageNotFound } from '../message-not-found.ts';
import type { ChatMessage, ChatReactionKind, ChatRejection } from '../room-calls.ts';
import { type ChatAction, type Scene, sceneOf, userOf } from './chat-action.ts';

/** A message, its room and who acts. Null if there is no such room. */
async function sceneOfMessage(
  action: ChatAction,
  messageId: string | null,
): Promise<(Scene & { sequence: number }) | null> {
  const address = messageId === null ? null : parseMessageId(messageId);
  if (address === null) return null;
  const scene = await sceneOf(action, address.room);
  return scene && { ...scene, sequence: address.sequence };
}

/** Takes a message back, also in the room of a project that is delisted, and by an account that may not post. */
export async function deleteMessage(
  action: ChatAction,
  messageId: string | null,
): Promise<ChatMessage | ChatRejection> {
  const { sources, request } = action;
  await request.limits.take('deleteChatMessage', { userId: userOf(request) });
  const scene = await sceneOfMessage(action, messageId);
  if (scene === null) return messageNotFound(['messageId']);
  const { key, actor, sequence, facts } = scene;
  const answer = await sources.rooms.of(key).remove({ actor, sequence });
  // Nobody reads a closed room: not what the message has answered either.
  return 'kind' in answer || facts.isOpen ? answer : { ...answer, replyTo: null };
}

export interface Reaction {
  /** Null if the global id is not that of a message. */
  messageId: string | null;
  kind: ChatReactionKind;
  remove: boolean;
}

export async function reactToMessage(
  action: ChatAction,
  { messageId, kind, remove }: Reaction,
): Promise<ChatMessage | ChatRejection> {
  const { sources, request } = action;
  await request.limits.take('reactToChatMessage', { userId: userOf(request) });
  const scene = await sceneOfMessage(action, messageId);
  if (scene === null || !scene.facts.isOpen) return messageNotFound(['input', 'messageId']);
  const { key, actor, sequence, refusal } = scene;
  return refusal ?? sources.rooms.of(key).react({ actor, sequence, kind, remove });
}

export interface Report {
  /** Null if the global id is not that of a message. */
  messageId: string | null;
  reason: string;
}

/**
 * @returns true if it was recorded
 * @throws GraphQLError BAD_USER_INPUT if the reason has a wrong length
 */
export async function reportMessage(action: ChatAction, { messageId, reason }: Report): Promise<boolean> {
  const { sources, request } = action;
  await request.limits.take('reportChatMessage', { userId: userOf(request) });
  const length = [...reason].length;
  if (length < 1 || length > CHAT_REASON_MAX_CHARACTERS) throw wrongReason();
  const scene = await sceneOfMessage(action, messageId);
  if (scene === null || !scene.facts.isOpen || scene.refusal !== null) return false;
  const { key, actor, sequence } = scene;
  return sources.rooms.of(key).report({ reporter: actor, sequence, reason });
}

const wrongReason = () =>
  new GraphQLError(`reason: must have 1 to ${CHAT_REASON_MAX_CHARACTERS} characters`, {
    extensions: { code: 'BAD_USER_INPUT', argumentPath: ['reason'] },
  });
