/**
 * The context of one execution: the services that resolvers use, each made when a resolver first asks for it.
 *
 * A new service is its own file and one line in `SERVICES`. Nothing in a context outlives its request.
 */
import { GraphQLError } from 'graphql';
import { createAccountActions } from '../auth/actions/account-actions.ts';
import type { ActionSources } from '../auth/actions/action.ts';
import type { Attempts } from '../auth/attempts.ts';
import { RateLimits } from '../auth/rate-limits.ts';
import { rightsOf } from '../auth/user-rights.ts';
import type { GenerationsMemory } from '../cache/freshness.ts';
import type { ChatSources } from '../chat/actions/chat-action.ts';
import { createChatActions } from '../chat/actions/chat-actions.ts';
import { createRoomReader } from '../chat/room-reader.ts';
import type { FileSources } from '../files/actions/file-action.ts';
import { createFileActions } from '../files/actions/file-actions.ts';
import { fileUrl } from '../files/file-url.ts';
import type { InvestingSources } from '../investing/actions/investing-action.ts';
import { createInvestingActions } from '../investing/actions/investing-actions.ts';
import { createPoolViewerStates } from '../investing/pool-viewer-states.ts';
import { createPortfolios } from '../investing/portfolios.ts';
import { createTransactions } from '../investing/transactions.ts';
import { type ClosesMemory, createCandleLoader } from '../loaders/candles.ts';
import { createIdoPoolLoader } from '../loaders/ido-pools.ts';
import { createInvestmentLoader } from '../loaders/investments.ts';
import { createPriceLoader, type PriceSources } from '../loaders/prices.ts';
import { createProjectFileLoader } from '../loaders/project-files.ts';
import {
  createProjectDetailLoader,
  createProjectLoader,
  type ProjectDetailSources,
} from '../loaders/projects.ts';
import { createUserLoader } from '../loaders/users.ts';
import type { EventSources, FaultListener, GatewayContext, SentRequest, Viewer } from './context.ts';

/** The parts of an isolate that services use. */
export interface ContextSources {
  accounts: ActionSources<Viewer>;
  investing: InvestingSources;
  files: FileSources;
  chat: ChatSources;
  attempts: Attempts;
  db: D1Database;
  pricesKv: KVNamespace;
  generations: GenerationsMemory;
  priceSnapshot: PriceSources['memory'];
  onDemandPrices: PriceSources['onDemand'];
  closes: ClosesMemory;
  publicOrigin: string;
  fetchDetail: ProjectDetailSources['fetchDetail'];
}

export interface OwnOfRequest extends SentRequest {
  viewer: Viewer | null;
  waitUntil(promise: Promise<unknown>): void;
  /** Left out if the answer is one response. */
  events?: EventSources;
}

/** The request as services see it. */
interface Asking extends OwnOfRequest {
  nowMs: number;
  nowSeconds: number;
}

