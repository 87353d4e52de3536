/**
 * One Worker as the platform keeps it: versions that never change, and deployments that send shares of the requests to one or two.
 *
 * A version has the bindings that it was uploaded with, the values of its secrets among them, and the migration tag of its time. A
 * version of another tag than the Worker's cannot be deployed: the platform refuses it, with a code that is not published.
 */
import { randomUUID } from 'node:crypto';
import { DurableObjectClasses } from './durable-object-classes.ts';
import { ApiError } from './resource.ts';
import type { Binding, Upload } from './worker-upload.ts';

const INVALID_DEPLOYMENT = 10_021;
const INVALID_INHERITED_BINDING = 10_057;
const MIGRATION_BETWEEN = 10_212;
const SECRET_EDIT_REFUSED = 10_215;
const SECRETS_CHANGED = 10_220;
const VERSION_NOT_FOUND = 100_146;
const VERSIONS_LIMIT = 2;
/** The newest versions, which alone can be deployed. */
export const DEPLOYABLE_VERSIONS = 100;

export interface WorkerVersion extends Upload {
  readonly id: string;
  readonly number: number;
  readonly createdOn: Date;
  /** Such as `wrangler`. */
  readonly source: string;
  readonly annotations: Readonly<Record<string, string>>;
  /** With secrets, and with what was inherited. */
  readonly bindings: readonly Binding[];
  readonly migrationTag: string | undefined;
}

export interface VersionShare {
  readonly version_id: string;
  readonly percentage: number;
}

export interface WorkerDeployment {
  readonly id: string;
  readonly createdOn: Date;
  readonly source: string;
  readonly versions: readonly VersionShare[];
  readonly annotations: Readonly<Record<string, string>>;
}

export class Worker {
  readonly name: string;
  readonly tag = randomUUID().replaceAll('-', '');
  readonly createdOn = new Date();
  /** Oldest first. */
  readonly versions: WorkerVersion[] = [];
  /** Newest first. */
  readonly deployments: WorkerDeployment[] = [];
  classes: DurableObjectClasses;
  tags: readonly string[] = [];
  /** Settings that versions do not have. */
  settings: Readonly<Record<string, unknown>> = { logpush: false, tail_consumers: [] };
  subdomain = { enabled: false, previews_enabled: false };
  schedules: readonly { cron: string; created_on: string; modified_on: string }[] = [];

  constructor(name: string) {
    this.name = name;
    this.classes = new DurableObjectClasses(name);
  }

  get latest(): WorkerVersion | undefined {
    return this.versions.at(-1);
  }

  /** @throws ApiError 404 */
  version(id: string): WorkerVersion {
    const found = this.versions.find((version) => version.id === id);
    if (found === undefined) throw new ApiError(404, VERSION_NOT_FOUND, `Version ${id} was not found.`);
    return found;
  }

  /** @throws ApiError where it inherits a binding that the latest version has not */
  addVersion(upload: Upload, source: string): WorkerVersion {
    const { metadata, exports } = upload;
    this.classes.requireExports(exports);
    const bindings = this.#resolved(metadata.bindings ?? [], metadata.keep_bindings ?? []);
    const version: WorkerVersion = {
      ...upload,
      id: randomUUID(),
      number: this.versions.length + 1,
      createdOn: new Date(),
      source,
      annotations: metadata.annotations ?? {},
      bindings,
      migrationTag: this.classes.migrationTag,
    };
    this.versions.push(version);
    return version;
  }

  /** A version like the latest, with these secrets. `null` takes one away. */
  addVersionWithSecrets(
    secrets: Readonly<Record<string, string | null>>,
    source: string,
    annotations: Readonly<Record<string, string>>,
  ): WorkerVersion {
    const { latest } = this;
    if (latest === undefined) throw new ApiError(404, VERSION_NOT_FOUND, 'The Worker has no version.');
    const kept = latest.bindings.filter(({ name }) => !(name in secrets));
    const set = Object.entries(secrets).flatMap(([name, text]) =>
      text === null ? [] : [{ name, type: 'secret_text', text }],
    );
    return this.addVersion(
      { ...latest, metadata: { ...latest.metadata, bindings: [...kept, ...set], annotations } },
      source,
    );
  }

