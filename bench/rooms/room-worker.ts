/**
 * The gateway that `bench/live/gateway-worker.ts` drives, its rooms, and the limit: an object that writes the same rows and
 * decides nothing.
 *
 * `PUT /authors` tells it who posts where, and `POST /message` has the next of them post by the gateway's own mutation.
 * `POST /room/<room>/<user>` is one message to the room's object alone, past the gateway. `POST /recorded/<room>/<user>` is
 * one too, and keeps its statements: the second half of them is what a bare object writes, one message for each
 * `POST /bare/<name>`. It begins with the first half.
 */
import { DurableObject } from 'cloudflare:workers';
import type { PostRequest } from '../../src/chat/room-calls.ts';
import gateway, * as durableObjects from '../../src/index.ts';
import live from '../live/gateway-worker.ts';
import { MESSAGE_TEXT, postBody } from './posted-message.ts';

// Classes of the same name below take the place of these.
export * from '../live/gateway-worker.ts';

interface Write {
  query: string;
  values: SqlStorageValue[];
}

/** Of the room that is recorded: its tables, and the writes of each message. */
const recorded: { tables: Write[]; messages: Write[][] } = { tables: [], messages: [] };
/** Takes the writes of what runs now. */
let record: Write[] | null = null;

export class RealtimeChat extends durableObjects.RealtimeChat {
  constructor(state: DurableObjectState, env: Env) {
    const { sql } = state.storage;
    const exec = sql.exec.bind(sql);
    Object.defineProperty(sql, 'exec', {
      value: (query: string, ...values: SqlStorageValue[]) => {
        if (record !== null && !/^\s*SELECT/.test(query)) {
          const isTable = /^\s*CREATE/.test(query);
          (isTable ? recorded.tables : record).push({ query, values });
        }
        return exec(query, ...values);
      },
    });
    super(state, env);
  }

  async postRecorded(request: PostRequest): Promise<unknown> {
    const writes: Write[] = [];
    recorded.messages.push(writes);
    record = writes;
    try {
      return await super.post(request);
    } finally {
      record = null;
    }
  }
}

export class BareRoom extends DurableObject {
  #next = 0;

  constructor(state: DurableObjectState, env: Cloudflare.Env) {
    super(state, env);
    this.#write(recorded.tables);
    const before = recorded.messages.slice(0, recorded.messages.length / 2);
    for (const writes of before) this.#write(writes);
    this.#next = before.length;
  }

  post(): void {
    const writes = recorded.messages[this.#next];
    if (writes === undefined) throw new Error('no more messages are recorded');
    this.#next += 1;
    this.ctx.storage.transactionSync(() => this.#write(writes));
  }

  #write(writes: readonly Write[]): void {
    for (const { query, values } of writes) this.ctx.storage.sql.exec(query, ...values);
  }
}

/** Who posts by the mutation, in turns, and the room's global id. */
export interface Authors {
  roomId: string;
  documentId: string;
  accessTokens: string[];
}

let authors: Authors = { roomId: '', documentId: '', accessTokens: [] };
let posts = 0;

function nextMutation(url: URL): LiveRequest {
  const { roomId, documentId, accessTokens } = authors;
  const accessToken = accessTokens[posts % accessTokens.length];
  posts += 1;
  return new Request(new URL('/graphql', url), {
    method: 'POST',
    body: postBody(documentId, roomId, posts),
    headers: { 'content-type': 'application/json', authorization: `Bearer ${accessToken}` },
    // Without the properties that the platform adds.
  }) as LiveRequest;
}

interface BenchEnv {
  REALTIME_CHAT: DurableObjectNamespace<RealtimeChat>;
  BARE_ROOM: DurableObjectNamespace<BareRoom>;
}

type LiveRequest = Parameters<typeof live.fetch>[0];
type LiveEnv = Parameters<typeof live.fetch>[1];

export default {
  async fetch(request, env, ctx) {
    const url = new URL(request.url);
    const [, route, name = '', user = ''] = url.pathname.split('/').map(decodeURIComponent);
    switch (route) {
      case 'authors':
        authors = await request.json();
        return done();
      case 'message': {
        const answer = await live.fetch(nextMutation(url), env as unknown as LiveEnv, ctx);
        const text = await answer.text();
        return text.includes('"heldBack":false') ? done() : new Response(text, { status: 409 });
      }
      case 'room':
        return answerOf(await env.REALTIME_CHAT.getByName(name).post(messageOf(user)));
      case 'recorded':
        return answerOf(await env.REALTIME_CHAT.getByName(name).postRecorded(messageOf(user)));
      case 'bare':
        await env.BARE_ROOM.getByName(name).post();
        return done();
      default:
        return live.fetch(request, env as unknown as LiveEnv, ctx);
    }
  },
  scheduled: (event, env, ctx) => gateway.scheduled(event, env as unknown as Env, ctx),
} satisfies ExportedHandler<BenchEnv>;

const done = () => new Response(null, { status: 204 });

const answerOf = (answer: unknown) =>
  typeof answer === 'object' && answer !== null && 'sequence' in answer
    ? done()
    : Response.json(answer, { status: 409 });

const messageOf = (userId: string): PostRequest => ({
  author: {
    id: userId,
    displayName: userId,
    avatarUrl: null,
    role: 'member',
    isModerator: false,
    isYoung: false,
  },
  text: `${MESSAGE_TEXT} ${crypto.randomUUID()}`,
  links: [],
  replyTo: null,
  clientMutationId: crypto.randomUUID(),
  holdReason: null,
  refusal: null,
});
