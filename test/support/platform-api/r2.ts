/** R2's API: buckets with their CORS and lifecycle rules. */
import { ApiError, type ApiRequest, type Resource } from './resource.ts';
import type { PlatformState } from './state.ts';

const NAME_TAKEN = 10_004;
const BUCKET_NOT_FOUND = 10_006;

export interface Bucket {
  readonly name: string;
  readonly createdAt: Date;
  readonly storageClass: string;
  /** As they were put. None: no policy. */
  corsRules: readonly unknown[] | undefined;
  lifecycleRules: readonly unknown[];
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
}

const BUCKETS = '/accounts/:accountId/r2/buckets';
const BUCKET = `${BUCKETS}/:bucket`;

const bucketOf = (request: ApiRequest, { buckets }: PlatformState) => buckets.get(request.param('bucket'));

const described = ({ name, createdAt, storageClass }: Bucket) => ({
  name,
  creation_date: createdAt.toISOString(),
  location: 'WEUR',
  storage_class: storageClass,
});

export const r2: Resource = [
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
    method: 'PUT',
    path: `${BUCKET}/cors`,
    handle(request, state) {
      bucketOf(request, state).corsRules = request.json<{ rules: unknown[] }>().rules;
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
];
