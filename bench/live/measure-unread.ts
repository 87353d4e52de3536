/**
 * The memory of workerd while sockets of one hub ask for large answers, read none of them, and end: the same again in
 * each pass. Beside them one socket reads. Memory that a hub keeps of answers or of waiting operations would grow.
 */
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { WebSocket } from 'ws';
import type { PassMemory } from '../memory-passes.ts';
import { type GatewayServer, startGateway } from './live-servers.ts';

export interface UnreadOptions {
  /** The bundle of `gateway-worker.ts`. */
  script: string;
  /** Those that read nothing. */
  sockets: number;
  passes: number;
  /** How long each pass goes on after the reader was answered. */
  settleMs: number;
  signal: AbortSignal;
}

export interface UnreadPass extends PassMemory {
  /** The time in which the socket that reads was answered. */
  readerMs: number;
}

export interface UnreadResult {
  sockets: number;
  /** Of each socket that reads nothing. */
  queries: number;
  /** The bytes of one answer. */
  answerBytes: number;
  /** The resident memory after some answers to sockets that read. */
  startBytes: number;
  passes: UnreadPass[];
}

const SYMBOLS = Array.from({ length: 100 }, (_, number) => `S${number}`);
const ALIAS = 'a'.repeat(300);
const FIELDS = Array.from({ length: 28 }, (_, number) => `${ALIAS}${number}: price`).join(' ');
/** Itself some 9 KB, and its answer some 860. */
const QUERY = `query ($symbols: [String!]!) { prices(symbols: $symbols) { ${FIELDS} } }`;
/** One less than a socket may have at once. */
const QUERIES = 49;
const WARM_UP_ANSWERS = 20;
const SAMPLE_EVERY_MS = 20;

export async function measureUnread(options: UnreadOptions): Promise<UnreadResult> {
  const server = await startGateway(options.script, {
    hubs: ['hub-0'],
    polls: 'by hand',
    synced: SYMBOLS,
    hasHeapLimit: true,
    inspector: true,
  });
  try {
    let answerBytes = 0;
    for (let answer = 0; answer < WARM_UP_ANSWERS; answer += 1) answerBytes = await readAnswer(server);
    const startBytes = server.memoryBytes();
    const passes: UnreadPass[] = [];
    for (let pass = 0; pass < options.passes; pass += 1) passes.push(await measurePass(server, options));
    return { sockets: options.sockets, queries: QUERIES, answerBytes, startBytes, passes };
  } finally {
    await server.stop();
  }
}

async function measurePass(
  server: GatewayServer,
  { sockets, settleMs, signal }: UnreadOptions,
): Promise<UnreadPass> {
  signal.throwIfAborted();
  let peakBytes = 0;
  const sampling = setInterval(() => {
    peakBytes = Math.max(peakBytes, server.memoryBytes());
  }, SAMPLE_EVERY_MS);
  try {
    const unread = await Promise.all(Array.from({ length: sockets }, () => askAndReadNothing(server)));
    const askedAtMs = performance.now();
    await readAnswer(server);
    const readerMs = performance.now() - askedAtMs;
    await sleep(settleMs, undefined, { signal });
    for (const socket of unread) socket.terminate();
    await readAnswer(server);
    return { peakBytes, readerMs, heldBytes: await server.heldBytes() };
  } finally {
    clearInterval(sampling);
  }
}

/** Over a new socket, which answers pings. @returns the length of the answer. */
async function readAnswer(server: GatewayServer): Promise<number> {
  const socket = await introduced(server);
  const answered = new Promise<string>((resolve, reject) => {
    socket.once('close', (code) => reject(new Error(`the socket that reads was closed: ${code}`)));
    socket.on('message', (message: Buffer) => {
      const text = message.toString();
      if (text === '{"type":"ping"}') socket.send('{"type":"pong"}');
      else resolve(text);
    });
  });
  ask(socket, 'read');
  const answer = await answered;
  socket.terminate();
  if (!answer.includes('"type":"next"')) throw new Error(`the socket that reads got ${answer}`);
  return answer.length;
}

async function askAndReadNothing(server: GatewayServer): Promise<WebSocket> {
  const socket = await introduced(server);
  socket.pause();
  for (let id = 0; id < QUERIES; id += 1) ask(socket, `${id}`);
  return socket;
}

function ask(socket: WebSocket, id: string): void {
  const payload = { query: QUERY, variables: { symbols: SYMBOLS } };
  socket.send(JSON.stringify({ type: 'subscribe', id, payload }));
}

async function introduced(server: GatewayServer): Promise<WebSocket> {
  const socket = new WebSocket(server.urls[0] ?? '', 'graphql-transport-ws', { perMessageDeflate: false });
  socket.on('error', () => undefined);
  await once(socket, 'open');
  socket.send('{"type":"connection_init"}');
  await once(socket, 'message');
  return socket;
}
