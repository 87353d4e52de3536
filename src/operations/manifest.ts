/** The operations that are bundled with the build: `operations/manifest.json`, written by `codegen.ts`. */
import manifest from '../../operations/manifest.json' with { type: 'json' };

export interface RegisteredOperation {
  /** `sha256:` and the SHA-256 of the document's text in lower-case hex. */
  id: string;
  name: string;
  kind: 'query' | 'mutation' | 'subscription';
  document: string;
}

const operations = manifest.operations as RegisteredOperation[];
const byId = new Map(operations.map((operation) => [operation.id, operation]));

export function bundledOperation(id: string): RegisteredOperation | undefined {
  return byId.get(id);
}

export function bundledOperationNamed(name: string): RegisteredOperation | undefined {
  return operations.find((operation) => operation.name === name);
}
