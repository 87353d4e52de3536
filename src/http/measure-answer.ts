/** Metrics of a request that its answer shows. */
import { CACHE_RESULTS, type CacheResult } from '../observability/request-metrics.ts';
import { Answer } from './answer.ts';

const utf8 = new TextEncoder();

/** By `X-Cache`; `bypass` if no cache took part. */
export function cacheResultOf({ headers }: Response | Answer): CacheResult {
  const sent = headers instanceof Headers ? headers.get('X-Cache') : headers['X-Cache'];
  const outcome = sent?.toLowerCase();
  return CACHE_RESULTS.find((result) => result === outcome) ?? 'bypass';
}

/** The length of the body; 0 of a stream whose length no header names. */
export function bodyBytesOf(answer: Response | Answer): number {
  if (!(answer instanceof Answer)) return Number(answer.headers.get('Content-Length') ?? 0);
  const { body } = answer;
  return typeof body === 'string' ? utf8.encode(body).byteLength : (body?.byteLength ?? 0);
}
