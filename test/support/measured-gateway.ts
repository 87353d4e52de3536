/** A gateway whose points of Analytics Engine and rows of counts a test reads. The client `ios` has the release `5.2.0`. */
import { env } from 'cloudflare:workers';
import { expect } from 'vitest';
import { USAGE_FLUSH_SECONDS } from '../../src/operations/usage.ts';
import { readFlushes } from '../../src/storage/d1/flushes.ts';
import { ADMIN_KEY, adminOf, sha256Of } from './admin.ts';
import { recordedPoints } from './recorded-requests.ts';
import { startServing } from './serving-bench.ts';

export const OF_IOS = 'query OfIos { projectCategories { name } }';
export const IOS = { 'graphql-client-name': 'ios', 'graphql-client-version': '5.2.0' };

export type MeasuredGateway = Awaited<ReturnType<typeof startMeasured>>;

export async function startMeasured() {
  const analytics = recordedPoints();
  const bindings = { ADMIN_KEY, OPERATIONS_MODE: 'id_only', ANALYTICS: analytics.dataset };
  const serving = await startServing({ vars: bindings });
  const { gateway } = serving;
  const operations = [{ id: await sha256Of(OF_IOS), document: OF_IOS }];
  expect((await adminOf(gateway).publish('ios', '5.2.0', operations)).status).toBe(200);
  // The overlay that the isolate keeps may be a minute old.
  await gateway.advance(61);
  await gateway.fetch('/health');

  const writeCounts = async () => {
    await gateway.advance(USAGE_FLUSH_SECONDS);
    await gateway.fetch('/health');
  };
  // What is counted later is all that the next rows have.
  await writeCounts();
  await env.DB.exec('DELETE FROM usage_flush');
  analytics.take();

  return {
    ...serving,
    analytics,
    /** Since the last time. */
    points: () => analytics.take().filter(({ name }) => name !== '/health'),
    /** The cells of all rows, when what was counted is written. */
    async cells() {
      await writeCounts();
      const flushes = await readFlushes(env.DB, 0, 100);
      expect(flushes.reduce((sum, { malformed }) => sum + malformed, 0)).toBe(0);
      return flushes
        .flatMap(({ requests }) => requests)
        .filter(({ operationId }) => operationId !== 'route:/health' && operationId !== 'job:background');
    },
  };
}
