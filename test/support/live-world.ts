/**
 * Hubs, a price feed, a price API and clients, all real but for the network, the platform and the clock, which a test
 * drives: what crashes loses its memory and its connections, what sleeps loses its memory alone.
 */
import { buildSchema, execute, type GraphQLSchema, getOperationAST, parse } from 'graphql';
import type { VerifiedToken } from '../../src/auth/viewers.ts';
import { FEED_WATCH_TIMEOUT_MS } from '../../src/config.ts';
import type { GatewayContext, Viewer } from '../../src/graphql/context.ts';
import type { EventValue, SourceName } from '../../src/realtime/feeds.ts';
import { PollingPriceFeed } from '../../src/realtime/price-feed.ts';
import type { TopicChange, TopicStates } from '../../src/realtime/topic-log.ts';
import type { FeedWatch } from '../../src/realtime/watch.ts';
import type { WatchedFeed } from '../../src/realtime/watched-topics.ts';
import type { PreparedOperation } from '../../src/serving/prepare-operation.ts';
import type { PriceRecord } from '../../src/storage/kv/prices.ts';
import { ObjectStorage } from './object-storage.ts';
import { countsSources } from './recorded-requests.ts';
import { ServerSocket } from './server-socket.ts';
import { SimulatedHub } from './simulated-hub.ts';

const schema: GraphQLSchema = buildSchema(`
  type Query { nothing: Int }
  type Price { symbol: String! priceUsd: Float! }
  type Subscription { priceUpdated(symbols: [String!]!): Price! }
`);
const document = parse(
  'subscription ($symbols: [String!]!) { priceUpdated(symbols: $symbols) { symbol priceUsd } }',
);

const queryDocument = parse('{ nothing }');

export class LiveWorld {
  nowMs = 1_700_000_000_000;
  /** Of all hubs. */
  readonly recorder = countsSources().requests;
  /** By how much the clocks of hubs differ from it. */
  hubSkewMs = 0;
  readonly prices = new Map<string, PriceRecord>();
  isUpstreamDown = false;
  /** The price API never answers a call with one of them. */
  readonly unansweredSymbols = new Set<string>();
  /** Operations that are being prepared or executed. */
  running = 0;
  mostRunning = 0;
  /** The length of the answer to any query. */
  answerBytes = 1;
  /** Before time passes for a hub that waits. */
  letOthersRun: () => Promise<void> = async () => undefined;
  /** Queries. */
  executed = 0;
  queryHold: Promise<void> = Promise.resolve();
  /** Operations that began to be prepared. */
  started = 0;
  /** By its symbols, what the preparation or execution of an operation waits for. */
  holdOf: (symbols: string[]) => Promise<void> = () => Promise.resolve();
  /** How many of the next calls between objects do their work, and then have their answer lost. */
  answersToLose = 0;
  /** The next calls between objects take longer than any has time for, on their way there or back. */
  callsToDelay: ('there' | 'back')[] = [];
  /** How many are still on their way. */
  delayedCalls = 0;
  readonly #pause: () => Promise<void>;
  readonly #hubs: SimulatedHub[];
  readonly #feedStorage = new ObjectStorage();
  #feed: { reader: PollingPriceFeed; storage: ObjectStorage };

  constructor(hubs: number, pause: () => Promise<void>) {
    this.#pause = pause;
    this.#feed = this.#startedFeed();
    this.#hubs = Array.from(
      { length: hubs },
      (_, at) => new SimulatedHub((storage) => this.#startedHub(at, storage)),
    );
  }

  setPrice(symbol: string, priceUsd: number): void {
    this.prices.set(symbol, { symbol, priceUsd, lastUpdate: Math.floor(this.nowMs / 1000) });
  }

  async connect(hub: number): Promise<ServerSocket> {
    const socket = new ServerSocket();
    await this.#hubs[hub]?.accept(socket);
    return socket;
  }

  async receive(hub: number, socket: ServerSocket, message: unknown): Promise<void> {
    if (socket.isOpen)
      await this.#hubs[hub]?.running().hub.message(socket.asWebSocket(), JSON.stringify(message));
  }

  /** The connection is lost: the hub hears of it, in time. */
  async drop(hub: number, socket: ServerSocket): Promise<void> {
    socket.isOpen = false;
    await this.#hubs[hub]?.closed(socket);
  }

  /** Does what the hub's alarm does, whenever it is set to. */
  async alarm(hub: number): Promise<void> {
    await this.#hubs[hub]?.alarm();
  }

  alarmMs(hub: number): number | null {
    return this.#hubs[hub]?.alarmMs() ?? null;
  }

  async endSessions(hub: number, ...sessionIds: string[]): Promise<void> {
    await this.#hubs[hub]?.running().hub.endSessions(sessionIds);
  }

  poll(): Promise<void> {
    return this.#feed.storage.isDead ? Promise.resolve() : this.#feed.reader.poll();
  }

  restartFeed(): void {
    this.#feed.storage.isDead = true;
    this.#feed = this.#startedFeed();
  }

  crashHub(hub: number): void {
    this.nowMs += RESTART_MS;
    this.#hubs[hub]?.crash();
  }

  /** To be called while nothing is going on. */
  evictHub(hub: number): void {
    this.nowMs += RESTART_MS;
    this.#hubs[hub]?.evict();
  }

