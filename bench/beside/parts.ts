/** The scenarios of `--beside`: what one turn of a contestant does, and what it cost. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { profileStartup } from '../../scripts/measure-startup.ts';
import { isMarketList } from '../answers.ts';
import { checkAnswer, prime } from '../ask.ts';
import { Audience } from '../live/fan-out.ts';
import {
  distinctMarketListVariables,
  operationByGet,
  operationByPost,
  type RequestSource,
} from '../requests.ts';
import { load } from '../rounds.ts';
import type { Scenario } from '../scenario.ts';
import type { Contestant } from './contestants.ts';
import { QuerySockets } from './query-sockets.ts';

/** The cost of one turn, for each request, query, frame or start. */
export interface Turn {
  cpuMicroseconds: number;
  /** Null where a rate means nothing. */
  perSecond: number | null;
}

/** A contestant that is ready for a scenario. */
export interface Entrant {
  turn(): Promise<Turn>;
  leave(): Promise<void>;
}

export interface Part {
  name: string;
  unit: 'request' | 'query' | 'frame' | 'start';
  /** In each round. */
  turns: number;
  enter(contestant: Contestant, signal: AbortSignal): Promise<Entrant>;
}

const CONNECTIONS = 16;
const FIRST_WARM_UP_MS = 1_500;
/** Turns are short and many, so that a busy moment of the machine meets all contestants. */
const WARM_UP_MS = 80;
const TURN_MS = 250;
const SHORT_TURNS = 3;
const FAN_OUT_SOCKETS = 1_000;
/** Events come with polls, so each takes a second. */
const FAN_OUT_EVENTS = 2;

const httpPart = (
  name: string,
  worker: string,
  cache: 'HIT' | 'MISS',
  source: (marketListId: string) => RequestSource,
): Part => ({
  name,
  unit: 'request',
  turns: SHORT_TURNS,
  async enter({ workerd, operationId }) {
    const expected = { status: 200, cache, body: isMarketList('prices') };
    const next = source(operationId('MarketList'));
    const scenario: Scenario = { key: name, name, list: 'prices', worker, next, expected };
    const run = (durationMs: number) => load(workerd, scenario, CONNECTIONS, durationMs);
    await checkAnswer(workerd, scenario, { cacheToo: true });
    await run(FIRST_WARM_UP_MS);
    return {
      async turn() {
        await prime(workerd, scenario);
        await run(WARM_UP_MS);
        const { cpuMicrosecondsPerRequest, requestsPerSecond } = await run(TURN_MS);
        return { cpuMicroseconds: cpuMicrosecondsPerRequest, perSecond: requestsPerSecond };
      },
      leave: () => checkAnswer(workerd, scenario, { cacheToo: true }).then(() => undefined),
    };
  },
});

const same = (request: Uint8Array): RequestSource => {
  return () => request;
};
const distinct = (id: string): RequestSource => {
  return () => operationByGet(id, distinctMarketListVariables());
};

const sockets: Part = {
  name: 'cached list over WebSocket',
  unit: 'query',
  turns: SHORT_TURNS,
  async enter({ workerd, operationId }) {
    const url = new URL('/graphql', workerd.urlOf('gateway'));
    url.protocol = 'ws:';
    const opened = await QuerySockets.open(url, { documentId: operationId('MarketList') });
    const isList = isMarketList('prices');
    await opened.run(0, (message) =>
      isList(JSON.stringify((JSON.parse(message) as { payload: unknown }).payload)),
    );
    const hasData = (message: string) => {
      if (!message.includes('"data"') || message.includes('"errors"')) throw new Error(message);
    };
    await opened.run(FIRST_WARM_UP_MS, hasData);
    return {
      async turn() {
        await opened.run(WARM_UP_MS, hasData);
        const before = workerd.cpuMs().process;
        const { queries, elapsedMs } = await opened.run(TURN_MS, hasData);
        const cpuMs = workerd.cpuMs().process - before;
        return { cpuMicroseconds: (cpuMs * 1000) / queries, perSecond: (queries * 1000) / elapsedMs };
      },
      leave: async () => opened.close(),
    };
  },
};

const fanOut: Part = {
  name: 'one event to 1,000 sockets',
  unit: 'frame',
  turns: 1,
  async enter({ workerd, prices }) {
    const audience = new Audience({
      protocol: 'graphql-transport-ws',
      urls: [new URL('/graphql', workerd.urlOf('one-hub')).href],
      currentFirst: true,
      eventUrl: prices.url,
      cpuMs: () => workerd.cpuMs(),
      memoryBytes: () => workerd.memoryBytes(),
      check(message) {
        if (!message.includes(`:${prices.price()},`)) throw new Error(`another event: ${message}`);
      },
      // The process is the contestant's.
      stop: async () => undefined,
    });
    await audience.grow(FAN_OUT_SOCKETS);
    await audience.run({ durationMs: 0, minEvents: FAN_OUT_EVENTS });
    return {
      async turn() {
        const before = workerd.cpuMs().process;
        const { firstMs, lastMs } = await audience.run({ durationMs: 0, minEvents: FAN_OUT_EVENTS });
        const cpuMs = workerd.cpuMs().process - before;
        // Most of a turn is waiting for the next poll.
        const sendingMs = lastMs.reduce((sum, ms, event) => sum + ms - (firstMs[event] ?? 0), 0);
        const frames = FAN_OUT_SOCKETS * lastMs.length;
        return { cpuMicroseconds: (cpuMs * 1000) / frames, perSecond: (frames * 1000) / sendingMs };
      },
      leave: () => audience.leave(),
    };
  },
};

const startUp: Part = {
  name: 'start-up',
  unit: 'start',
  turns: 1,
  async enter({ project }, signal) {
    const folder = await mkdtemp(path.join(tmpdir(), 'com2000-startup-'));
    return {
      async turn() {
        const file = path.join(folder, 'start.cpuprofile');
        return { cpuMicroseconds: (await profileStartup(file, signal, project)) * 1000, perSecond: null };
      },
      leave: () => rm(folder, { recursive: true }),
    };
  },
};

export const PARTS: Readonly<Record<string, Part>> = {
  'hit-get': httpPart('hit by GET', 'gateway', 'HIT', (id) => same(operationByGet(id))),
  'hit-post': httpPart('hit by POST', 'gateway', 'HIT', (id) => same(operationByPost(id))),
  'miss-in-memory': httpPart('miss, sources in memory', 'in-memory', 'MISS', distinct),
  miss: httpPart('miss, local D1 and KV', 'gateway', 'MISS', distinct),
  sockets,
  'fan-out': fanOut,
  'start-up': startUp,
};
