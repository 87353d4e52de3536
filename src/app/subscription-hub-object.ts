/** A hub as the platform runs it, and its composition: the parts of the isolate that its operations use. */
import { DurableObject, tracing } from 'cloudflare:workers';
import { UNKNOWN_CLIENT } from '../auth/request-client.ts';
import { HUB_WATCHERS_TIMEOUT_MS } from '../config.ts';
import type { OperationRegistry } from '../operations/registered-operation.ts';
import { type EventValue, feedOf, type SourceName } from '../realtime/feeds.ts';
import { watchersIn } from '../realtime/socket-attachment.ts';
import { Hub } from '../realtime/subscription-hub.ts';
import type { TopicChange } from '../realtime/topic-log.ts';
import { ABNORMAL_CLOSURE } from '../realtime/transport-messages.ts';
import { createWatchOf } from '../realtime/watch.ts';
import { answerWithin } from '../storage/answer-within.ts';
import type { Isolate } from './isolate.ts';
import { nowMs, randomId, sleep } from './runtime.ts';

/** An active hub reports its state this often; the isolate's next row has it. */
const HUB_NOTED_MS = 10_000;

/** RFC 6455, section 7.4: a close may send these codes back; others cannot be sent. */
const isSendable = (code: number) => code === 1000 || (code >= 3000 && code <= 4999);

const hubOf = ({ SUBSCRIPTION_HUBS }: Env, hubId: string) =>
  SUBSCRIPTION_HUBS.get(SUBSCRIPTION_HUBS.idFromString(hubId));

/**
 * Publishes a source's changes to a hub by its id. `lostUpTo` is the position up to which changes were evicted before the
 * hub had taken them; it is left out if none were.
 */
export const hubPublisher =
  (env: Env, source: SourceName) =>
  async (hubId: string, changes: readonly TopicChange<EventValue>[], lostUpTo = 0): Promise<void> => {
    await hubOf(env, hubId).publish(source, [...changes], lostUpTo);
  };

/** The number of a hub's subscriptions to a source. Rejects if the hub does not answer in time. */
export const hubWatchers = (env: Env, source: SourceName) => (hubId: string) =>
  answerWithin(HUB_WATCHERS_TIMEOUT_MS, 'hub', () => hubOf(env, hubId).watchers(source));

export function createSubscriptionHubObject(requireIsolate: (env: Env) => Isolate) {
  return class SubscriptionHub extends DurableObject<Env> {
    #restored: Hub | null = null;

    /** Restored when something happens at a socket or a source: that somebody counts sockets is no reason. */
    get #hub(): Hub {
      this.#restored ??= createHub(this.ctx, requireIsolate(this.env));
      return this.#restored;
    }

    override fetch(request: Request): Promise<Response> {
      return this.#hub.open(request);
    }

    override webSocketMessage(socket: WebSocket, data: string | ArrayBuffer): Promise<void> {
      return this.#hub.message(socket, data);
    }

    override webSocketClose(socket: WebSocket, code: number, reason: string): Promise<void> {
      // A client waits for the answer to its close: Node's own for 20 s under `npm start`.
      if (isSendable(code)) socket.close(code, reason);
      else socket.close();
      return this.#hub.closed(socket, code);
    }

    override webSocketError(socket: WebSocket): Promise<void> {
      return this.#hub.closed(socket, ABNORMAL_CLOSURE);
    }

    override alarm(): Promise<void> {
      return this.#hub.alarm();
    }

    publish(source: string, changes: TopicChange<EventValue>[], lostUpTo?: number): Promise<void> {
      return this.#hub.publish(source, changes, lostUpTo);
    }

    watchers(source: string): number {
      return watchersIn(this.ctx.getWebSockets(), source);
    }

    endSessions(sessionIds: string[]): Promise<void> {
      return this.#hub.endSessions(sessionIds);
    }
  };
}

function createHub(state: DurableObjectState, isolate: Isolate): Hub {
  const { env, config, schema, registry, serving, usage, requests, generations } = isolate;
  const { createContext, viewerOf, viewersOf } = isolate;
  const waitUntil = (promise: Promise<unknown>) => state.waitUntil(promise);
  /** Subscriptions outlive a flood of unknown ids: a look-up beyond its budget is tried again and ends none of them. */
  const patientRegistry: OperationRegistry = {
    known: (id, atMs) => registry.known(id, atMs),
    find: (id, options) => registry.findAgain(id, options),
    findForm: (id) => registry.findFormAgain(id),
  };
  const hubId = state.id.toString();
  let notedAtMs = Number.NEGATIVE_INFINITY;
  return new Hub({
    state,
    watchOf: createWatchOf(schema, config.OPERATIONS_MODE),
    feedFor: (name) => {
      const { feed, source } = feedOf(name);
      return {
        watch: (call) => feed.watch(env, { ...call, hubId, source }),
        refreshed: async (topics) => (await feed.refreshed?.(env, topics)) ?? null,
      };
    },
    prepare: (sent) => serving.prepare(sent),
    prepareAgain: async (sent) => {
      const preparation = await serving.prepare(sent, { registry: patientRegistry });
      serving.countRefusals(preparation);
      if (!preparation.ok) throw preparation.error;
      return preparation.prepared;
    },
    steering: () => registry.steering(),
    sharedAnswer: (prepared, { requestId, onFault, onErrors }) =>
      serving.sharedText(prepared, {
        waitUntil,
        createPublicContext: () =>
          createContext({ requestId, onFault, onErrors, client: UNKNOWN_CLIENT, viewer: null, waitUntil }),
      }),
    isPrivate: ({ document, operation }) => serving.policyOf(document, operation).scope === 'private',
    execute: (prepared, context, event) => serving.execute(prepared, context, event),
    count: (preparation) => {
      serving.countRefusals(preparation);
      serving.countUse(preparation);
    },
    recorder: requests,
    keepUp: (stateOf) => {
      const atMs = nowMs();
      // A clock may be set back.
      if (Math.abs(atMs - notedAtMs) >= HUB_NOTED_MS) {
        notedAtMs = atMs;
        requests.live.noteHub(hubId, stateOf());
      }
      if (usage.isDue(atMs)) waitUntil(usage.flushWhenDue());
      if (generations.claimRenewal(atMs)) waitUntil(generations.renew(atMs));
    },
    viewerOf,
    viewersOf,
    createContext: ({ requestId, onFault, onErrors, client }, viewer, events) =>
      createContext({
        requestId,
        onFault,
        onErrors,
        client,
        viewer,
        waitUntil,
        ...(events ? { events } : {}),
      }),
    tracing,
    randomId,
    nowMs,
    sleep,
  });
}
