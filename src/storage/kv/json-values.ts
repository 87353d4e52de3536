/** JSON values in KV: read many at once, parsed at the boundary; what does not parse counts as absent. */
import type * as z from 'zod';
import { KV_BULK_GET_MAX_KEYS, KV_KEY_MAX_BYTES } from '../../config.ts';
import { errorFields, log } from '../../observability/log.ts';

/** A key that KV refuses would fail the whole read: nothing is ever kept under it. */
const isKeepable = (key: string) => new TextEncoder().encode(key).byteLength <= KV_KEY_MAX_BYTES;

/** One KV call for every 100 keys. */
export async function readJsonValues<Value>(
  kv: KVNamespace,
  keys: readonly string[],
  schema: z.ZodType<Value>,
): Promise<Map<string, Value>> {
  const chunks: string[][] = [];
  const keepable = keys.filter(isKeepable);
  for (let start = 0; start < keepable.length; start += KV_BULK_GET_MAX_KEYS) {
    chunks.push(keepable.slice(start, start + KV_BULK_GET_MAX_KEYS));
  }
  const answers = await Promise.all(chunks.map((chunk) => kv.get(chunk, 'text')));
  const values = new Map<string, Value>();
  for (const [key, text] of answers.flatMap((answer) => [...answer])) {
    if (text === null) continue;
    const value = parseJson(text, schema);
    if (value === undefined) log.warn('kv.value_malformed', { key });
    else values.set(key, value);
  }
  return values;
}

function parseJson<Value>(text: string, schema: z.ZodType<Value>): Value | undefined {
  try {
    const parsed = schema.safeParse(JSON.parse(text));
    return parsed.success ? parsed.data : undefined;
  } catch {
    // Not JSON: the caller reports it as malformed.
    return undefined;
  }
}

/** A write that nothing waits for: a lost one costs a fetch, not an answer. */
export async function writeJsonValue(
  kv: KVNamespace,
  key: string,
  value: unknown,
  expirationTtl: number,
): Promise<void> {
  if (!isKeepable(key)) return;
  try {
    await kv.put(key, JSON.stringify(value), { expirationTtl });
  } catch (error) {
    log.warn('kv.write_failed', { key, ...errorFields(error) });
  }
}
