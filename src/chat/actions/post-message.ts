import { GraphQLError } from 'graphql';
import { rejection } from '../../auth/rejection.ts';
import { CHAT_MUTATION_ID_MAX_CHARACTERS } from '../../config.ts';
import { parseMessageId } from '../message-id.ts';
import { messageNotFound } from '../message-not-found.ts';
import type { ChatMessage, ChatRejection } from '../room-calls.ts';
import { type ChatAction, roomNotFound, type Scene, sceneOf, userOf } from './chat-action.ts';
import { screenedBy } from './screened-by.ts';

export interface Posting {
  /** Null if the global id is not that of a room. */
  roomId: string | null;
  text: string;
  /** The id of a message; null if none is given, and '' if it is no id of a message. */
  replyTo: string | null;
  clientMutationId: string;
}

/**
 * Posts a message. The room answers a `clientMutationId` that it knows before anything is refused: so whatever the rules
 * refuse goes to the room as a refusal, without its text.
 */
export async function postMessage(
  action: ChatAction,
  posting: Posting,
): Promise<ChatMessage | ChatRejection> {
  const tooFast = await tooFastToPost(action);
  if (tooFast !== null) return tooFast;
  const { clientMutationId } = posting;
  const idLength = [...clientMutationId].length;
  if (idLength < 1 || idLength > CHAT_MUTATION_ID_MAX_CHARACTERS)
    return rejection('VALIDATION_FAILED', ID_LENGTH, ['input', 'clientMutationId']);
  const scene = await sceneOf(action, posting.roomId);
  if (scene === null || !scene.facts.isOpen) return roomNotFound(['input', 'roomId']);
  const replied = posting.replyTo === null ? null : repliedIn(scene, posting.replyTo);
  const screened = screenedBy(action.sources, scene, posting.text);
  const refusal = scene.refusal ?? screened.refusal ?? (replied === undefined ? NOT_IN_ROOM : null);
  return action.sources.rooms.of(scene.key).post({
    author: scene.actor,
    text: refusal === null ? screened.text : '',
    links: screened.links,
    replyTo: replied ?? null,
    clientMutationId,
    holdReason: screened.holdReason,
    refusal,
  });
}

const ID_LENGTH = `A clientMutationId has 1 to ${CHAT_MUTATION_ID_MAX_CHARACTERS} characters.`;
const NOT_IN_ROOM = messageNotFound(['input', 'replyTo']);

/** The sequence of the message; undefined if it is not one of this room. */
function repliedIn({ key }: Scene, id: string): number | undefined {
  const address = parseMessageId(id);
  return address?.room === key ? address.sequence : undefined;
}

/** Too many messages are what a person may cause: a value, and not an error. */
async function tooFastToPost({ request }: ChatAction): Promise<ChatRejection | null> {
  try {
    await request.limits.take('postChatMessage', { userId: userOf(request) });
    return null;
  } catch (error) {
    if (!(error instanceof GraphQLError) || error.extensions.code !== 'RATE_LIMITED') throw error;
    const seconds = Number(error.extensions.retryAfterSeconds);
    return rejection('CHAT_TOO_FAST', `Too many messages: the next one may come in ${seconds} seconds.`);
  }
}
