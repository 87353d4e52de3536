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

/** As the dashboard does it: first in its phase. */
export function addRuleByHand(
  { zone }: PlatformApi,
  phase: string,
  rule: { id: string } & Record<string, unknown>,
) {
  const before = zone.rulesets.get(phase);
  const rules = before?.rules ?? [];
  const hand = {
    action: 'block',
    enabled: true,
    ref: rule.id,
    version: '1',
    last_updated: '2026-11-20T08:00:00Z',
  };
  zone.rulesets.set(phase, {
    id: 'f'.repeat(32),
    name: 'default',
    description: '',
    last_updated: '2026-11-20T08:00:00Z',
    ...before,
    version: String(Number(before?.version ?? 0) + 1),
    rules: [{ ...hand, ...rule }, ...rules],
  });
}