  #startedFeed() {
    const storage = this.#feedStorage.handle();
    const reader = new PollingPriceFeed({
      storage: storage as unknown as DurableObjectStorage,
      pollMs: 5_000,
      nowMs: () => this.nowMs,
      fetchPrices: async (symbols) => {
        await this.#pause();
        if (this.isUpstreamDown) throw new Error('down');
        if (symbols.some((symbol) => this.unansweredSymbols.has(symbol))) await new Promise(() => undefined);
        return { prices: new Map([...this.prices].filter(([symbol]) => symbols.includes(symbol))) };
      },
      publish: (hubId, changes) =>
        this.#call(storage, async () => {
          const { hub, storage: hubStorage } = this.#hubs[Number(hubId)]?.running() ?? raise('no hub');
          await hub.publish('prices', structuredClone(changes) as TopicChange<EventValue>[]);
          if (hubStorage.isDead) throw new Error('the hub has crashed');
        }),
    });
    return { reader, storage };
  }

  #startedHub(at: number, own: ObjectStorage) {
    const simulated = () => this.#hubs[at] ?? raise('no hub');
    return {
      feedFor: (name: SourceName): WatchedFeed<EventValue> => ({
        watch: ({ topics, loaded, number }) =>
          this.#callFeed(name, own, (reader) =>
            reader.watch(String(at), topics, loaded as Map<string, PriceRecord>, number),
          ),
        refreshed: (topics) => this.#callFeed(name, own, (reader) => reader.refreshed(topics)),
      }),
      watchOf: async ({ sent }: PreparedOperation) => this.#watch(sent.variables?.symbols as string[]),
      prepare: async (sent: PreparedOperation['sent']) => {
        const prepared = await this.#prepared(sent);
        return { ok: true as const, prepared, refusals: [] };
      },
      sharedAnswer: async ({ document: asked }: PreparedOperation) => {
        await this.#pause();
        if (asked !== queryDocument) return null;
        await this.queryHold;
        this.executed += 1;
        const text = JSON.stringify({ data: { nothing: 'x'.repeat(this.answerBytes) } });
        return { text, bytes: text.length, outcome: 'MISS' as const };
      },
      steering: async () => ({ off: new Set<string>(), timeLimitMs: () => null }),
      prepareAgain: (sent: PreparedOperation['sent']) => this.#prepared(sent),
      execute: async (prepared: PreparedOperation, _: GatewayContext, event: unknown) => {
        await this.#pause();
        await this.holdOf(prepared.sent.variables?.symbols as string[]);
        const variableValues = prepared.sent.variables as Record<string, unknown>;
        const { data } = await execute({
          schema,
          document,
          rootValue: { priceUpdated: event },
          variableValues,
        });
        return { data: data ?? {} };
      },
      isPrivate: () => false,
      count: () => undefined,
      recorder: this.recorder,
      keepUp: () => undefined,
      viewerOf: async (sessionId: string | null) =>
        sessionId === null
          ? null
          : ({ id: sessionId, sessionId, expiresAt: Number.MAX_SAFE_INTEGER } as Viewer),
      viewersOf: async (tokens: readonly VerifiedToken[]) =>
        new Map(tokens.map(({ userId, ...token }) => [token.sessionId, { ...token, id: userId } as Viewer])),
      createContext: () => ({}) as GatewayContext,
      randomId: () => 'request',
      nowMs: () => this.nowMs + this.hubSkewMs,
      sleep: async (ms: number) => {
        await this.letOthersRun();
        this.nowMs += ms;
      },
      socketsOf: () => simulated().sockets,
    };
  }

  #callFeed(
    name: SourceName,
    from: ObjectStorage,
    work: (reader: PollingPriceFeed) => Promise<TopicStates<PriceRecord>>,
  ): Promise<TopicStates<PriceRecord>> {
    if (name !== 'prices') return raise('nobody watches sales here');
    return this.#call(from, async () => {
      const { reader, storage } = this.#feed;
      const states = await work(reader);
      if (storage.isDead) throw new Error('the feed has restarted');
      return structuredClone(states);
    });
  }

  async #prepared(sent: PreparedOperation['sent']): Promise<PreparedOperation> {
    this.started += 1;
    this.running += 1;
    this.mostRunning = Math.max(this.mostRunning, this.running);
    await this.#pause();
    await this.holdOf(sent.variables?.symbols as string[]);
    this.running -= 1;
    const chosen = { document: '{}', found: null };
    const isQuery = sent.document === 'query';
    const prepared = isQuery ? queryDocument : document;
    return {
      sent,
      document: prepared,
      operation: getOperationAST(prepared),
      chosen,
    } as unknown as PreparedOperation;
  }

  #watch(symbols: string[]): FeedWatch {
    const load = async () => {
      await this.#pause();
      const known = symbols.flatMap((symbol) => this.prices.get(symbol) ?? []);
      return {
        topics: symbols,
        state: new Map(known.map((record): [string, EventValue] => [record.symbol, record])),
      };
    };
    return { feed: 'prices', beginsWithState: true, load };
  }

  /** A call from one object to another. */
  async #call<Result>(from: ObjectStorage, work: () => Promise<Result>): Promise<Result> {
    await this.#pause();
    // Nothing goes out that depends on what was not written.
    if (from.isDead) throw new Error('the caller has ended');
    const delayed = this.callsToDelay.shift();
    if (delayed !== undefined) this.delayedCalls += 1;
    if (delayed === 'there') await this.#delay();
    const result = await work().catch((error: unknown) => {
      if (delayed === 'back') this.delayedCalls -= 1;
      throw error;
    });
    if (delayed === 'back') await this.#delay();
    await this.#pause();
    if (this.answersToLose > 0) {
      this.answersToLose -= 1;
      throw new Error('the answer was lost');
    }
    return result;
  }

  async #delay(): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve, FEED_WATCH_TIMEOUT_MS + 1_000));
    this.delayedCalls -= 1;
  }
}

/** A new instance of an object is not there within the same millisecond. */
const RESTART_MS = 100;

function raise(message: string): never {
  throw new Error(message);
}
