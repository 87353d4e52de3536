/** The room of a project and that of its pool, and people who talk there, as an app asks: by id, over HTTP. */
import { env } from 'cloudflare:workers';
import { encodeGlobalId } from '../../../schema/global-ids.ts';
import { type RoomKey, roomKey } from '../../../src/chat/room-key.ts';
import { ask } from '../accounts.ts';
import { type GraphQLAnswer, startGateway, type TestGateway } from '../gateway.ts';
import { createInvestor, type Investor, insertPools } from '../investors.ts';
import { isolateWithAccounts } from '../isolates.ts';
import { createMarket } from '../market.ts';

export interface ShownMessage {
  id: string;
  text: string;
  links: string[];
  deleted: boolean;
  heldBack: boolean;
  author: { id: string; displayName: string; avatarUrl: string | null; role: string };
  reactions: { kind: string; count: number }[];
  replyTo: { id: string } | null;
}

/** Of a mutation: a message or a room, or why not. */
export interface TalkAnswer {
  chatMessage?: ShownMessage;
  room?: Record<string, unknown>;
  code?: string;
  message?: string;
  field?: string[] | null;
}

export interface NewPerson {
  displayName?: string | null;
  permissions?: string[];
  kycLevel?: number;
  /** Unix seconds. */
  createdAt?: number;
}

export interface Talk {
  gateway: TestGateway;
  /** Local. */
  projectId: string;
  key: RoomKey;
  /** Global ids. */
  roomId: string;
  ofProject: { projectId: string };
  poolRoomId: string;
  ofPool: { poolId: string };
  person(given?: NewPerson): Promise<Investor>;
  moderator(): Promise<Investor>;
  post(author: Investor, input: Record<string, unknown>): Promise<TalkAnswer>;
  /** @throws Error if it is refused */
  posted(author: Investor, text: string, input?: Record<string, unknown>): Promise<ShownMessage>;
  remove(actor: Investor, messageId: string): Promise<TalkAnswer>;
  react(actor: Investor, messageId: string, input?: Record<string, unknown>): Promise<TalkAnswer>;
  report(reporter: Investor, messageId: string): Promise<boolean>;
  moderate(moderator: Investor, input: Record<string, unknown>): Promise<TalkAnswer>;
  /** Newest first, as everybody sees them. */
  messages(args?: string): Promise<ShownMessage[]>;
  /** The room, asked by a document that nobody has sent before. */
  room<Room = Record<string, unknown>>(selection: string, asker?: Investor): Promise<Room>;
  asked(query: string, asker?: Investor): Promise<GraphQLAnswer>;
}

export const MESSAGE_FIELDS = `id text links deleted heldBack author { id displayName avatarUrl role }
  reactions { kind count } replyTo { id }`;

/** @param vars as for `startGateway` */
export async function openTalk(vars: Record<string, unknown> = {}): Promise<Talk> {
  const gateway = startGateway(await createMarket({ projectCount: 1, poolCount: 1 }), vars);
  isolateWithAccounts();
  const projectId = `talked-of-${crypto.randomUUID()}`;
  const poolId = `pool-of-${projectId}`;
  await insertPools([{ id: poolId, project: { id: projectId, symbol: `S${projectId.slice(-6)}` } }]);
  await env.DB.prepare("UPDATE project_cache SET name = 'Quillwort', status = 'live' WHERE id = ?1")
    .bind(projectId)
    .run();
  const key = roomKey('project', projectId);
  const ofProject = { projectId: encodeGlobalId('Project', projectId) };
  let people = 0;
  let asks = 0;
  let posts = 0;

  const mutated = async (
    name: string,
    variables: Record<string, unknown>,
    { headers }: Investor,
  ): Promise<TalkAnswer> => {
    const { data, errors } = await ask<Record<string, TalkAnswer>>(gateway, name, variables, { headers });
    const [answer] = Object.values(data ?? {});
    if (errors !== undefined || answer === undefined) throw new Error(JSON.stringify(errors));
    return answer;
  };

  const talk: Talk = {
    ...{ gateway, projectId, key, ofProject },
    roomId: encodeGlobalId('ChatRoom', key),
    poolRoomId: encodeGlobalId('ChatRoom', roomKey('pool', poolId)),
    ofPool: { poolId: encodeGlobalId('IdoPool', poolId) },
    async person({ displayName = 'Ann', permissions = ['read'], kycLevel = 2, createdAt = 1 } = {}) {
      people += 1;
      const id = `talker-${people}-${crypto.randomUUID()}`;
      const investor = await createInvestor(id, { permissions, kycLevel });
      await env.DB.prepare('UPDATE user_account SET display_name = ?2, created_at = ?3 WHERE id = ?1')
        .bind(id, displayName, createdAt)
        .run();
      return investor;
    },
    moderator: () => talk.person({ displayName: 'Keeper of order', permissions: ['read', 'moderate'] }),
    post: (author, input) => {
      posts += 1;
      const clientMutationId = `message-${posts}`;
      return mutated(
        'PostChatMessage',
        { input: { roomId: talk.roomId, text: 'Hello', clientMutationId, ...input } },
        author,
      );
    },
    async posted(author, text, input = {}) {
      const { chatMessage, ...refused } = await talk.post(author, { text, ...input });
      if (chatMessage === undefined) throw new Error(JSON.stringify(refused));
      return chatMessage;
    },
    remove: (actor, messageId) => mutated('DeleteChatMessage', { messageId }, actor),
    react: (actor, messageId, input = {}) =>
      mutated('ReactToChatMessage', { input: { messageId, kind: 'LIKE', ...input } }, actor),
    async report({ headers }, messageId) {
      const variables = { messageId, reason: 'It is a trick.' };
      const { data, errors } = await ask<{ reportChatMessage: boolean }>(
        ...([gateway, 'ReportChatMessage', variables] as const),
        { headers },
      );
      if (errors !== undefined) throw new Error(JSON.stringify(errors));
      return data.reportChatMessage;
    },
    moderate: (moderator, input) =>
      mutated('ModerateChat', { input: { roomId: talk.roomId, ...input } }, moderator),
    messages: async (args = '') => {
      const { messages } = await talk.room<{ messages: { nodes: ShownMessage[] } }>(
        `messages${args} { nodes { ${MESSAGE_FIELDS} } }`,
      );
      return messages.nodes;
    },
    async room<Room>(selection: string, asker?: Investor): Promise<Room> {
      const { data, errors } = await talk.asked(
        `{ chatRoom(of: { projectId: "${ofProject.projectId}" }) { ${selection} } }`,
        asker,
      );
      if (errors !== undefined) throw new Error(JSON.stringify(errors));
      return data.chatRoom as Room;
    },
    asked: (query, asker) => {
      asks += 1;
      return gateway.post({ query: `${query} # ${asks}` }, asker?.headers ?? {});
    },
  };
  return talk;
}
