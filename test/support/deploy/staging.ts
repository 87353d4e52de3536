/** An operator's checkout and the staging environment that it deploys to: the simulated platform, and a stand-in that serves for it. */
import path from 'node:path';
import { createDeployableProject, type DeployableProject } from '../deployable-project.ts';
import { provideBindings } from '../platform-api/provide-bindings.ts';
import { type PlatformApi, startPlatformApi } from '../platform-api/server.ts';
import type { VersionShare } from '../platform-api/worker.ts';
import { type StandInGateway, startStandInGateway } from '../stand-in-gateway.ts';

export const STAGING_WORKER = 'com2000-edge-gateway-staging';
export const STAGING_DATABASE = 'com2000-edge-db-staging';

export interface Staging {
  readonly api: PlatformApi;
  readonly project: DeployableProject;
  readonly gateway: StandInGateway;
  /** The shares of the current deployment. */
  live(): readonly VersionShare[];
  /** For the commands of an operator. */
  readonly variables: Readonly<Record<string, string>>;
  close(): Promise<void>;
}

export async function startStaging(): Promise<Staging> {
  const [api, project, gateway] = await Promise.all([
    startPlatformApi({ zoneName: 'com2000.test' }),
    createDeployableProject(),
    startStandInGateway('none'),
  ]);
  provideBindings(api, 'staging', path.join(project.folder, 'wrangler.toml'));
  const live = () => api.workers.find(STAGING_WORKER)?.deployments[0]?.versions ?? [];
  gateway.mode = 'audit';
  gateway.answer = answerPurges;
  // As the platform's edge: requests reach the versions of the deployment.
  gateway.traffic = {
    get main() {
      return live()[0]?.version_id ?? 'none';
    },
    get versions() {
      return live().map(({ version_id }) => version_id);
    },
  };
  return {
    api,
    project,
    gateway,
    live,
    variables: { ...api.env(), OPERATIONS_KEY: 'an-admin-key-for-tests-of-32-chars', NO_COLOR: '1' },
    async close() {
      await Promise.all([api.close(), gateway.close()]);
      project.remove();
    },
  };
}

/** The platform has no cache in front of the Worker. */
export const answerPurges: StandInGateway['answer'] = ({ path: asked }) =>
  asked.startsWith('/admin/caches') ? { status: 200, body: { purge: 'none' } } : undefined;