const SERVICES = {
  projects: ({ db }: ContextSources) => createProjectLoader(db),
  projectDetails: ({ db, fetchDetail }: ContextSources, { nowSeconds, waitUntil }: Asking) =>
    createProjectDetailLoader({ db, fetchDetail, nowSeconds, waitUntil }),
  projectFiles: ({ db }: ContextSources) => createProjectFileLoader(db),
  prices: ({ pricesKv, priceSnapshot, onDemandPrices }: ContextSources, { nowMs, waitUntil }: Asking) =>
    createPriceLoader({ kv: pricesKv, memory: priceSnapshot, onDemand: onDemandPrices, nowMs, waitUntil }),
  candles: ({ db, closes, generations }: ContextSources, { nowMs }: Asking) => {
    const known = generations.recent(nowMs);
    return createCandleLoader({
      db,
      nowMs,
      closesMemory: closes,
      candlesGeneration: known && (known.candles ?? 0),
    });
  },
  idoPools: ({ db }: ContextSources, { nowSeconds }: Asking) => createIdoPoolLoader(db, nowSeconds),
  poolViewerStates: ({ db }: ContextSources, { viewer, nowSeconds }: Asking) =>
    createPoolViewerStates(db, viewer && { id: viewer.id, rights: viewer }, nowSeconds),
  portfolios: ({ db }: ContextSources) => createPortfolios(db),
  transactions: ({ db }: ContextSources) => createTransactions(db),
  accounts: ({ accounts, attempts }: ContextSources, asking: Asking, context: RequestContext) =>
    createAccountActions(accounts, {
      ...asking,
      limits: new RateLimits(attempts, asking.client.network),
      proved: (userId) => context.prove(userId),
    }),
  investing: ({ investing, attempts }: ContextSources, { viewer, client, requestId }: Asking) =>
    createInvestingActions(investing, {
      viewerId: viewer?.id ?? null,
      client,
      requestId,
      limits: new RateLimits(attempts, client.network),
    }),
  files: ({ files, attempts }: ContextSources, asking: Asking) =>
    createFileActions(files, { ...asking, limits: new RateLimits(attempts, asking.client.network) }),
  chat: ({ chat, attempts }: ContextSources, { viewer, client, nowSeconds }: Asking) =>
    createChatActions(chat, { viewer, nowSeconds, limits: new RateLimits(attempts, client.network) }),
  chatRooms: ({ chat }: ContextSources, asking: Asking) => createRoomReader(chat, asking),
  users: ({ db }: ContextSources) => createUserLoader(db, rightsOf),
  investments: ({ db }: ContextSources, { viewer }: Asking) => createInvestmentLoader(db, viewer?.id ?? null),
};

type Services = typeof SERVICES;
export type ContextServices = { readonly [Name in keyof Services]: ReturnType<Services[Name]> };

function oneResponse(): never {
  throw new GraphQLError(
    'Subscriptions are sent over a WebSocket, subprotocol graphql-transport-ws, or to clients that accept text/event-stream.',
    { extensions: { code: 'BAD_USER_INPUT' } },
  );
}

/** Whatever a feed adds to them, there are no events in one response. */
const NO_EVENTS = new Proxy({} as EventSources, { get: () => oneResponse });

class RequestContext {
  readonly requestId: string;
  readonly onFault: FaultListener['onFault'];
  readonly onErrors: FaultListener['onErrors'];
  readonly nowSeconds: number;
  readonly viewer: Viewer | null;
  readonly events: EventSources;
  readonly sources: ContextSources;
  readonly asking: Asking;
  readonly made: Partial<Record<string, unknown>> = {};
  #provedUserIds: string[] | null = null;

  constructor(sources: ContextSources, own: OwnOfRequest, nowMs: number) {
    this.requestId = own.requestId;
    this.onFault = own.onFault;
    this.onErrors = own.onErrors;
    this.nowSeconds = Math.floor(nowMs / 1000);
    this.viewer = own.viewer;
    this.events = own.events ?? NO_EVENTS;
    this.sources = sources;
    this.asking = { ...own, nowMs, nowSeconds: this.nowSeconds };
  }

  fileUrl(key: string): string {
    return fileUrl(this.sources.publicOrigin, key);
  }

  isSelf(userId: string): boolean {
    return this.viewer?.id === userId || this.#provedUserIds?.includes(userId) === true;
  }

  /** From here on the request may read this user's own data. */
  prove(userId: string): void {
    this.#provedUserIds ??= [];
    this.#provedUserIds.push(userId);
  }
}

type CreateService = (sources: ContextSources, asking: Asking, context: RequestContext) => unknown;

for (const [name, create] of Object.entries<CreateService>(SERVICES)) {
  Object.defineProperty(RequestContext.prototype, name, {
    get(this: RequestContext) {
      this.made[name] ??= create(this.sources, this.asking, this);
      return this.made[name];
    },
  });
}

export function createRequestContext(
  sources: ContextSources,
  own: OwnOfRequest,
  nowMs: number,
): GatewayContext {
  return new RequestContext(sources, own, nowMs) as RequestContext & ContextServices;
}
