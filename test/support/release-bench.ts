/**
 * A gateway in `id_only`, three small operations to publish, and how each of them answers.
 *
 * `beforeEach(startReleases)` renews all that is exported here: it is of the test that runs.
 */
import { vi } from 'vitest';
import { isReservedClient } from '../../src/operations/manifest.ts';
import { ADMIN_KEY, adminOf, operationNamed, type Submitted } from './admin.ts';
import { startGateway, type TestGateway } from './gateway.ts';
import { type Serving, startServing } from './serving-bench.ts';

export let serving: Serving;
export let admin: ReturnType<typeof adminOf>;
export let one: Submitted;
export let two: Submitted;
export let three: Submitted;

const VARS = { ADMIN_KEY, OPERATIONS_MODE: 'id_only' };

export async function startReleases(): Promise<void> {
  serving = await startServing({ crons: [], vars: VARS });
  admin = adminOf(serving.gateway);
  one = await operationNamed('One');
  two = await operationNamed('Two');
  three = await operationNamed('Three');
}

/** KV fails meanwhile, and the gateway's pauses between its attempts take no time. */
export async function whileKvIsDown<Result>(work: () => Promise<Result>): Promise<Result> {
  serving.cacheKv.fail('KV is down');
  const pause = vi.spyOn(globalThis, 'setTimeout').mockImplementation(((resume: () => void) => {
    queueMicrotask(resume);
  }) as never);
  try {
    return await work();
  } finally {
    pause.mockRestore();
    serving.cacheKv.fail(null);
  }
}

/** Another isolate over the same storage. */
export const anotherGateway = () => startGateway(serving.market, VARS);

/** Status and, where it was refused, the code. */
export async function run(operation: { id: string }, gateway: TestGateway = serving.gateway) {
  const { status, errors, headers } = await gateway.post({ documentId: operation.id });
  const code = errors?.[0]?.extensions.code;
  return { status, ...(code === undefined ? {} : { code }), sunset: headers.get('sunset') };
}
export const RUNS = { status: 200, sunset: null };
export const RETIRED = { status: 410, code: 'PERSISTED_QUERY_RETIRED', sunset: null };
export const UNKNOWN = { status: 404, code: 'PERSISTED_QUERY_NOT_IN_LIST', sunset: null };

/** Names as the client's version. */
export const clientHeaders = (client: string, version: string) => ({
  'graphql-client-name': client,
  'graphql-client-version': version,
});

export async function allReleases() {
  const { body } = await admin.get<{
    releases: { client: string; version: string; state: string; operations: number }[];
  }>('/releases');
  return body.releases;
}

/** Without the gateway's own. */
/** Those of apps. */
export const releases = async () => (await allReleases()).filter(({ client }) => !isReservedClient(client));
