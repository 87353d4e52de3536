/** The admin endpoint as the CLI uses it, and small operations to publish. */
import type { TestGateway } from './gateway.ts';

export const ADMIN_KEY = 'an-admin-key-for-tests-of-32-characters';

export interface AdminAnswer<Body> {
  status: number;
  headers: Headers;
  body: Body;
  /** Of the first error. */
  code: string | undefined;
  extensions: Record<string, unknown>;
}

export interface Submitted {
  id: string;
  document: string;
}

export function adminOf(gateway: TestGateway, key = ADMIN_KEY) {
  const send = async <Body = Record<string, unknown>>(
    method: string,
    path: string,
    body?: unknown,
  ): Promise<AdminAnswer<Body>> => {
    const response = await gateway.fetch(`/admin${path}`, {
      method,
      headers: { Authorization: `Bearer ${key}`, 'Content-Type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const answer = (await response.json()) as Body & {
      errors?: { extensions: Record<string, unknown> }[];
    };
    const extensions = answer.errors?.[0]?.extensions ?? {};
    const code = extensions.code as string | undefined;
    return { status: response.status, headers: response.headers, body: answer, code, extensions };
  };
  return {
    send,
    get: <Body = Record<string, unknown>>(path: string) => send<Body>('GET', path),
    store: (operations: Submitted[], force = false) => send('PUT', '/operations', { operations, force }),
    put: (client: string, version: string, operationIds: string[], options: object = {}) =>
      send('PUT', `/releases/${client}/${encodeURIComponent(version)}`, { operationIds, ...options }),
    /** Stores and publishes. */
    async publish(client: string, version: string, operations: Submitted[], options: object = {}) {
      const stored = await send('PUT', '/operations', { operations });
      if (stored.status !== 200) throw new Error(JSON.stringify(stored.body));
      const ids = operations.map(({ id }) => id);
      return send('PUT', `/releases/${client}/${encodeURIComponent(version)}`, {
        operationIds: ids,
        ...options,
      });
    },
    deprecate: (client: string, versions: string[], sunset: string) =>
      send('POST', '/releases/deprecate', { client, versions, sunset }),
    retire: (client: string, versions: string[], force = false) =>
      send('POST', '/releases/retire', { client, versions, force }),
    restore: (client: string, versions: string[]) => send('POST', '/releases/restore', { client, versions }),
    rollback: (client: string, version: string) => send('POST', '/releases/rollback', { client, version }),
  };
}

export async function sha256Of(document: string): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(document));
  return `sha256:${[...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, '0')).join('')}`;
}

/** A small operation with the name, under its hash. */
export async function operationNamed(name: string): Promise<Submitted> {
  const document = `query ${name} { projectCategories { name projectCount } }`;
  return { id: await sha256Of(document), document };
}

/** Small operations, each with the prefix and its number as its name. */
export const operationsNamed = (prefix: string, count: number) =>
  Promise.all(Array.from({ length: count }, (_, at) => operationNamed(`${prefix}${at}`)));
