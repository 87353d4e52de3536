/** JSON values in KV: many in one read, parsed at the boundary. A value that does not parse counts as absent. */
import type * as z from 'zod';
import { KV_BULK_GET_MAX_KEYS, KV_KEY_MAX_BYTES } from '../../config.ts';
import { errorFields, log } from '../../observability/log.ts';
import { parseJson } from '../parse-json.ts';

/** KV refuses the whole read for one key that is too long, so such keys are neither read nor written. */
const isValidKey = (key: string) => new TextEncoder().encode(key).byteLength <= KV_KEY_MAX_BYTES;

/** One KV call for every 100 keys. */
export async function readJsonValues<Value>(
  kv: KVNamespace,
  keys: readonly string[],
  schema: z.ZodType<Value>,
): Promise<Map<string, Value>> {
  const chunks: string[][] = [];
  const validKeys = keys.filter(isValidKey);
  for (let start = 0; start < validKeys.length; start += KV_BULK_GET_MAX_KEYS) {
    chunks.push(validKeys.slice(start, start + KV_BULK_GET_MAX_KEYS));
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

/** Never throws: a lost write costs a fetch, not an answer. */
export async function writeJsonValue(
  kv: KVNamespace,
  key: string,
  value: unknown,
  expirationTtl: number,
): Promise<void> {
  if (!isValidKey(key)) return;
  try {
    await kv.put(key, JSON.stringify(value), { expirationTtl });
  } catch (error) {
    log.warn('kv.write_failed', { key, ...errorFields(error) });
  }
}
