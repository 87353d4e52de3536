/**
 * The gateway with its own Durable Objects, and what a benchmark needs to drive and count them: `/hub/<name>` opens a
 * socket at one hub, `POST /event` has the feed poll at once, `/counts` tells what it all came to,
 * `/alarms?hubs=` who would still wake up. Everything else is the gateway's own.
 */
import { executionCounts } from '../../src/execution/execute.ts';
import gateway, * as durableObjects from '../../src/index.ts';
import { countCalls, countRows, objectCounts } from './counted.ts';

// Classes of the same name below take the place of the gateway's own.
export * from '../../src/index.ts';

countCalls('PriceFeed', durableObjects.PriceFeed.prototype);
countCalls('SaleFeed', durableObjects.SaleFeed.prototype);
countCalls('SubscriptionHub', durableObjects.SubscriptionHub.prototype);

interface BenchEnv extends Omit<Env, 'PRICE_FEED' | 'SUBSCRIPTION_HUBS'> {
  PRICE_FEED: DurableObjectNamespace<PriceFeed>;
  SUBSCRIPTION_HUBS: DurableObjectNamespace<SubscriptionHub>;
  /** `by hand`: the feed's own alarms do nothing, so that nothing happens but what is asked for. */
  POLLS: 'by hand' | 'by alarm';
}

export class PriceFeed extends durableObjects.PriceFeed {
  readonly #isByHand: boolean;

  constructor(state: DurableObjectState, env: Env) {
    countRows('PriceFeed', state.storage);
    super(state, env);
    this.#isByHand = (env as unknown as BenchEnv).POLLS === 'by hand';
  }

  override async alarm(): Promise<void> {
    if (!this.#isByHand) await super.alarm();
  }

  pollNow(): Promise<void> {
    return super.alarm();
  }

  alarmAtMs(): Promise<number | null> {
    return this.ctx.storage.getAlarm();
  }
}

export class SaleFeed extends durableObjects.SaleFeed {
  constructor(state: DurableObjectState, env: Env) {
    countRows('SaleFeed', state.storage);
    super(state, env);
  }
}

export class SubscriptionHub extends durableObjects.SubscriptionHub {
  constructor(state: DurableObjectState, env: Env) {
    countRows('SubscriptionHub', state.storage);
    super(state, env);
  }

  alarmAtMs(): Promise<number | null> {
    return this.ctx.storage.getAlarm();
  }
}

const feedOf = ({ PRICE_FEED }: BenchEnv) => PRICE_FEED.getByName('prices');
let requests = 0;

export default {
  async fetch(request, env, ctx) {
    const { pathname, searchParams } = new URL(request.url);
    const [, route, name] = pathname.split('/');
    switch (route) {
      case 'hub':
        return env.SUBSCRIPTION_HUBS.getByName(name ?? '').fetch(request);
      case 'event':
        await feedOf(env).pollNow();
        return new Response(null, { status: 204 });
      case 'counts':
        return Response.json({ requests, executions: executionCounts(), ...objectCounts() });
      case 'alarms': {
        const hubs = (searchParams.get('hubs') ?? '')
          .split(',')
          .map((hub) => env.SUBSCRIPTION_HUBS.getByName(hub));
        const alarms = await Promise.all([feedOf(env), ...hubs].map((stub) => stub.alarmAtMs()));
        return Response.json(alarms);
      }
      default:
        requests += 1;
        return gateway.fetch(request, env as unknown as Env, ctx);
    }
  },
} satisfies ExportedHandler<BenchEnv>;
