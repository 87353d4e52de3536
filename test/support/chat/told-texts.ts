/** All that one reader of rooms is answered by the paths that there are, as text. */
import { createExecutionContext } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import gatewayWorker from '../../../src/index.ts';
import { documentIdOf } from '../accounts.ts';
import { requestOf } from '../cache-bench.ts';
import { type ClientSocket, connect } from '../client-socket.ts';
import { EventStreamClient } from '../event-stream-client.ts';
import type { OpenRoom, Person } from './open-room.ts';

const MESSAGE = 'id text links author { id displayName } reactions { kind count } deleted heldBack';
const SHOWN = `${MESSAGE} replyTo { ${MESSAGE} replyTo { ${MESSAGE} } }`;
export const ALL_EVENTS = `subscription All($room: ID!) { chatEvents(roomId: $room) { kind message { ${SHOWN} } } }`;
const PUBLIC = `position pinned { ${SHOWN} } messages(first: 20) { nodes { ${SHOWN} } edges { node { text } } }`;
const QUERIES = {
  public: `query Public($of: ChatRoomKey!) { chatRoom(of: $of) { ${PUBLIC} } }`,
  aliased: `query Aliased($of: ChatRoomKey!) {
    a: chatRoom(of: $of) { b: messages(first: 20) { nodes { c: text } } d: pinned { e: text } }
    f: chatRoom(of: $of) { g: messages(first: 19) { nodes { h: text replyTo { i: text } } } }
  }`,
  private: `query Private($of: ChatRoomKey!) {
    chatRoom(of: $of) { ${PUBLIC} heldBack { ${SHOWN} } viewerMayPost viewerRefusal }
  }`,
  node: `query Node($room: ID!, $ids: [ID!]!) {
    nodes(ids: $ids) { ... on ChatMessage { ${SHOWN} } }
    node(id: $room) { ... on ChatRoom { ${PUBLIC} heldBack { ${SHOWN} } } }
  }`,
};

export interface Told {
  path: string;
  text: string;
}

/** By HTTP and sockets, by documents and ids. @param reader null for a stranger */
export async function answersTo(
  reader: Person | null,
  room: OpenRoom,
  messageIds: readonly string[],
): Promise<Told[]> {
  const of = { projectId: room.projectId };
  const variables: Record<keyof typeof QUERIES, Record<string, unknown>> = {
    ...{ public: { of }, aliased: { of }, private: { of } },
    node: { room: room.id, ids: messageIds },
  };
  const headers = reader?.headers ?? {};
  const told: Told[] = [];
  const socket = await connect('hub-0', headers.Authorization);
  for (const [name, query] of Object.entries(QUERIES)) {
    const asked = { query, variables: variables[name as keyof typeof QUERIES] };
    for (const method of ['GET', 'POST'] as const) {
      const response = await room.gateway.fetch(...requestOf({ ...asked, method, headers }));
      told.push({ path: `${name} by ${method}`, text: answered(await response.text()) });
    }
    socket.subscribe(name, query, asked.variables);
    const text = answered(await socket.nextText());
    await socket.nextText();
    told.push({ path: `${name} by socket`, text });
  }
  socket.close();
  for (const name of ['ChatRoomPage', 'ChatViewer']) {
    const question = {
      id: documentIdOf(name),
      variables: { of },
      headers: { 'X-GraphQL-CSRF': '1', ...headers },
    };
    const response = await room.gateway.fetch(...requestOf(question));
    told.push({ path: `${name} by id`, text: answered(await response.text()) });
  }
  return told;
}

/** @throws Error if it is none: nothing could be found in it */
function answered(text: string): string {
  const { data, payload, errors } = JSON.parse(text);
  if (errors || !(data ?? payload.data)) throw new Error(`no answer: ${text}`);
  return text;
}

/** What is answered to somebody who acts on a message that they may not see. */
export async function answersToActs(actor: Person, room: OpenRoom, messageId: string): Promise<Told[]> {
  const acts = {
    react: `mutation A($id: ID!) {
      reactToChatMessage(input: { messageId: $id, kind: LIKE }) { ... on ChatPayload { message { ${SHOWN} } } ... on Rejection { code } }
    }`,
    report: 'mutation B($id: ID!) { reportChatMessage(messageId: $id, reason: "Hm.") }',
    remove: `mutation C($id: ID!) {
      deleteChatMessage(messageId: $id) { ... on ChatPayload { message { ${SHOWN} } } ... on Rejection { code } }
    }`,
    reply: `mutation D($id: ID!, $room: ID!, $key: String!) {
      postChatMessage(input: { roomId: $room, text: "No.", replyTo: $id, clientMutationId: $key }) {
        ... on ChatPayload { message { ${SHOWN} } } ... on Rejection { code }
      }
    }`,
  };
  const told: Told[] = [];
  for (const [path, query] of Object.entries(acts)) {
    const variables = { id: messageId, room: room.id, key: crypto.randomUUID() };
    told.push({
      path,
      text: JSON.stringify(await room.gateway.post({ query, variables }, actor.headers)),
    });
  }
  return told;
}

/** A subscription to all that a room tells, over a socket or an event stream. */
export interface Listener {
  path: string;
  /** All events up to the one of the message. */
  until(messageId: string): Promise<Told[]>;
  end(): Promise<void>;
}

/** @param resumeFrom null to begin with nothing */
export async function listenBySocket(
  room: OpenRoom,
  hubName: string,
  resumeFrom: string | null,
  reader: Person | null = null,
): Promise<Listener> {
  const socket: ClientSocket = await connect(hubName, reader?.headers.Authorization);
  socket.subscribe('all', ALL_EVENTS, { room: room.id }, resumeFrom === null ? {} : { resumeFrom });
  const path = `events from ${resumeFrom} of ${hubName}`;
  return {
    path,
    until: (messageId) => textsUntil(messageId, path, () => socket.nextText()),
    end: async () => socket.close(),
  };
}

/** Its response may wait for a first event, so only `until` waits for it. */
export function listenByStream(room: OpenRoom, resumeFrom: string): Listener {
  const [path, { headers }] = requestOf({ query: ALL_EVENTS, variables: { room: room.id } }) as [
    string,
    { headers: Record<string, string> },
  ];
  const request = new Request(new URL(path, 'https://gateway.test'), {
    headers: { ...headers, Accept: 'text/event-stream', 'Last-Event-ID': resumeFrom },
  }) as Parameters<typeof gatewayWorker.fetch>[0];
  // `TestGateway.fetch` would wait for the end of the stream.
  const opening = (async () =>
    new EventStreamClient(
      await gatewayWorker.fetch(request, env as unknown as Env, createExecutionContext()),
    ))();
  opening.catch(() => undefined);
  const name = `stream from ${resumeFrom}`;
  return {
    path: name,
    until: (messageId) =>
      textsUntil(messageId, name, async () => {
        const event = await (await opening).next();
        if (event === null) throw new Error('the stream has ended');
        return event.data;
      }),
    end: async () => (await opening).leave(),
  };
}

async function textsUntil(messageId: string, path: string, next: () => Promise<string>): Promise<Told[]> {
  const told: Told[] = [];
  for (;;) {
    const text = await next();
    told.push({ path, text });
    // Also of a message that answers it: no reply is posted to one that is waited for.
    if (text.includes(`"${messageId}"`)) return told;
  }
}
