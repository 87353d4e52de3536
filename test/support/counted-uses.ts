/** What readers see of the counts of uses and refusals, added up or not. */
import { env } from 'cloudflare:workers';
import manifest from '../../operations/manifest.json' with { type: 'json' };
import { EMPTY_COUNTS } from '../../src/storage/d1/flushes.ts';
import { readRefusals, readUsage } from '../../src/storage/d1/operation-usage.ts';

/** The id of an operation that the build carries. */
export const TRENDING = manifest.operations.find(({ name }) => name === 'Trending')?.id ?? '';

export const usesSeen = (sinceDay = 0) => readUsage(env.DB, { client: null, operationId: null, sinceDay });
export const refusalsSeen = () => readRefusals(env.DB, 0);
export const total = (rows: Record<string, unknown>[]) =>
  rows.reduce((sum, { count }) => sum + Number(count), 0);

/** Flushes that are not added up. */
export const pendingFlushes = () =>
  env.DB.prepare('SELECT count(*) AS n FROM usage_flush WHERE counts <> ?1').bind(EMPTY_COUNTS).first('n');
