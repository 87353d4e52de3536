/**
 * How many messages one room takes in a second, by the mutation and past the gateway, beside a bare Durable Object that writes
 * the same rows; and when the last watcher has a message, beside the price that the same sockets watch.
 *
 * A message to watchers is the whole way: from the mutation to the last frame. All runs alternate, and D1, limits, room and
 * hub run on one thread here, which the platform spreads over many.
 */
import { type Answer, bodyText } from '../answer.ts';
import {
  Audience,
  type FanOutRound,
  fanOutResult,
  fanOutRound,
  PRICE_OF_BTC,
  type Watchers,
} from '../live/fan-out.ts';
import { type LoopRound, measuredLoop } from '../measured-loop.ts';
import { operationId, postRequest } from '../requests.ts';
import { machineFacts } from '../results.ts';
import { addressOfUser } from '../signed-in-users.ts';
import { type Spread, spreadOf, spreadsOf } from '../statistics.ts';
import { postBody } from './posted-message.ts';
import { GATEWAY, type RoomServer, startRoomServer } from './room-server.ts';

export interface RoomsOptions {
  sockets: number;
  rounds: number;
  /** Of a round, each by another user. */
  messages: number;
  /** Messages of a round with watchers. */
  watchedMessages: number;
  connections: number;
  /** Of the fan-out of a round. */
  durationMs: number;
  minEvents: number;
  signal: AbortSignal;
  report(line: string): void;
}

export type RoomsResult = Awaited<ReturnType<typeof measureRooms>>;

const chatOf = (roomId: string) =>
  `subscription { chatEvents(roomId: "${roomId}") { kind message { id text postedAt author { displayName role } } } }`;

export async function measureRooms(options: RoomsOptions) {
  const { sockets, rounds, messages, watchedMessages, signal, report } = options;
  const machine = machineFacts();
  const server = await startRoomServer(messages, signal);
  const audience = new Audience(server);
  try {
    // Nobody watches the first room; the second one has a single message when its watchers come.
    const [quiet = '', watched = ''] = server.roomIds;
    const run = (requests: number, next: (number: number) => Uint8Array, onAnswer = assertPosted) =>
      measuredLoop({ ...options, workerd: server.workerd, worker: GATEWAY, requests, next, onAnswer });
    const mutations = (roomId: string, count: number) => run(count, mutationOf(server, roomId));
    const past = (route: string) => run(messages, objectRequest(server, route), assertDone);
    // Not timed: whoever posts for the first time is noted in D1, and the statements of these messages are recorded.
    await mutations(quiet, messages);
    await past('room/project:alone');
    for (let half = 0; half < 2; half += 1) await past('recorded/project:recorded');
    await mutations(watched, 1);
    await audience.grow(sockets, [PRICE_OF_BTC], chatOf(watched));
    const prices = contestant('prices', 'a price', audience);
    const source = await server.messages(watched);
    const events = contestant('messages', 'a message, from its mutation', {
      ...view(audience),
      run: (pace) => audience.run(pace, source),
    });
    const measured = {
      mutations: [] as LoopRound[],
      watched: [] as LoopRound[],
      room: [] as LoopRound[],
      bare: [] as LoopRound[],
      prices: [] as FanOutRound[],
      messages: [] as FanOutRound[],
    };
    for (let round = 1; round <= rounds; round += 1) {
      signal.throwIfAborted();
      measured.mutations.push(await mutations(quiet, messages));
      measured.room.push(await past('room/project:alone'));
      measured.bare.push(await past(`bare/${round}`));
      measured.prices.push(await fanOutRound(prices, options));
      measured.messages.push(await fanOutRound(events, options));
      const received = audience.receive(watchedMessages);
      const startedAt = performance.now();
      const posted = await mutations(watched, watchedMessages);
      await received;
      const perSecond = (watchedMessages * 1000) / (performance.now() - startedAt);
      measured.watched.push({ ...posted, perSecond });
      report(roundLine(round, measured));
    }
    return {
      machine,
      sockets,
      messages,
      watchedMessages,
      connections: options.connections,
      mutations: spreadsOf(measured.mutations),
      watched: spreadsOf(measured.watched),
      room: spreadsOf(measured.room),
      bare: spreadsOf(measured.bare),
      roomOverBare: ratiosOf(measured.room, measured.bare, 'perSecond'),
      roomOverBareByThread: ratiosOf(measured.room, measured.bare, 'perThreadSecond'),
      fanOut: [fanOutResult(prices, measured.prices), fanOutResult(events, measured.messages)],
      messageOverPrice: ratiosOf(measured.messages, measured.prices, 'framesPerSecond'),
      messageOverPriceByThread: ratiosOf(measured.messages, measured.prices, 'framesPerThreadSecond'),
    };
  } finally {
    await audience.stop();
  }
}

const contestant = (key: string, name: string, watchers: Watchers) => ({ key, name, audiences: [watchers] });

const view = ({ sockets, grownBytes, server }: Audience) => ({ sockets, grownBytes, server });

/** Both of the same round: whatever slows the machine for a while slows both. */
function ratiosOf<Measure extends string>(
  of: readonly Record<Measure, number>[],
  over: readonly Record<Measure, number>[],
  measure: Measure,
): Spread {
  return spreadOf(of.map((round, index) => round[measure] / (over[index]?.[measure] ?? Number.NaN)));
}

/** Each user posts once in a round. */
function mutationOf({ users }: RoomServer, roomId: string) {
  const documentId = operationId('PostChatMessage');
  return (number: number): Uint8Array => {
    const at = number % users.length;
    const body = postBody(documentId, roomId, number);
    const headers = `Authorization: Bearer ${users[at]?.accessToken}\r\n`;
    return postRequest('/graphql', body, headers, addressOfUser(at));
  };
}

const objectRequest =
  ({ users }: RoomServer, route: string) =>
  (number: number): Uint8Array =>
    postRequest(`/${route}/${users[number % users.length]?.id}`, '');

function assertPosted(answer: Answer): void {
  const text = bodyText(answer);
  if (!text.includes('"heldBack":false')) throw new Error(`a message: ${answer.status} ${text}`);
}

function assertDone(answer: Answer): void {
  if (answer.status !== 204) throw new Error(`a message: ${answer.status} ${bodyText(answer)}`);
}

function roundLine(round: number, measured: Record<string, readonly (LoopRound | FanOutRound)[]>): string {
  const parts = Object.entries(measured).map(([name, rounds]) => {
    const last = rounds.at(-1);
    if (last === undefined) return name;
    return 'frames' in last
      ? `${name} ${last.framesPerSecond.toFixed(0)} frames/s`
      : `${name} ${last.perSecond.toFixed(0)}/s`;
  });
  return `round ${round}  ${parts.join('  ')}`;
}
