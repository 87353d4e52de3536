/**
 * Many clients in a process of their own, so that each server is measured with as many open files as one process may
 * have. It makes events happen, one after the other, and sees every one of them reach every client exactly once.
 */
import pLimit from 'p-limit';
import { HttpConnection } from '../http-connection.ts';
import { type LiveSocket, openLiveSocket, type Protocol } from './live-socket.ts';

export interface OpenOptions {
  protocol: Protocol;
  /** Taken in turns by the sockets. */
  urls: string[];
  /** Taken in turns by the sockets. */
  documents: string[];
  /** As in `LiveSocketOptions`, of each socket. */
  resumed?: string | undefined;
  currentFirst: boolean;
  sockets: number;
}

export interface RunOptions {
  /** A POST to it makes an event happen. */
  eventUrl: string;
  /** A POST to it before each event changes what that tells; left out where the event itself does. */
  changeUrl?: string | undefined;
  /** It goes on until both are over. */
  durationMs: number;
  minEvents: number;
}

export interface Run {
  /** From when each event was asked for until the first and the last client had it. */
  firstMs: number[];
  lastMs: number[];
  elapsedMs: number;
  /** CPU of this process. */
  cpuMs: number;
  /** The message that the last client got last. */
  sample: string;
}

/** The calls that the process which started it may make. */
export interface GeneratorCalls {
  open(options: OpenOptions): Promise<number>;
  run(options: RunOptions): Promise<Run>;
  /** Resolves when each socket has been sent so many events from now on, which somebody else makes happen. */
  receive(events: number): Promise<void>;
  /** Each socket sends the text once. */
  sendAll(text: string): Promise<void>;
  /** By all sockets so far, what was sent to `sendAll` too. */
  messagesSent(): Promise<number>;
}

const OPENED_AT_ONCE = 32;
/** A message that has not come by then is lost. */
const EVENT_MAX_MS = 120_000;
const SAMPLE_MAX_BYTES = 1024;

const sockets: LiveSocket[] = [];
/** By socket, the number of the event that it got last. */
const seen: number[] = [];
let event = 0;
let missing = 0;
/** By socket, the events that are to come, while others make them happen; `missing` is their sum. */
let awaited: number[] | undefined;
let firstAt = 0;
let lastAt = 0;
let messagesSent = 0;
let sample = '';
let onAll: () => void = () => undefined;
/** Between two runs a failure is kept for the next one. */
let failure: Error | undefined;
let onFailure: (error: Error) => void = keepFailure;

function keepFailure(error: Error): void {
  failure ??= error;
}

function received(socket: number, bytes: Buffer): void {
  if (awaited !== undefined) {
    const left = awaited[socket] ?? 0;
    awaited[socket] = left - 1;
    missing -= 1;
    if (left === 0) onFailure(new Error(`socket ${socket} was sent more events than happened: ${bytes}`));
    else if (missing === 0) onAll();
    return;
  }
  // Prices that a feed's own alarm found may follow the current state.
  if (event === 0) return;
  if (seen[socket] === event) {
    onFailure(new Error(`socket ${socket} was sent more than one message of event ${event}: ${bytes}`));
    return;
  }
  seen[socket] = event;
  missing -= 1;
  if (firstAt === 0) firstAt = performance.now();
  if (missing > 0) return;
  lastAt = performance.now();
  sample = bytes.toString('utf8', 0, SAMPLE_MAX_BYTES);
  onAll();
}

async function open({
  urls,
  documents,
  resumed,
  protocol,
  currentFirst,
  sockets: count,
}: OpenOptions): Promise<number> {
  const limit = pLimit(OPENED_AT_ONCE);
  const openOne = async () => {
    const index = seen.length;
    seen.push(event);
    sockets.push(
      await openLiveSocket({
        protocol,
        currentFirst,
        url: urls[index % urls.length] ?? '',
        document: documents[index % documents.length] ?? '',
        resumed,
        onEvent: (bytes) => received(index, bytes),
        onSend: () => {
          messagesSent += 1;
        },
        onFailure: (error) => onFailure(error),
      }),
    );
  };
  await Promise.all(Array.from({ length: count }, () => limit(openOne)));
  return sockets.length;
}

