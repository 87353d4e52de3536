/** A market behind `/api`: each route's answer, and the GraphQL answers beside it. */
import { expect } from 'vitest';
import { CRONS } from './gateway.ts';
import { callRest } from './rest.ts';
import { FIRST_SYNC, type Serving, startServing } from './serving-bench.ts';

export class RestMarket {
  readonly serving: Serving;

  private constructor(serving: Serving) {
    this.serving = serving;
  }

  static async start(): Promise<RestMarket> {
    return new RestMarket(await startServing({ crons: [...FIRST_SYNC, CRONS.hourly, CRONS.nightly] }));
  }

  // biome-ignore lint/suspicious/noExplicitAny: each route has another shape, and the tests compare whole bodies.
  get = (path: string, headers = {}) => callRest<any>(this.serving.gateway, path, { headers });

  /** The body of a whole answer. */
  ok = async (path: string) => {
    const { status, body } = await this.get(path);
    expect([path, status, body.warnings]).toEqual([path, 200, undefined]);
    return body;
  };

  /** By GraphQL. */
  answered = async <Data>(query: string, variables: Record<string, unknown> = {}): Promise<Data> => {
    const { data, errors } = await this.serving.gateway.query<Data>(query, variables);
    expect(errors).toBeUndefined();
    return data;
  };
}
