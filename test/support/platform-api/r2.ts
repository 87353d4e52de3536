/** R2's API: buckets, their CORS and lifecycle rules, and objects as wrangler puts and gets them. */
import { createHash } from 'node:crypto';
import { ApiError, type ApiRequest, type Resource } from './resource.ts';
import type { PlatformState } from './state.ts';

const NAME_TAKEN = 10_004;
const BUCKET_NOT_FOUND = 10_006;
const OBJECT_NOT_FOUND = 10_007;
const NO_CORS = 10_059;

export interface Bucket {
  readonly name: string;
  readonly createdAt: Date;
  readonly storageClass: string;
  /** As they were put. None: no policy. */
  corsRules: readonly unknown[] | undefined;
  lifecycleRules: readonly unknown[];
  readonly objects: Map<string, { bytes: Uint8Array<ArrayBuffer>; contentType: string }>;
}

/** The rule that each new bucket has. */
const ABORT_UPLOADS_RULE = {
  id: 'Default Multipart Abort Rule',
  enabled: true,
  conditions: { prefix: '' },
  abortMultipartUploadsTransition: { condition: { type: 'Age', maxAge: 604_800 } },
};

export class Buckets {
  readonly #byName = new Map<string, Bucket>();

  create(name: string, storageClass = 'Standard'): Bucket {
    if (this.#byName.has(name))
      throw new ApiError(409, NAME_TAKEN, 'The bucket you tried to create already exists, and you own it.');
    const bucket: Bucket = {
      name,
      createdAt: new Date(),
      storageClass,
      corsRules: undefined,
      lifecycleRules: [ABORT_UPLOADS_RULE],
      objects: new Map(),
    };
    this.#byName.set(name, bucket);
    return bucket;
  }

  has(name: string): boolean {
    return this.#byName.has(name);
  }

  /** @throws ApiError 404 */
  get(name: string): Bucket {
    const bucket = this.#byName.get(name);
    if (bucket === undefined)
      throw new ApiError(404, BUCKET_NOT_FOUND, 'The specified bucket does not exist.');
    return bucket;
  }

  list(): Bucket[] {
    return [...this.#byName.values()];
  }

  delete(name: string): void {
    this.get(name);
    this.#byName.delete(name);
  }
}

const BUCKETS = '/accounts/:accountId/r2/buckets';
const BUCKET = `${BUCKETS}/:bucket`;
const OBJECT = `${BUCKET}/objects/:key*`;

const bucketOf = (request: ApiRequest, { buckets }: PlatformState) => buckets.get(request.param('bucket'));

const described = ({ name, createdAt, storageClass }: Bucket) => ({
  name,
  creation_date: createdAt.toISOString(),
  location: 'WEUR',
  storage_class: storageClass,
});

export const r2: Resource = [
  {
    method: 'GET',
    path: BUCKETS,
    handle: (_request, state) => ({ buckets: state.buckets.list().map(described) }),
  },
  {
    method: 'POST',
    path: BUCKETS,
    handle(request, state) {
      const { name, storageClass } = request.json<{ name: string; storageClass?: string }>();
      return described(state.buckets.create(name, storageClass));
    },
  },
  { method: 'GET', path: BUCKET, handle: (request, state) => described(bucketOf(request, state)) },
  {
    method: 'DELETE',
    path: BUCKET,
    handle(request, state) {
      state.buckets.delete(request.param('bucket'));
      return {};
    },
  },
  {
    method: 'GET',
    path: `${BUCKET}/cors`,
    handle(request, state) {
      const { corsRules } = bucketOf(request, state);
      if (corsRules === undefined) throw new ApiError(404, NO_CORS, 'The CORS configuration does not exist.');
      return { rules: corsRules };
    },
  },
  {
    method: 'PUT',
    path: `${BUCKET}/cors`,
    handle(request, state) {
      bucketOf(request, state).corsRules = request.json<{ rules: unknown[] }>().rules;
      return {};
    },
  },
  {
    method: 'DELETE',
    path: `${BUCKET}/cors`,
    handle(request, state) {
      bucketOf(request, state).corsRules = undefined;
      return {};
    },
  },
  {
    method: 'GET',
    path: `${BUCKET}/lifecycle`,
    handle: (request, state) => ({ rules: bucketOf(request, state).lifecycleRules }),
  },
  {
    method: 'PUT',
    path: `${BUCKET}/lifecycle`,
    handle(request, state) {
      bucketOf(request, state).lifecycleRules = request.json<{ rules: unknown[] }>().rules;
      return {};
    },
  },
  {
    method: 'PUT',
    path: OBJECT,
    handle(request, state) {
      const contentType = request.headers.get('content-type') ?? 'application/octet-stream';
      bucketOf(request, state).objects.set(request.param('key'), { bytes: request.body, contentType });
      return { key: request.param('key'), etag: createHash('md5').update(request.body).digest('hex') };
    },
  },
  {
    method: 'GET',
    path: OBJECT,
    handle(request, state) {
      const object = bucketOf(request, state).objects.get(request.param('key'));
      if (object === undefined)
        throw new ApiError(404, OBJECT_NOT_FOUND, 'The specified key does not exist.');
      return new Response(object.bytes, { headers: { 'content-type': object.contentType } });
    },
  },
  {
    method: 'DELETE',
    path: OBJECT,
    handle(request, state) {
      bucketOf(request, state).objects.delete(request.param('key'));
      return {};
    },
  },
];
