/**
 * The form of the simulated API's routes: one file a resource exports a `Resource`, and `RESOURCES` of server.ts names it.
 * Answers are wrapped as the platform wraps them: `{ result, success, errors, messages }`, with `result_info` for a page.
 */
import type { PlatformState } from './state.ts';

export interface ApiRequest {
  readonly method: string;
  /** With the query. The path is that after `/client/v4`. */
  readonly url: URL;
  readonly headers: Headers;
  readonly body: Uint8Array<ArrayBuffer>;
  /** The parts of the path that a route's `path` names with `:`, decoded. */
  readonly params: Readonly<Record<string, string>>;
  /** The part of the path with this name. */
  param(name: string): string;
  /** @throws ApiError 400, where the body is not JSON. */
  json<Body>(): Body;
  form(): Promise<FormData>;
}

export interface Route {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /**
   * After `/client/v4`. `:name` is one part of the path. A path with `:accountId` or `:zoneId` answers for
   * the one account or zone alone.
   */
  readonly path: string;
  /** Needs no token, and its path has no `/client/v4` before it. */
  readonly isPublic?: true;
  /** Gives the result, a `Page`, or a `Response` that is sent as it is. @throws ApiError */
  handle(request: ApiRequest, state: PlatformState): unknown;
}

export type Resource = readonly Route[];

/** A result with its `result_info`. */
export class Page {
  readonly result: unknown;
  readonly resultInfo: Readonly<Record<string, unknown>>;

  constructor(result: unknown, resultInfo: Readonly<Record<string, unknown>>) {
    this.result = result;
    this.resultInfo = resultInfo;
  }
}

/** A refusal in the platform's form, with the platform's own codes. */
export class ApiError extends Error {
  readonly status: number;
  readonly errors: readonly { code: number; message: string }[];

  /** @param messages one error each. */
  constructor(status: number, code: number, ...messages: readonly string[]) {
    super(messages.join('\n'));
    this.status = status;
    this.errors = messages.map((message) => ({ code, message }));
  }
}

/** One page of all items, by the query's `page` and `per_page`. */
export function pageOf(items: readonly unknown[], { searchParams }: URL, perPageByDefault = 20): Page {
  const page = Number(searchParams.get('page') ?? 1);
  const perPage = Number(searchParams.get('per_page') ?? perPageByDefault);
  const result = items.slice((page - 1) * perPage, page * perPage);
  return new Page(result, {
    page,
    per_page: perPage,
    count: result.length,
    total_count: items.length,
    total_pages: Math.ceil(items.length / perPage),
  });
}
