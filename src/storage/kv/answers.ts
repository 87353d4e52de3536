/** Answers in KV: the body's bytes as they are sent, and beside them what decides whether they are still good. */
import * as z from 'zod';
import { errorFields, log } from '../../observability/log.ts';
import { answerKey } from './keys.ts';

export interface KvAnswer {
  body: Uint8Array<ArrayBuffer>;
  etag: string;
  /** When it was executed, in Unix milliseconds. */
  executedAtMs: number;
  /** What its policy's tags stood at then, in their order. */
  generations: number[];
}

const metadataSchema = z.object({
  etag: z.string(),
  executedAtMs: z.number(),
  generations: z.array(z.number()),
});

/** Null where there is none, or KV fails: an answer can be made anew. */
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

/** One put. A lost one costs executing it again elsewhere, not an answer. */
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
