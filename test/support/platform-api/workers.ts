/** The account's Workers, and the names by which they are reached. */
import { ApiError, type ApiRequest } from './resource.ts';
import type { PlatformState } from './state.ts';
import type { Worker, WorkerVersion } from './worker.ts';
import type { Binding } from './worker-upload.ts';

const WORKER_NOT_FOUND = 10_007;

export interface WorkerDomain {
  readonly id: string;
  readonly hostname: string;
  readonly service: string;
  readonly zone_id: string;
  readonly zone_name: string;
  readonly environment: 'production';
  readonly enabled: boolean;
  readonly previews_enabled: boolean;
}

export class Workers {
  readonly #byName = new Map<string, Worker>();
  domains: readonly WorkerDomain[] = [];

  find(name: string): Worker | undefined {
    return this.#byName.get(name);
  }

  /** @throws ApiError 404 */
  get(name: string): Worker {
    const worker = this.find(name);
    if (worker === undefined)
      throw new ApiError(404, WORKER_NOT_FOUND, 'This Worker does not exist on your account.');
    return worker;
  }

  list(): Worker[] {
    return [...this.#byName.values()];
  }

  set(worker: Worker): void {
    this.#byName.set(worker.name, worker);
  }

  delete(name: string): void {
    this.get(name);
    this.#byName.delete(name);
    this.domains = this.domains.filter(({ service }) => service !== name);
  }
}

export const workerOf = (request: ApiRequest, { workers }: PlatformState): Worker =>
  workers.get(request.param('script'));

/** The client that sent a request, as versions and deployments name it. */
export const sourceOf = ({ headers }: ApiRequest): string =>
  headers.get('user-agent')?.startsWith('wrangler/') ? 'wrangler' : 'api';

/** As answers show it: no answer has a secret's value. */
export const shownBinding = ({ text, ...binding }: Binding) =>
  binding.type === 'secret_text' ? binding : { ...binding, ...(text === undefined ? {} : { text }) };

export const shownBindings = (version: WorkerVersion | undefined) =>
  version?.bindings.map(shownBinding) ?? [];
