/**
 * The operations that are bundled with the build, written by `codegen.ts`: those of `operations/`, and those that `/api`
 * runs.
 */
import manifest from '../../operations/manifest.json' with { type: 'json' };
import restManifest from '../../operations/rest/manifest.json' with { type: 'json' };
import type { OperationForm, RegisteredOperation } from './registered-operation.ts';

export interface BundledRelease {
  client: string;
  version: string;
  /** The hash of this build's schema, of its cache hints, and of the version of the rules of cost and policy. */
  schemaHash: string;
  operations: readonly RegisteredOperation[];
  /** The forms of the registered texts, and of the files of `operations/`, which have their own order of fields. */
  forms: readonly OperationForm[];
}

/** The build is a release. It can be deprecated and retired when another build runs in its place. */
export const bundledRelease: BundledRelease = {
  client: 'gateway',
  version: manifest.version,
  schemaHash: manifest.schemaHash,
  operations: manifest.operations as unknown as RegisteredOperation[],
  forms: manifest.forms as unknown as OperationForm[],
};

/**
 * The operations of `/api`. Builds with the same documents are one release, which an operator may deprecate and retire
 * while it is in use.
 */
export const restRelease: BundledRelease = {
  client: 'rest',
  version: restManifest.version,
  schemaHash: restManifest.schemaHash,
  operations: restManifest.operations as unknown as RegisteredOperation[],
  // `/api` sends ids alone.
  forms: [],
};

export const isReservedClient = (client: string) =>
  client === bundledRelease.client || client === restRelease.client;

export function bundledOperationNamed(name: string): RegisteredOperation | undefined {
  return bundledRelease.operations.find((operation) => operation.name === name);
}
