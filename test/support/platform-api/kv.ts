/** Workers KV's API: namespaces are made, and values put, with their metadata and expiration. Expired keys are not removed. */
import { randomBytes } from 'node:crypto';
import { ApiError, type ApiRequest, type Resource } from './resource.ts';
import type { PlatformState } from './state.ts';

const NAMESPACE_NOT_FOUND = 10_013;
const TITLE_TAKEN = 10_014;

export interface KvEntry {
  value: Uint8Array<ArrayBuffer>;
  metadata?: unknown;
  /** Seconds since 1970. */
  expiration?: number;
}

export interface KvNamespace {
  readonly id: string;
  title: string;
  readonly entries: Map<string, KvEntry>;
}

export class KvNamespaces {
  readonly #byId = new Map<string, KvNamespace>();

  create(title: string, id: string = randomBytes(16).toString('hex')): KvNamespace {
    if (this.list().some((namespace) => namespace.title === title))
      throw new ApiError(
        400,
        TITLE_TAKEN,
        'create namespace: A namespace with this account ID and title already exists.',
      );
    const namespace = { id, title, entries: new Map() };
    this.#byId.set(id, namespace);
    return namespace;
  }

  has(id: string): boolean {
    return this.#byId.has(id);
  }

  /** @throws ApiError 404 */
  get(id: string): KvNamespace {
    const namespace = this.#byId.get(id);
    if (namespace === undefined) throw new ApiError(404, NAMESPACE_NOT_FOUND, `namespace not found: ${id}`);
    return namespace;
  }

  list(): KvNamespace[] {
    return [...this.#byId.values()];
  }

  delete(id: string): void {
    this.get(id);
    this.#byId.delete(id);
  }
}

const NAMESPACES = '/accounts/:accountId/storage/kv/namespaces';
const NAMESPACE = `${NAMESPACES}/:namespaceId`;

const namespaceOf = (request: ApiRequest, { kv }: PlatformState) => kv.get(request.param('namespaceId'));

const described = ({ id, title }: KvNamespace) => ({ id, title, supports_url_encoding: true });

async function entryOf(request: ApiRequest): Promise<KvEntry> {
  const { searchParams } = request.url;
  const lifetimeSeconds = searchParams.get('expiration_ttl');
  const expiration = lifetimeSeconds
    ? Math.floor(Date.now() / 1000) + Number(lifetimeSeconds)
    : Number(searchParams.get('expiration') ?? 0);
  const expires = expiration > 0 ? { expiration } : {};
  if (!request.headers.get('content-type')?.startsWith('multipart/form-data'))
    return { value: request.body, ...expires };
  const form = await request.form();
  const value = new Uint8Array(await new Response(form.get('value')).arrayBuffer());
  const metadata = form.get('metadata');
  return { value, ...(metadata === null ? {} : { metadata: JSON.parse(String(metadata)) }), ...expires };
}

export const kv: Resource = [
  {
    method: 'POST',
    path: NAMESPACES,
    handle: (request, state) => described(state.kv.create(request.json<{ title: string }>().title)),
  },
  {
    method: 'PUT',
    path: `${NAMESPACE}/values/:key`,
    async handle(request, state) {
      namespaceOf(request, state).entries.set(request.param('key'), await entryOf(request));
      return {};
    },
  },
];