async function run({ eventUrl, changeUrl, durationMs, minEvents }: RunOptions): Promise<Run> {
  if (failure !== undefined) throw failure;
  const failed = Promise.withResolvers<never>();
  // Awaited together with each event; where none is under way nobody does.
  failed.promise.catch(() => undefined);
  onFailure = failed.reject;
  const trigger = await openTrigger(eventUrl, failed.reject);
  const change = changeUrl === undefined ? undefined : await openTrigger(changeUrl, failed.reject);
  const [firstMs, lastMs]: [number[], number[]] = [[], []];
  const cpuBefore = process.cpuUsage();
  const startedAt = performance.now();
  try {
    do {
      const everybody = nextEvent();
      await Promise.race([change?.post(), failed.promise]);
      const askedAt = performance.now();
      await inTime(Promise.race([Promise.all([everybody, trigger.post()]), failed.promise]));
      firstMs.push(firstAt - askedAt);
      lastMs.push(lastAt - askedAt);
    } while (performance.now() - startedAt < durationMs || lastMs.length < minEvents);
  } finally {
    trigger.close();
    change?.close();
    onFailure = keepFailure;
  }
  const elapsedMs = performance.now() - startedAt;
  const { user, system } = process.cpuUsage(cpuBefore);
  return { firstMs, lastMs, elapsedMs, cpuMs: (user + system) / 1000, sample };
}

async function receive(events: number): Promise<void> {
  if (failure !== undefined) throw failure;
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  onAll = resolve;
  onFailure = reject;
  missing = sockets.length * events;
  awaited = Array.from(sockets, () => events);
  try {
    await inTime(promise);
  } finally {
    awaited = undefined;
    onFailure = keepFailure;
  }
}

interface Trigger {
  /** Resolves when the POST is answered with 204. */
  post(): Promise<void>;
  close(): void;
}

async function openTrigger(address: string, onFailure: (error: Error) => void): Promise<Trigger> {
  const url = new URL(address);
  const connection = await HttpConnection.open(url, { onFailure, keepBodies: false });
  const request = Buffer.from(
    `POST ${url.pathname} HTTP/1.1\r\nHost: ${url.host}\r\nContent-Length: 0\r\n\r\n`,
  );
  const post = () =>
    new Promise<void>((resolve, reject) => {
      connection.send(request, ({ status }) => {
        if (status === 204) resolve();
        else reject(new Error(`${address} answered with ${status}`));
      });
    });
  return { post, close: () => connection.close() };
}

/** Resolves when everybody has it. A server may tell what has changed before it is asked to. */
function nextEvent(): Promise<void> {
  event += 1;
  missing = sockets.length;
  firstAt = 0;
  return new Promise((resolve) => {
    onAll = resolve;
  });
}

/** @throws where events are still missing after `EVENT_MAX_MS`. */
async function inTime(received: Promise<unknown>): Promise<void> {
  const lost = Promise.withResolvers<never>();
  const timer = setTimeout(
    () =>
      lost.reject(new Error(`${missing} events did not reach their clients, of ${sockets.length} clients`)),
    EVENT_MAX_MS,
  );
  try {
    await Promise.race([received, lost.promise]);
  } finally {
    clearTimeout(timer);
  }
}

const calls: GeneratorCalls = {
  open,
  run,
  receive,
  messagesSent: async () => messagesSent,
  async sendAll(text) {
    for (const socket of sockets) socket.send(text);
    messagesSent += sockets.length;
  },
};

process.on('message', async ({ call, options }: { call: keyof GeneratorCalls; options: never }) => {
  try {
    process.send?.({ result: await calls[call](options) });
  } catch (error) {
    process.send?.({ failure: error instanceof Error ? error.message : String(error) });
  }
});
// The process that started it has ended.
process.on('disconnect', () => process.exit());
