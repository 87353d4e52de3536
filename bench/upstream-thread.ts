/** The simulated upstream on a thread of its own: it answers while the generator is busy, and takes no turns from it. */
import { parentPort } from 'node:worker_threads';
import { startUpstream } from '../test/support/upstream/server.ts';

const upstream = await startUpstream();
const { mainApiUrl, priceApiUrl } = upstream.createMarket({ id: 'bench', live: true, source: 'made-up' });
parentPort?.postMessage({ mainApiUrl, priceApiUrl } satisfies UpstreamUrls);

export interface UpstreamUrls {
  mainApiUrl: string;
  priceApiUrl: string;
}
