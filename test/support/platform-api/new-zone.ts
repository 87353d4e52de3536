import type { TestContext } from 'node:test';
import { DESIRED_ZONE } from '../../../zone/zone.ts';
import { type PlatformApi, startPlatformApi } from './server.ts';

/** A zone with the name and the bucket of zone/, in which nobody has changed anything. It is gone after the test. */
export async function newZone(
  t: TestContext,
  plan: PlatformApi['zone']['plan'] = 'free',
): Promise<PlatformApi> {
  const api = await startPlatformApi({ zoneName: DESIRED_ZONE.name });
  t.after(() => api.close());
  api.zone.plan = plan;
  for (const { bucket } of DESIRED_ZONE.bucketDomains) api.buckets.create(bucket);
  return api;
}
