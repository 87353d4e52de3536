/** A room of a project, over the objects as they are, and people who ask for it over HTTP. */
import { evictAllDurableObjects } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { vi } from 'vitest';
import { encodeGlobalId } from '../../../schema/global-ids.ts';
import { type RoomKey, roomKey } from '../../../src/chat/room-key.ts';
import { type GraphQLAnswer, startGateway, type TestGateway } from '../gateway.ts';
import { type Investor, insertPools, insertStatement, signIn } from '../investors.ts';
import { isolateWithAccounts } from '../isolates.ts';
import { createMarket } from '../market.ts';

/** Somebody with an account and a session. */
export type Person = Investor;

export interface PostedMessage {
  /** Global. */
  id: string;
  text: string;
  heldBack: boolean;
  deleted: boolean;
}

/** Of a mutation: the message, or the code of a rejection or an error. */
export type ChatAnswer = ({ message: PostedMessage } | { code: string; reason: string }) & {
  status: number;
  /** It is safe to send the same request again. */
  isRetryable: boolean;
};

export interface Post {
  text: string;
  key: string;
  /** Global. */
  replyTo?: string;
}

export interface OpenRoom {
  gateway: TestGateway;
  key: RoomKey;
  /** Global. */
  id: string;
  projectId: string;
  readonly object: DurableObjectStub;
  post(author: Person, post: Post): Promise<ChatAnswer>;
  /** @throws Error if it is not posted */
  posted(author: Person, text: string, replyTo?: string): Promise<PostedMessage>;
  remove(actor: Person, messageId: string): Promise<ChatAnswer>;
  report(reporter: Person, messageId: string): Promise<boolean>;
  /** @throws Error if it is refused */
  moderate(moderator: Person, action: string, input?: Record<string, unknown>): Promise<void>;
  /** The position of its last event. */
  position(): Promise<string>;
  /** All that everybody sees, oldest first, over as many pages as there are. */
  history(): Promise<PostedMessage[]>;
}

const MESSAGE = 'id text heldBack deleted';
const RESULT = `{ ... on ChatPayload { message { ${MESSAGE} } } ... on Rejection { code reason: message } }`;
const POST = `mutation Post($input: PostChatMessageInput!) { answer: postChatMessage(input: $input) ${RESULT} }`;
const REMOVE = `mutation Remove($messageId: ID!) { answer: deleteChatMessage(messageId: $messageId) ${RESULT} }`;
const REPORT =
  'mutation Report($messageId: ID!) { answer: reportChatMessage(messageId: $messageId, reason: "It is a trick.") }';
const MODERATE = `mutation Moderate($input: ModerateChatInput!) {
  answer: moderateChat(input: $input) { __typename ... on Rejection { code reason: message } }
}`;
const PAGE = `query Page($of: ChatRoomKey!, $after: String) {
  chatRoom(of: $of) { messages(first: 100, after: $after) { nodes { ${MESSAGE} } pageInfo { hasNextPage endCursor } } }
}`;
const POSITION = 'query Position($of: ChatRoomKey!) { chatRoom(of: $of) { position } }';

