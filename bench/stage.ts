/**
 * Everything that a benchmark needs, started once: upstream, Workers on one workerd, synced storage.
 *
 * The market list of 20 exists in two sizes. Before the gateway's first night no symbol has hourly closes, and the
 * list is projects with prices; after it every price carries a week of closes for its sparkline. The small one is
 * the stricter test of everything but copying bytes.
 */
import { bundleWorker } from './bundle.ts';
import { migrateAndSync, startBenchUpstream } from './synced-market.ts';
import { startWorkerd, type Workerd } from './workerd.ts';

export const LISTS = ['prices', 'closes'] as const;
export type List = (typeof LISTS)[number];
export const LIST_NAMES: Record<List, string> = {
  prices: '20 projects with prices',
  closes: '20 projects with prices and a week of closes',
};

export interface Stage {
  workerd: Workerd;
  close(): Promise<void>;
}

export async function setStage(lists: readonly List[], signal: AbortSignal): Promise<Stage> {
  const gateway = await bundleWorker(signal);
  const upstream = await startBenchUpstream();
  let workerd: Workerd | undefined;
  const close = async () => {
    await Promise.all([workerd?.stop(), upstream.close()]);
  };
  try {
    workerd = await startWorkerd(
      lists.map((list) => ({
        name: `gateway ${list}`,
        script: gateway,
        storage: list,
        vars: upstream.gatewayVars,
      })),
    );
    for (const list of lists) {
      signal.throwIfAborted();
      await migrateAndSync(workerd, `gateway ${list}`, { afterTheNight: list === 'closes' });
    }
    return { workerd, close };
  } catch (error) {
    await close();
    throw error;
  }
}
