import { afterAll, beforeAll, beforeEach } from 'vitest';
import type { RollbackSources } from '../../../scripts/rollback/rollback.ts';
import { type PlatformApi, startPlatformApi } from '../platform-api/server.ts';
import { type StandInGateway, startStandInGateway } from '../stand-in-gateway.ts';
import { prepareDeployment } from './prepared-deployment.ts';
import { provideWorker, recordDeployment, recordsOf, rollBackOf, rolledBackBy } from './rolled-back.ts';

type RollbackWorld = ReturnType<typeof threeVersions>;

/** For each test a Worker of which three versions had all traffic one after the other. Wrangler is a stand-in. */
export function useRollbacks(): Readonly<RollbackWorld> {
  const world = {} as RollbackWorld;
  let api: PlatformApi;
  let gateway: StandInGateway;
  beforeAll(async () => {
    [api, gateway] = await Promise.all([startPlatformApi(), startStandInGateway('any')]);
  });
  afterAll(() => Promise.all([api.close(), gateway.close()]));
  beforeEach(() => {
    gateway.asked = [];
    gateway.answer = ({ path }) =>
      path === '/admin/caches/purge' ? { status: 200, body: { purge: 'purged' } } : undefined;
    Object.assign(world, threeVersions(api, gateway));
  });
  return world;
}

function threeVersions(api: PlatformApi, gateway: StandInGateway) {
  const adminKey = 'an-admin-key-for-tests-of-32-chars';
  const prepared = prepareDeployment(api, { origin: gateway.url, adminKey });
  const versions = provideWorker(api, prepared.deployment.target.workerName);
  const [oldest, older, newer] = [versions.upload(), versions.upload(), versions.upload()] as const;
  for (const version of [oldest, older, newer]) versions.serve({ [version]: 100 });
  const wranglerRuns: (readonly string[])[] = [];
  const wrangler: RollbackSources['wrangler'] = (args) => {
    wranglerRuns.push(args);
    return rolledBackBy(versions, args);
  };
  return {
    ...{ api, gateway, prepared, versions, oldest, older, newer, wranglerRuns },
    run: (changes: Partial<RollbackSources> = {}) => rollBackOf(prepared, { wrangler, ...changes }),
    records: () => recordsOf(prepared),
    /** Gives each version its record. */
    recorded(): void {
      recordDeployment(prepared, { before: null, now: oldest, kind: 'first', at: 1 });
      recordDeployment(prepared, { before: oldest, now: older, at: 2 });
      recordDeployment(prepared, { before: older, now: newer, at: 3 });
    },
    /** Opens a deployment at 10 %. @param runId of the run that works on it */
    openAt10(runId?: string): void {
      versions.serve({ [older]: 90, [newer]: 10 });
      recordDeployment(prepared, {
        ...{ before: older, now: newer, open: true },
        ...(runId === undefined ? {} : { runId }),
      });
    },
  };
}
