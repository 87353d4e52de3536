/** The operations that are bundled with the build: `operations/manifest.json`, written by `codegen.ts`. */
import manifest from '../../operations/manifest.json' with { type: 'json' };
import type { OperationForm, RegisteredOperation } from './registered-operation.ts';

/** The build is a release. It can be deprecated and retired when another build runs in its place. */
export interface BundledRelease {
  client: string;
  version: string;
  /** The hash of this build's schema, of its cache hints, and of the version of the rules of cost and policy. */
  schemaHash: string;
  operations: readonly RegisteredOperation[];
  /** The forms of the registered texts, and of the files of `operations/`, which have their own order of fields. */
  forms: readonly OperationForm[];
}

export const bundledRelease: BundledRelease = {
  client: 'gateway',
  version: manifest.version,
  schemaHash: manifest.schemaHash,
  operations: manifest.operations as unknown as RegisteredOperation[],
  forms: manifest.forms as unknown as OperationForm[],
};

export function bundledOperationNamed(name: string): RegisteredOperation | undefined {
  return bundledRelease.operations.find((operation) => operation.name === name);
}
