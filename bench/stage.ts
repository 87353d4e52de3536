/**
 * Everything that a benchmark needs, started once: upstream, Workers on one workerd, synced storage.
 *
 * The market list of 20 exists in two sizes. Before the gateway's first night no symbol has hourly closes, and the
 * list is projects with prices; after it every price carries a week of closes for its sparkline. The small one is
 * the stricter test of everything but making and copying bytes.
 */
import { bundleWorker, gatewayObjects } from './bundle.ts';
import { marketInMemory } from './market-data.ts';
import { operationId, operationPath } from './requests.ts';
import { migrateAndSync, startBenchUpstream } from './synced-market.ts';
import { type BenchWorker, startWorkerd, type Workerd } from './workerd.ts';

export const LISTS = ['prices', 'closes'] as const;
export type List = (typeof LISTS)[number];
export const LIST_NAMES: Record<List, string> = {
  prices: '20 projects with prices',
  closes: '20 projects with prices and a week of closes',
};

/** The Workers, each with its entry; every one runs once for each list. */
const ENTRIES = {
  gateway: undefined,
  'gateway-in-memory': 'bench/workers/gateway-in-memory.ts',
  'peer-yoga': 'bench/workers/peer-yoga.ts',
  'peer-rest': 'bench/workers/peer-rest.ts',
  bare: 'bench/workers/bare.ts',
} as const;
export type WorkerKind = keyof typeof ENTRIES;

export const workerName = (kind: WorkerKind, list: List) => `${kind}-${list}`;

export interface Stage {
  workerd: Workerd;
  close(): Promise<void>;
}

export type Scripts = Record<WorkerKind, string>;

export async function bundleWorkers(signal: AbortSignal): Promise<Scripts> {
  const kinds = Object.keys(ENTRIES) as WorkerKind[];
  const bundled = await Promise.all(
    kinds.map(async (kind) => [kind, await bundleWorker(signal, ENTRIES[kind])] as const),
  );
  return Object.fromEntries(bundled) as Scripts;
}

export interface StageOptions {
  lists: readonly List[];
  inspector?: boolean;
  signal: AbortSignal;
}

export async function setStage(
  scripts: Scripts,
  { lists, inspector = false, signal }: StageOptions,
): Promise<Stage> {
  const upstream = await startBenchUpstream();
  let workerd: Workerd | undefined;
  const close = async () => {
    await Promise.all([workerd?.stop(), upstream.close()]);
  };
  try {
    const workers: BenchWorker[] = lists.flatMap((list) =>
      (Object.keys(scripts) as WorkerKind[]).map((kind) => ({
        name: workerName(kind, list),
        script: scripts[kind],
        storage: list,
        vars: upstream.gatewayVars,
        ...(kind === 'gateway' ? { durableObjects: gatewayObjects() } : {}),
      })),
    );
    workerd = await startWorkerd(workers, { inspector });
    for (const list of lists) {
      signal.throwIfAborted();
      await migrateAndSync(workerd, workerName('gateway', list), { afterTheNight: list === 'closes' });
      await teach(workerd, list);
    }
    return { workerd, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Gives the Workers without storage the synced market, and the gateway's own answer. */
async function teach(workerd: Workerd, list: List): Promise<void> {
  const market = JSON.stringify(await marketInMemory(workerd, workerName('gateway', list)));
  await put(workerd, workerName('gateway-in-memory', list), market);
  await put(workerd, workerName('peer-yoga', list), market);
  const url = new URL(operationPath(operationId('MarketList')), workerd.urlOf(workerName('gateway', list)));
  const answer = await fetch(url);
  const { headers } = answer;
  await put(workerd, workerName('bare', list), await answer.arrayBuffer(), headers);
}

async function put(workerd: Workerd, worker: string, body: BodyInit, headers?: Headers): Promise<void> {
  const kept = new Headers(headers);
  kept.delete('content-length');
  const answer = await fetch(workerd.urlOf(worker), { method: 'PUT', body, headers: kept });
  if (answer.status !== 204)
    throw new Error(`${worker} took nothing: ${answer.status} ${await answer.text()}`);
}
