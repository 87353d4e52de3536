/** Cached answers in KV: the bytes of the body, and metadata that decides if the answer is still fresh. */
import * as z from 'zod';
import { errorFields, log } from '../../observability/log.ts';
import { answerKey } from './keys.ts';

export interface KvAnswer {
  body: Uint8Array<ArrayBuffer>;
  etag: string;
  /** The time of execution, in Unix milliseconds. */
  executedAtMs: number;
  /** The generations of its policy's tags at that time, in the order of the tags. */
  generations: number[];
}

const metadataSchema = z.object({
  etag: z.string(),
  executedAtMs: z.number(),
  generations: z.array(z.number()),
});

/** Null if there is none or KV fails: the caller then executes the operation. */
export async function readAnswer(kv: KVNamespace, key: string): Promise<KvAnswer | null> {
  try {
    const { value, metadata } = await kv.getWithMetadata(answerKey(key), 'arrayBuffer');
    if (value === null) return null;
    const parsed = metadataSchema.safeParse(metadata);
    if (parsed.success) return { body: new Uint8Array(value), ...parsed.data };
    log.warn('kv.value_malformed', { key: answerKey(key) });
  } catch (error) {
    log.error('cache.kv_failed', errorFields(error));
  }
  return null;
}

/** One put. It never throws: a lost write costs another execution, not an answer. */
export async function writeAnswer(
  kv: KVNamespace,
  key: string,
  { body, ...metadata }: KvAnswer,
  expirationTtl: number,
): Promise<void> {
  try {
    await kv.put(answerKey(key), body, { expirationTtl, metadata });
  } catch (error) {
    log.warn('kv.write_failed', { key: answerKey(key), ...errorFields(error) });
  }
}

/** It never throws: an answer that stays is asked for again before it is served for long. */
export async function deleteAnswer(kv: KVNamespace, key: string): Promise<void> {
  try {
    await kv.delete(answerKey(key));
  } catch (error) {
    log.warn('kv.write_failed', { key: answerKey(key), ...errorFields(error) });
  }
}
