/**
 * A gateway of any commit over bindings that a benchmark chooses. It needs nothing of the gateway but its entry.
 *
 * `DRIVEN=storage`: D1 and KV are workerd's.
 * `DRIVEN=memory`: D1 and KV are asked once, and answer from memory from then on.
 * `DRIVEN=one hub`: the Worker opens every socket at the same hub.
 *
 * The rate limiter refuses nobody, and answers within the isolate. In workerd it would be a Worker of its own, whose CPU
 * would count for a gateway that asks one; the platform's is a part of the runtime.
 */
import { rememberedD1, rememberedKv } from './remembered-storage.ts';

type DrivenEnv = Env & { DRIVEN: 'storage' | 'memory' | 'one hub' };

export function drivenGateway(
  gateway: Required<Pick<ExportedHandler<Env>, 'fetch' | 'scheduled'>>,
): ExportedHandler<DrivenEnv> {
  // The same object for every request: a gateway keeps what it builds by its Env.
  let known: Env | undefined;
  const driven = (env: DrivenEnv): Env => {
    known ??= { ...env, ...drivenBindings(env), RATE_LIMITER: { limit: async () => ({ success: true }) } };
    return known;
  };
  return {
    fetch: (request, env, ctx) => gateway.fetch(request, driven(env), ctx),
    scheduled: (controller, env, ctx) => gateway.scheduled(controller, driven(env), ctx),
  };
}

function drivenBindings(env: DrivenEnv): Partial<Env> {
  switch (env.DRIVEN) {
    case 'storage':
      return {};
    case 'memory':
      return inMemory(env);
    case 'one hub':
      return oneHub(env);
  }
}

const inMemory = (env: Env): Partial<Env> => ({
  DB: rememberedD1(env.DB),
  CACHE_KV: rememberedKv(env.CACHE_KV),
  PRICES_KV: rememberedKv(env.PRICES_KV),
  SESSIONS_KV: rememberedKv(env.SESSIONS_KV),
});

function oneHub(env: Env): Partial<Env> {
  const hubs = env.SUBSCRIPTION_HUBS;
  const one = {
    getByName: () => hubs.getByName('hub-0'),
    idFromName: () => hubs.idFromName('hub-0'),
    get: (id: DurableObjectId) => hubs.get(id),
  };
  return { SUBSCRIPTION_HUBS: one as unknown as typeof hubs };
}
