/** Workers' API: versions and deployments. */
import { requireBound } from './bound-resources.ts';
import { ApiError, type ApiRequest, Page, pageOf, type Resource } from './resource.ts';
import type { PlatformState } from './state.ts';
import {
  DEPLOYABLE_VERSIONS,
  type VersionShare,
  type Worker,
  type WorkerDeployment,
  type WorkerVersion,
} from './worker.ts';
import { readUpload } from './worker-upload.ts';
import { shownBindings, sourceOf, workerOf } from './workers.ts';

const MIGRATION_IN_VERSION = 10_211;
const SCRIPT = '/accounts/:accountId/workers/scripts/:script';
const AUTHOR = 'deployer@com2000.example';
const STARTUP_MS = 20;
/** The newest, which alone are listed. */
const DEPLOYMENTS_LISTED = 10;

const listed = (version: WorkerVersion, { subdomain }: Worker) => ({
  id: version.id,
  number: version.number,
  metadata: {
    created_on: version.createdOn.toISOString(),
    modified_on: version.createdOn.toISOString(),
    source: version.source,
    author_id: 'd'.repeat(32),
    author_email: AUTHOR,
    has_preview: subdomain.previews_enabled,
    hasPreview: subdomain.previews_enabled,
  },
  annotations: version.annotations,
});

const described = (version: WorkerVersion, worker: Worker) => ({
  ...listed(version, worker),
  resources: {
    script: {
      etag: version.etag,
      handlers: ['fetch'],
      named_handlers: version.exports.map((name) => ({ name, handlers: ['class'] })),
      last_deployed_from: version.source,
    },
    script_runtime: {
      compatibility_date: version.metadata.compatibility_date,
      compatibility_flags: version.metadata.compatibility_flags,
      usage_model: 'standard',
      limits: version.metadata.limits,
      migration_tag: version.migrationTag,
    },
    bindings: shownBindings(version),
  },
  startup_time_ms: STARTUP_MS,
});

const shown = ({ id, createdOn, source, versions, annotations }: WorkerDeployment) => ({
  id,
  created_on: createdOn.toISOString(),
  source,
  strategy: 'percentage',
  versions,
  annotations,
  author_email: AUTHOR,
});

async function postVersion(request: ApiRequest, state: PlatformState) {
  const worker = workerOf(request, state);
  const upload = await readUpload(request);
  if (upload.metadata.migrations !== undefined)
    throw new ApiError(
      400,
      MIGRATION_IN_VERSION,
      'Version upload failed. You attempted to upload a version of a Worker that includes a Durable Object migration, but migrations must be fully applied via a non-versioned deployment. Refer to the documentation for more information.',
    );
  requireBound(upload, state);
  return described(worker.addVersion(upload, sourceOf(request)), worker);
}

interface DeploymentBody {
  versions: VersionShare[];
  annotations?: Record<string, string>;
}

export const workersVersions: Resource = [
  {
    method: 'GET',
    path: `${SCRIPT}/versions`,
    handle(request, state) {
      const worker = workerOf(request, state);
      const isDeployable = request.url.searchParams.get('deployable') === 'true';
      const versions = (
        isDeployable ? worker.versions.slice(-DEPLOYABLE_VERSIONS) : worker.versions
      ).toReversed();
      const items = versions.map((version) => listed(version, worker));
      if (isDeployable) return { items };
      const page = pageOf(items, request.url, 10);
      return new Page({ items: page.result }, page.resultInfo);
    },
  },
  { method: 'POST', path: `${SCRIPT}/versions`, handle: postVersion },
  {
    method: 'GET',
    path: `${SCRIPT}/versions/:version`,
    handle(request, state) {
      const worker = workerOf(request, state);
      return described(worker.version(request.param('version')), worker);
    },
  },
  {
    method: 'GET',
    path: `${SCRIPT}/deployments`,
    handle: (request, state) => ({
      deployments: workerOf(request, state).deployments.slice(0, DEPLOYMENTS_LISTED).map(shown),
    }),
  },
  {
    method: 'POST',
    path: `${SCRIPT}/deployments`,
    handle(request, state) {
      const { versions, annotations } = request.json<DeploymentBody>();
      const force = request.url.searchParams.get('force') === 'true';
      const options = {
        source: sourceOf(request),
        force,
        annotations: { 'workers/triggered_by': 'deployment', ...annotations },
      };
      return shown(workerOf(request, state).deploy(versions, options));
    },
  },
];
