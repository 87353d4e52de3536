/**
 * Subscriptions of one hub that ask the same: an event is executed and serialised once for all of them, and each is sent
 * the same bytes behind its own id.
 *
 * Who was sent something is not sent the same again: what changed may be nothing that was selected.
 */
import { GraphQLError } from 'graphql';
import type { GatewayContext } from '../graphql/context.ts';
import type { PreparedRequest } from '../graphql/prepare-request.ts';
import type { OperationRequest } from '../operations/operation-request.ts';
import type { PriceChange } from './price-feed.ts';
import type { SocketSession, Subscription } from './socket-session.ts';
import { type createExecutePrepared, presented } from './subscription-execution.ts';

interface Group {
  sent: OperationRequest;
  symbols: ReadonlySet<string>;
  /** Null where the hub has slept since. */
  prepared: PreparedRequest | null;
  members: Map<Subscription, SocketSession>;
  /** By symbol, the result that all members were last sent, as JSON text; absent where they were not sent the same. */
  told: Map<string, string>;
}

export interface EventGroupsSources {
  prepare(sent: OperationRequest): Promise<PreparedRequest>;
  execute: ReturnType<typeof createExecutePrepared>;
}

/** Its operation may run no more; `payload` is the list of reasons, as JSON text. */
export interface EndedSubscription {
  subscription: Subscription;
  session: SocketSession;
  payload: string;
}

export class EventGroups {
  readonly #sources: EventGroupsSources;
  readonly #groups = new Map<string, Group>();

  constructor(sources: EventGroupsSources) {
    this.#sources = sources;
  }

  /** @param told by symbol, the result that it was sent, as JSON text. */
  join(
    session: SocketSession,
    subscription: Subscription,
    prepared: PreparedRequest | null,
    told: Map<string, string>,
  ): void {
    const key = groupKey(subscription);
    const group = this.#groups.get(key);
    if (group === undefined) {
      const sent = { ...subscription.sent, extensions: undefined, client: session.client };
      const members = new Map([[subscription, session]]);
      const symbols = new Set(subscription.symbols);
      this.#groups.set(key, { sent, symbols, prepared, members, told: new Map(told) });
      return;
    }
    group.members.set(subscription, session);
    for (const symbol of group.symbols) {
      if (group.told.get(symbol) !== told.get(symbol)) group.told.delete(symbol);
    }
  }

  part(subscription: Subscription): void {
    const key = groupKey(subscription);
    const group = this.#groups.get(key);
    group?.members.delete(subscription);
    if (group?.members.size === 0) this.#groups.delete(key);
  }

  /** Sends a change to whoever watches it. Rejects where it could not be, and must come again. */
  async send(change: PriceChange, context: GatewayContext): Promise<EndedSubscription[]> {
    const ended: EndedSubscription[] = [];
    for (const group of [...this.#groups.values()]) {
      if (group.symbols.has(change.record.symbol))
        ended.push(...(await this.#sendTo(group, change, context)));
    }
    return ended;
  }

  async #sendTo(group: Group, change: PriceChange, context: GatewayContext): Promise<EndedSubscription[]> {
    const isDue = ({ position }: Subscription) => position < change.position;
    if (![...group.members.keys()].some(isDue)) return [];
    try {
      group.prepared ??= await this.#sources.prepare(group.sent);
    } catch (error) {
      if (!(error instanceof GraphQLError)) throw error;
      const payload = JSON.stringify(presented([error], context.requestId));
      return [...group.members].map(([subscription, session]) => ({ subscription, session, payload }));
    }
    const { record, position } = change;
    const result = JSON.stringify(await this.#sources.execute(group.prepared, context, record));
    const isNews = group.told.get(record.symbol) !== result;
    group.told.set(record.symbol, result);
    const payload = withExtensions(result, { position: String(position) });
    // Whoever has gone while it was executed is no member any more.
    for (const [subscription, session] of group.members) {
      if (!isDue(subscription)) continue;
      subscription.position = position;
      if (isNews) session.on({ kind: 'result', id: subscription.id, payload });
    }
    return [];
  }
}

const groupKey = ({ sent, symbols }: Subscription) =>
  JSON.stringify([sent.documentIds, sent.document, sent.operationName, sent.variables, symbols]);

/** @param result the JSON text of an object that holds something, and no extensions. */
export function withExtensions(result: string, extensions: Record<string, unknown>): string {
  return `${result.slice(0, -1)},"extensions":${JSON.stringify(extensions)}}`;
}