  /** @throws ApiError unless all requests go to the latest version */
  requireLatestDeployed(): void {
    const versions = this.deployments[0]?.versions ?? [];
    if (versions.length === 1 && versions[0]?.version_id === this.latest?.id) return;
    throw new ApiError(
      400,
      SECRET_EDIT_REFUSED,
      "Secret edit failed. You attempted to modify a secret, but the latest version of your Worker isn't currently deployed. Please ensure that the latest version of your Worker is fully deployed (wrangler versions deploy) before modifying secrets.",
    );
  }

  /** @throws ApiError for shares that are no whole, for versions that cannot be deployed, and for changed secrets unless `force` */
  deploy(
    versions: readonly VersionShare[],
    { source, annotations = {}, force = false }: DeployOptions,
  ): WorkerDeployment {
    const total = versions.reduce((sum, { percentage }) => sum + percentage, 0);
    const ids = new Set(versions.map(({ version_id }) => version_id));
    if (total !== 100 || ids.size === 0 || ids.size > VERSIONS_LIMIT || ids.size !== versions.length)
      throw new ApiError(
        400,
        INVALID_DEPLOYMENT,
        'A deployment has one or two versions, whose percentages add up to 100.',
      );
    for (const id of ids) this.#requireDeployable(this.version(id));
    if (!force) this.#requireSameSecrets(ids);
    const deployment = { id: randomUUID(), createdOn: new Date(), source, versions, annotations };
    this.deployments.unshift(deployment);
    return deployment;
  }

  #requireDeployable(version: WorkerVersion): void {
    if (version.migrationTag !== this.classes.migrationTag)
      throw new ApiError(
        400,
        MIGRATION_BETWEEN,
        `Version ${version.id} cannot be deployed: a Durable Object migration was applied after it was uploaded.`,
      );
    if (!this.versions.slice(-DEPLOYABLE_VERSIONS).includes(version))
      throw new ApiError(400, VERSION_NOT_FOUND, `Version ${version.id} is too old to be deployed.`);
  }

  /** Holds for a rollback alone: a whole deployment of a version that is not deployed now and is older than one that is. */
  #requireSameSecrets(ids: ReadonlySet<string>): void {
    const [id = ''] = ids;
    const deployed = this.deployments[0]?.versions.map(({ version_id }) => this.version(version_id)) ?? [];
    const newest = deployed.sort((a, b) => b.number - a.number)[0];
    const target = this.version(id);
    if (ids.size > 1 || newest === undefined || target.number > newest.number || deployed.includes(target))
      return;
    const before = secretsOf(target);
    const now = secretsOf(newest);
    const names = new Set([...before.keys(), ...now.keys()]);
    const changed = [...names].filter((name) => before.get(name) !== now.get(name));
    if (changed.length > 0)
      throw new ApiError(
        400,
        SECRETS_CHANGED,
        `Version ${id} was deployed with other secrets. The following secrets have changed: ${changed.join(', ')}`,
      );
  }

  #resolved(bindings: readonly Binding[], keptTypes: readonly string[]): Binding[] {
    const inheritable = new Map(this.latest?.bindings.map((binding) => [binding.name, binding]));
    const given = bindings.map((binding) =>
      binding.type === 'inherit' ? inheritable.get(binding.name) : binding,
    );
    const missing = bindings.filter((_, index) => given[index] === undefined);
    if (missing.length > 0)
      throw new ApiError(
        400,
        INVALID_INHERITED_BINDING,
        ...missing.map(
          ({ name }) =>
            `inherit binding '${name}' is invalid: previous version does not have a binding named '${name}'`,
        ),
      );
    const names = new Set(bindings.map(({ name }) => name));
    const kept = [...inheritable.values()].filter(
      ({ name, type }) => keptTypes.includes(type) && !names.has(name),
    );
    return [...given.filter((binding) => binding !== undefined), ...kept].map((binding) =>
      binding.type === 'durable_object_namespace' && typeof binding.class_name === 'string'
        ? { ...binding, namespace_id: this.classes.get(binding.class_name).namespaceId }
        : binding,
    );
  }
}

export interface DeployOptions {
  source: string;
  annotations?: Readonly<Record<string, string>>;
  /** Also where secrets have changed since the version was deployed. */
  force?: boolean;
}

const secretsOf = ({ bindings }: WorkerVersion): ReadonlyMap<string, unknown> =>
  new Map(bindings.filter(({ type }) => type === 'secret_text').map(({ name, text }) => [name, text]));
