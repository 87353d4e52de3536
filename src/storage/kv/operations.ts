/** Copies for the registry in KV: registered operations and their forms, and the overlay with their states. */
import type * as z from 'zod';
import { errorFields, log } from '../../observability/log.ts';
import { readJsonValues } from './json-values.ts';
import { OPERATION_LIVENESS_KEY, operationKey } from './keys.ts';

/** @param key `operationKey` or `operationFormKey`. Null if there is no copy. Throws if KV fails. */
export async function readOperationCopy<Value>(
  kv: KVNamespace,
  key: string,
  schema: z.ZodType<Value>,
): Promise<Value | null> {
  return (await readJsonValues(kv, [key], schema)).get(key) ?? null;
}

/** Never throws: a lost copy costs a read of D1, not an answer. */
export async function writeOperationCopy(kv: KVNamespace, key: string, json: string): Promise<void> {
  try {
    await kv.put(key, json);
  } catch (error) {
    log.warn('operations.copy_failed', { key, ...errorFields(error) });
  }
}

/** Those of the ids that KV has no sound copy of. None while KV fails: nothing could be written either. */
export async function idsWithoutCopy(
  kv: KVNamespace,
  ids: readonly string[],
  schema: z.ZodType,
): Promise<Set<string>> {
  try {
    const copies = await readJsonValues(kv, ids.map(operationKey), schema);
    return new Set(ids.filter((id) => !copies.has(operationKey(id))));
  } catch (error) {
    log.warn('operations.copies_unreadable', errorFields(error));
    return new Set();
  }
}

/** Null if nothing was published yet. Throws if KV fails. */
export async function readLivenessOverlay<Value>(
  kv: KVNamespace,
  schema: z.ZodType<Value>,
): Promise<Value | null> {
  const values = await readJsonValues(kv, [OPERATION_LIVENESS_KEY], schema);
  return values.get(OPERATION_LIVENESS_KEY) ?? null;
}

export async function writeLivenessOverlay(kv: KVNamespace, overlay: object): Promise<void> {
  await kv.put(OPERATION_LIVENESS_KEY, JSON.stringify(overlay));
}