/** @param vars as for `startGateway`. Afterwards the clock is the real one: alarms go off by it. */
export async function openRoom(vars: Record<string, unknown> = {}): Promise<OpenRoom> {
  const gateway = startGateway(await createMarket({ projectCount: 1, poolCount: 1 }), vars);
  vi.useRealTimers();
  isolateWithAccounts();
  // Hubs that are awake have the isolate of an earlier test.
  await evictAllDurableObjects();
  const project = { id: `talked-of-${crypto.randomUUID()}`, symbol: symbol() };
  await insertPools([{ id: `pool-of-${project.id}`, project }]);
  const key = roomKey('project', project.id);
  const id = encodeGlobalId('ChatRoom', key);
  const projectId = encodeGlobalId('Project', project.id);
  const of = { projectId };

  const mutate = async (query: string, variables: object, { headers }: Person) =>
    answerOf(await gateway.post({ query, variables: { ...variables } }, headers));
  const read = async <Room>(query: string, variables: object = {}): Promise<Room> => {
    const { data, errors } = await gateway.query<{ chatRoom: Room }>(query, { of, ...variables });
    if (errors !== undefined) throw new Error(JSON.stringify(errors));
    return data.chatRoom;
  };

  const room: OpenRoom = {
    ...{ gateway, key, id, projectId },
    // A stub is of no use any more once its object has broken off.
    get object() {
      return env.REALTIME_CHAT.getByName(key);
    },
    post: (author, { text, key: clientMutationId, replyTo }) =>
      mutate(POST, { input: { roomId: id, text, clientMutationId, replyTo } }, author),
    async posted(author, text, replyTo) {
      const answer = await room.post(author, {
        ...{ text, key: crypto.randomUUID() },
        ...(replyTo === undefined ? {} : { replyTo }),
      });
      if ('code' in answer) throw new Error(`not posted: ${JSON.stringify(answer)}`);
      return answer.message;
    },
    remove: (actor, messageId) => mutate(REMOVE, { messageId }, actor),
    async report({ headers }, messageId) {
      const { data, errors } = await gateway.post<{ answer: boolean }>(
        { query: REPORT, variables: { messageId } },
        headers,
      );
      if (errors !== undefined) throw new Error(JSON.stringify(errors));
      return data.answer;
    },
    async moderate(moderator, action, input = {}) {
      const variables = { input: { roomId: id, action, ...input } };
      const { data, errors } = await gateway.post<{ answer: { __typename: string } }>(
        { query: MODERATE, variables },
        moderator.headers,
      );
      if (data?.answer.__typename !== 'ChatModerationPayload')
        throw new Error(`not done: ${JSON.stringify(errors ?? data)}`);
    },
    position: async () => (await read<{ position: string }>(POSITION)).position,
    async history() {
      interface Page {
        messages: {
          nodes: PostedMessage[];
          pageInfo: { hasNextPage: boolean; endCursor: string | null };
        };
      }
      const found: PostedMessage[] = [];
      for (let after: string | null = null; ; ) {
        const { messages }: Page = await read<Page>(PAGE, { after });
        found.push(...messages.nodes);
        if (!messages.pageInfo.hasNextPage) return found.reverse();
        after = messages.pageInfo.endCursor;
      }
    },
  };
  return room;
}

export interface Standing {
  kycLevel?: number;
  permissions?: string[];
  /** Unix seconds; long ago where left out. */
  createdAt?: number;
  displayName?: string;
}

/** People with accounts and sessions, all alike. */
export async function createPeople(ids: readonly string[], standing: Standing = {}): Promise<Person[]> {
  const { kycLevel = 2, permissions = ['read'], createdAt = 1, displayName = null } = standing;
  const rights = { kyc_level: kycLevel, permissions: JSON.stringify(permissions), display_name: displayName };
  const now = Math.floor(Date.now() / 1000);
  await env.DB.batch(
    ids.map((id) =>
      insertStatement('user_account', {
        id,
        ...rights,
        rights_checked_at: now,
        last_active_at: now,
        created_at: createdAt,
      }),
    ),
  );
  return Promise.all(ids.map(signIn));
}

export async function createPerson(id: string, standing: Standing = {}): Promise<Person> {
  const [person] = await createPeople([id], standing);
  if (person === undefined) throw new Error('nobody was created');
  return person;
}

const symbol = () => `T${crypto.randomUUID().slice(0, 6).toUpperCase()}`;

interface Answered {
  answer: { message: PostedMessage } | { code: string; reason: string };
}

function answerOf({ status, headers, data, errors }: GraphQLAnswer<Answered | null>): ChatAnswer {
  const isRetryable = headers.get('retry-after') !== null;
  const [error] = errors ?? [];
  if (error !== undefined) {
    const code = String(error.extensions.code);
    return { code, reason: error.message, status, isRetryable: isRetryable || code === RETRYABLE };
  }
  if (data == null) throw new Error(`neither data nor errors: ${status}`);
  return { ...data.answer, status, isRetryable };
}

const RETRYABLE = 'SERVICE_UNAVAILABLE';
