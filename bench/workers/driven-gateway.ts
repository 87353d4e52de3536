/**
 * A gateway of any commit over bindings that a benchmark chooses. It needs nothing of the gateway but its entry.
 *
 * `DRIVEN=memory`: D1 and KV are asked once, and answer from memory from then on. The rate limiter refuses nobody.
 * `DRIVEN=one hub`: the Worker opens every socket at the same hub.
 */
import { rememberedD1, rememberedKv } from './remembered-storage.ts';

type DrivenEnv = Env & { DRIVEN: 'memory' | 'one hub' };

export function drivenGateway(
  gateway: Required<Pick<ExportedHandler<Env>, 'fetch'>>,
): ExportedHandler<DrivenEnv> {
  // The same object for every request: a gateway keeps what it builds by its Env.
  let driven: Env | undefined;
  return {
    fetch(request, env, ctx) {
      driven ??= env.DRIVEN === 'memory' ? overMemory(env) : overOneHub(env);
      return gateway.fetch(request, driven, ctx);
    },
  };
}

const overMemory = (env: Env): Env => ({
  ...env,
  DB: rememberedD1(env.DB),
  CACHE_KV: rememberedKv(env.CACHE_KV),
  PRICES_KV: rememberedKv(env.PRICES_KV),
  SESSIONS_KV: rememberedKv(env.SESSIONS_KV),
  RATE_LIMITER: { limit: async () => ({ success: true }) },
});

function overOneHub(env: Env): Env {
  const hubs = env.SUBSCRIPTION_HUBS;
  const one = {
    getByName: () => hubs.getByName('hub-0'),
    idFromName: () => hubs.idFromName('hub-0'),
    get: (id: DurableObjectId) => hubs.get(id),
  };
  return { ...env, SUBSCRIPTION_HUBS: one as unknown as typeof hubs };
}
