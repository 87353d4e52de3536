/** Workers' API: scripts, their settings, and their secrets. */
import { requireBound } from './bound-resources.ts';
import type { ApiRequest, Resource } from './resource.ts';
import type { PlatformState } from './state.ts';
import { Worker } from './worker.ts';
import { readUpload } from './worker-upload.ts';
import { shownBindings, sourceOf, workerOf } from './workers.ts';

const SCRIPTS = '/accounts/:accountId/workers/scripts';
const SCRIPT = `${SCRIPTS}/:script`;
const STARTUP_MS = 20;

function described(worker: Worker) {
  const { latest } = worker;
  return {
    id: worker.name,
    tag: worker.tag,
    tags: worker.tags,
    etag: latest?.etag,
    handlers: ['fetch'],
    named_handlers: worker.classes.names.map((name) => ({ name, handlers: ['class'] })),
    has_modules: true,
    has_assets: false,
    logpush: worker.settings.logpush,
    usage_model: 'standard',
    compatibility_date: latest?.metadata.compatibility_date,
    compatibility_flags: latest?.metadata.compatibility_flags ?? [],
    migration_tag: worker.classes.migrationTag,
    last_deployed_from: latest?.source,
    created_on: worker.createdOn.toISOString(),
    modified_on: (latest?.createdOn ?? worker.createdOn).toISOString(),
  };
}

/** The upload that is deployed at once. It alone may bring a Durable Object migration, and makes a Worker. */
async function putScript(request: ApiRequest, state: PlatformState) {
  const upload = await readUpload(request);
  requireBound(upload, state);
  const name = request.param('script');
  const worker = state.workers.find(name) ?? new Worker(name);
  const classesBefore = worker.classes;
  const source = sourceOf(request);
  try {
    worker.classes = classesBefore.copy();
    if (upload.metadata.migrations !== undefined) worker.classes.apply(upload.metadata.migrations);
    const version = worker.addVersion(upload, source);
    worker.deploy([{ version_id: version.id, percentage: 100 }], {
      source,
      annotations: { 'workers/triggered_by': 'upload', ...version.annotations },
      force: true,
    });
    const { observability, logpush, tags } = upload.metadata;
    worker.settings = { ...worker.settings, observability, logpush: logpush ?? worker.settings.logpush };
    worker.tags = tags ?? worker.tags;
    state.workers.set(worker);
    const deployment_id = version.id.replaceAll('-', '');
    return { ...described(worker), deployment_id, startup_time_ms: STARTUP_MS };
  } catch (error) {
    worker.classes = classesBefore;
    throw error;
  }
}

const settingsOf = ({ tags, settings }: Worker) => ({ ...settings, tags });

/** Sets and takes away secrets, and deploys the version that has them at once. */
function editSecrets(
  request: ApiRequest,
  state: PlatformState,
  secrets: Record<string, string | null>,
): void {
  const worker = workerOf(request, state);
  worker.requireLatestDeployed();
  const source = sourceOf(request);
  const version = worker.addVersionWithSecrets(secrets, source, { 'workers/triggered_by': 'secret' });
  worker.deploy([{ version_id: version.id, percentage: 100 }], {
    source,
    annotations: { 'workers/triggered_by': 'secret' },
  });
}

const secretsOf = (worker: Worker) =>
  (worker.latest?.bindings ?? [])
    .filter(({ type }) => type === 'secret_text')
    .map(({ name, type }) => ({ name, type }));

export const workersScripts: Resource = [
  { method: 'GET', path: SCRIPTS, handle: (_request, { workers }) => workers.list().map(described) },
  { method: 'PUT', path: SCRIPT, handle: putScript },
  {
    method: 'GET',
    path: '/accounts/:accountId/workers/services/:script',
    handle(request, state) {
      const worker = workerOf(request, state);
      const { created_on, modified_on, ...script } = described(worker);
      const times = { created_on, modified_on };
      return {
        id: worker.name,
        ...times,
        default_environment: { environment: 'production', ...times, script: { ...script, ...times } },
        environments: [{ environment: 'production', ...times }],
      };
    },
  },
  {
    method: 'GET',
    path: `${SCRIPT}/settings`,
    handle(request, state) {
      const worker = workerOf(request, state);
      const metadata = worker.latest?.metadata;
      return {
        ...settingsOf(worker),
        bindings: shownBindings(worker.latest),
        compatibility_date: metadata?.compatibility_date,
        compatibility_flags: metadata?.compatibility_flags,
        placement: metadata?.placement,
        limits: metadata?.limits,
        usage_model: 'standard',
      };
    },
  },
  {
    method: 'PATCH',
    path: `${SCRIPT}/script-settings`,
    handle(request, state) {
      const worker = workerOf(request, state);
      const { tags = worker.tags, ...settings } = request.json<{ tags?: string[] }>();
      worker.tags = tags;
      worker.settings = { ...worker.settings, ...settings };
      return settingsOf(worker);
    },
  },
  {
    method: 'GET',
    path: `${SCRIPT}/secrets`,
    handle: (request, state) => secretsOf(workerOf(request, state)),
  },
  {
    method: 'PUT',
    path: `${SCRIPT}/secrets`,
    handle(request, state) {
      const { name, text } = request.json<{ name: string; text: string }>();
      editSecrets(request, state, { [name]: text });
      return { name, type: 'secret_text' };
    },
  },
  {
    method: 'PATCH',
    path: `${SCRIPT}/secrets-bulk`,
    handle(request, state) {
      const { secrets } = request.json<{ secrets: Record<string, { text: string } | null> }>();
      const texts = Object.entries(secrets).map(([name, secret]) => [name, secret?.text ?? null]);
      editSecrets(request, state, Object.fromEntries(texts));
      return secretsOf(workerOf(request, state));
    },
  },
];
