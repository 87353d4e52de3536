/** The silence of the rule about D1 itself, which D1 cannot be asked for. Times are Unix seconds. */
import { SILENCE_MAX_SECONDS } from '../../config.ts';
import { D1_SILENCE_KEY } from './keys.ts';

/** KV takes no shorter lifetime. */
const TTL_MIN_SECONDS = 60;

export async function silenceD1Failure(kv: KVNamespace, endsAt: number, nowSeconds: number): Promise<void> {
  const expirationTtl = Math.max(endsAt - nowSeconds, TTL_MIN_SECONDS);
  await kv.put(D1_SILENCE_KEY, String(endsAt), { expirationTtl });
}

export async function isD1FailureSilenced(kv: KVNamespace, nowSeconds: number): Promise<boolean> {
  const leftSeconds = Number(await kv.get(D1_SILENCE_KEY)) - nowSeconds;
  // A longer one was made before the clock was set back.
  return leftSeconds > 0 && leftSeconds <= SILENCE_MAX_SECONDS;
}
