/** Messages of a room: one that everybody sees, of somebody whom nobody asks about, and one of the user that is held back. */
import { env } from 'cloudflare:workers';
import { encodeGlobalId, localId } from '../../../schema/global-ids.ts';
import { roomKey } from '../../../src/chat/room-key.ts';
import { ask } from '../accounts.ts';
import type { TestGateway } from '../gateway.ts';
import { createInvestor } from '../investors.ts';
import { insertAvatar } from '../uploaded-files.ts';
import { bearer } from './ask-as.ts';
import type { People } from './people.ts';

type Headers = Record<string, string>;

export interface HeldMessages {
  /** Global ids. */
  roomId: string;
  shownId: string;
  heldBackId: string;
  /** Nobody else sees it but moderators: a canary. */
  heldBackText: string;
  /** Of the author of what everybody sees. */
  talker: Headers;
  /** @returns the global id of a new message */
  post(author: Headers, text: string, input?: Record<string, unknown>): Promise<string>;
}

const HELD_BACK_TEXT = 'A canary sings on a wire';

/** @param projectId global */
export async function holdMessages(
  gateway: TestGateway,
  { of }: People,
  projectId: string,
): Promise<HeldMessages> {
  const roomId = encodeGlobalId('ChatRoom', roomKey('project', localId('Project', projectId) ?? ''));
  let posts = 0;
  const asked = async (name: string, input: Record<string, unknown>, headers: Headers) => {
    const { data, errors } = await ask<Record<string, { chatMessage?: { id: string }; code?: string }>>(
      ...([gateway, name, { input }] as const),
      { headers },
    );
    const [answer] = Object.values(data ?? {});
    if (answer === undefined || answer.code !== undefined)
      throw new Error(`${name}: ${JSON.stringify({ answer, errors })}`);
    return answer;
  };
  const post = async (author: Headers, text: string, input: Record<string, unknown> = {}) => {
    posts += 1;
    const posted = { roomId, text, clientMutationId: `held-${posts}`, ...input };
    return (await asked('PostChatMessage', posted, author)).chatMessage?.id ?? '';
  };

  const [user, moderator] = [bearer(of.user.accessToken), bearer(of.moderator.accessToken)];
  // The account is a minute old: a moderator looks first.
  const heldBackId = await post(user, HELD_BACK_TEXT);
  await env.DB.prepare('UPDATE user_account SET created_at = 1').run();
  const { id, headers: talker } = await createInvestor(`talker-${crypto.randomUUID()}`);
  await env.DB.prepare("UPDATE user_account SET display_name = 'Tess', avatar_url = ?2 WHERE id = ?1")
    .bind(id, await insertAvatar(id))
    .run();
  const replyTo = await post(talker, 'When does it begin?');
  const shownId = await post(talker, 'See https://com2000.example/sales', { replyTo });
  await asked('ReactToChatMessage', { messageId: shownId, kind: 'HEART' }, talker);
  await asked('ModerateChat', { roomId, action: 'PIN', messageId: shownId }, moderator);
  return { roomId, shownId, heldBackId, heldBackText: HELD_BACK_TEXT, talker, post };
}
