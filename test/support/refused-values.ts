/** Upstream values that the schema cannot carry: sending them, and reading how they are reported. */
import { env } from 'cloudflare:workers';
import { expect } from 'vitest';
import type { Serving } from './serving-bench.ts';

export type Fields = Record<string, unknown>;

export const globalId = (type: string, id: string) => btoa(`${type}:${id}`).replace(/=+$/, '');
export const MILLISECONDS = 1_700_000_000_000;
export const LONG = 'x'.repeat(20_001);

/** The values that the log names as refused, as `id: reason`. */
export const refusedValues = (serving: Serving) =>
  serving
    .complaints()
    .filter(({ event }) => event === 'sync.values_refused')
    .flatMap(({ values }) => JSON.parse(String(values)) as { id: string; reason: string }[])
    .map(({ id, reason }) => `${id}: ${reason}`);

export async function lastRun(job: string): Promise<Fields> {
  const sql = 'SELECT * FROM sync_run WHERE job = ?1 ORDER BY started_at DESC LIMIT 1';
  return (await env.DB.prepare(sql).bind(job).first<Fields>()) ?? {};
}

/** Patches a record, syncs its list, and gives the record before and after as the API shows it. */
export async function shownAfter(
  serving: Serving,
  cron: string,
  patch: () => Promise<void>,
  query: string,
): Promise<{ before: Fields; after: Fields }> {
  const ask = async () => {
    const { data, errors } = await serving.gateway.query<{ node: Fields }>(query);
    expect(errors).toBeUndefined();
    return data.node;
  };
  const before = await ask();
  await serving.gateway.advance(900);
  await patch();
  serving.complaints();
  await serving.gateway.scheduled(cron);
  return { before, after: await ask() };
}
