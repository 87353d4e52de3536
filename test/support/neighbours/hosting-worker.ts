/**
 * Has the Durable Objects of both versions. Each class runs the code of one of them, and a test changes which: objects that
 * run are then reset, as the platform resets them when a deployment brings them new code. Their sockets break, and their
 * storage stays.
 */
import { DurableObject } from 'cloudflare:workers';
import { CONTROL_PATH, type Hosted, OBJECT_CLASSES, type ObjectClass, type Version } from './hosted.ts';
import { moveClock } from './moved-clock.ts';
import * as newer from './newer.bundle.js';
import * as older from './older.bundle.js';

const BUNDLES = { older, newer };

const hosted = Object.fromEntries(OBJECT_CLASSES.map((name) => [name, 'older'])) as Hosted;
/** By class, the ids of those that have run. */
const started = new Map<ObjectClass, Set<string>>();

function hostedClass(name: ObjectClass) {
  const runs = { older: replaceable(name, 'older'), newer: replaceable(name, 'newer') };
  return class extends DurableObject<Env> {
    constructor(state: DurableObjectState, env: Env) {
      super(state, env);
      const ids = started.get(name) ?? new Set();
      started.set(name, ids.add(state.id.toString()));
      // biome-ignore lint/correctness/noConstructorReturn: the object is one of the version that its class has now.
      return new runs[hosted[name]](state, env);
    }
  };
}

function replaceable(name: ObjectClass, version: Version) {
  // The older version may not have a class that is new.
  return class extends (BUNDLES[version][name] ?? BUNDLES.newer[name]) {
    resetForNewCode(): void {
      this.ctx.abort('Durable Object reset because its code was updated.');
    }

    async runAlarm(): Promise<void> {
      await this.ctx.storage.deleteAlarm();
      await this.alarm?.();
    }

    codeVersion(): Version {
      return version;
    }
  };
}

type Replaceable = InstanceType<ReturnType<typeof replaceable>>;

export const PriceFeed = hostedClass('PriceFeed');
export const SaleFeed = hostedClass('SaleFeed');
export const SubscriptionHub = hostedClass('SubscriptionHub');
export const Attempts = hostedClass('Attempts');
export const PoolLedger = hostedClass('PoolLedger');
export const RealtimeChat = hostedClass('RealtimeChat');

const BINDINGS = {
  PriceFeed: 'PRICE_FEED',
  SaleFeed: 'SALE_FEED',
  SubscriptionHub: 'SUBSCRIPTION_HUBS',
  Attempts: 'ATTEMPTS',
  PoolLedger: 'IDO_MANAGER',
  RealtimeChat: 'REALTIME_CHAT',
} as const satisfies Record<ObjectClass, keyof Env>;

function objectsOf(env: Env, name: ObjectClass) {
  const namespace = env[BINDINGS[name]] as unknown as DurableObjectNamespace<Replaceable>;
  return [...(started.get(name) ?? [])].map((id) => namespace.get(namespace.idFromString(id)));
}

async function host(env: Env, wanted: Partial<Hosted>): Promise<Response> {
  for (const name of OBJECT_CLASSES) {
    const version = wanted[name] ?? hosted[name];
    if (version === hosted[name]) continue;
    hosted[name] = version;
    // The call ends with the object.
    await Promise.allSettled(objectsOf(env, name).map((object) => object.resetForNewCode()));
    for (const object of objectsOf(env, name)) {
      const running = await object.codeVersion();
      if (running !== version) return new Response(`${name} still runs the ${running} code`, { status: 500 });
    }
  }
  return new Response(null, { status: 204 });
}

async function runAlarms(env: Env, name: ObjectClass): Promise<Response> {
  await Promise.all(objectsOf(env, name).map((object) => object.runAlarm()));
  return new Response(null, { status: 204 });
}

export default {
  async fetch(request, env) {
    const url = new URL(request.url);
    const moved = await moveClock(request);
    if (moved !== null) return moved;
    if (url.pathname === CONTROL_PATH.host) return host(env, await request.json());
    if (url.pathname === CONTROL_PATH.alarms) return runAlarms(env, await request.json());
    return new Response(null, { status: 404 });
  },
} satisfies ExportedHandler<Env>;
