/** The production bundle on one workerd, once in each mode, over one storage with a sync from the simulated upstream. */
import { bundleWorker, gatewayObjects } from '../../bench/bundle.ts';
import { migrateAndSync, startBenchUpstream } from '../../bench/synced-market.ts';
import { startWorkerd } from '../../bench/workerd.ts';

export const MODES = ['open', 'audit', 'safelist', 'id_only'] as const;
export type Mode = (typeof MODES)[number];

export interface GatewaysOfModes {
  urlOf(mode: Mode): string;
  close(): Promise<void>;
}

export async function startGatewaysOfModes(adminKey: string): Promise<GatewaysOfModes> {
  const script = await bundleWorker(new AbortController().signal);
  const upstream = await startBenchUpstream();
  const workers = MODES.map((mode) => ({
    name: mode,
    script,
    storage: 'modes',
    durableObjects: gatewayObjects(),
    vars: { ...upstream.gatewayVars, OPERATIONS_MODE: mode, ADMIN_KEY: adminKey },
  }));
  const workerd = await startWorkerd(workers).catch(async (error) => {
    await upstream.close();
    throw error;
  });
  const close = async () => {
    await Promise.all([workerd.stop(), upstream.close()]);
  };
  try {
    await migrateAndSync(workerd, MODES[0], { afterTheNight: false });
  } catch (error) {
    await close();
    throw error;
  }
  return { urlOf: (mode) => workerd.urlOf(mode).origin, close };
}
