/**
 * Simulated traffic over two versions of the Worker: each request is answered by either by chance. Upstream has bursts of
 * faults and of slowness that both versions see, and the new version's cache begins cold.
 */
import { VersionSample } from '../../scripts/deploy/judge/version-sample.ts';
import { LatencyHistogram } from '../../src/observability/latency-histogram.ts';
import type { CacheResult } from '../../src/observability/request-metrics.ts';
import { madeUpCell } from './made-up-cells.ts';
import { drawsOf } from './upstream/random.ts';

export interface CanaryTraffic {
  seed: number;
  /** The part of the requests that the new version gets, from 0 to 1. */
  share: number;
  operations: number;
  /** The mean number of requests of one operation between two looks. */
  requestsALook: number;
  /** The part of the looks in which upstream fails and is slow, from 0 to 1. */
  burstShare: number;
  /** The fault of one operation of the new version. */
  planted?: { operationId: string; faultShare?: number; slowerBy?: number };
}

export interface Look {
  oldSample: VersionSample;
  newSample: VersionSample;
}

const NOW = 1_764_000_000;

export const operationOf = (index: number) => `sha256:operation-${index}`;

/** The samples after each look. They are the same objects each time. */
export function* canaryTraffic(traffic: CanaryTraffic): Generator<Look> {
  const random = drawsOf(traffic.seed);
  const samples = { oldSample: new VersionSample(), newSample: new VersionSample() };
  for (let look = 0; ; look += 1) {
    const period = Math.floor(Math.log2(look + 1));
    const isBurst = random() < traffic.burstShare;
    for (let index = 0; index < traffic.operations; index += 1) {
      const cells = { old: new CellSum(), new: new CellSum() };
      const operationId = operationOf(index);
      const requests = Math.round(traffic.requestsALook * (0.2 + 1.6 * random()));
      for (let request = 0; request < requests; request += 1) {
        const version = random() < traffic.share ? 'new' : 'old';
        const isPlanted = version === 'new' && traffic.planted?.operationId === operationId;
        const { faultShare = 0, slowerBy = 1 } = (isPlanted && traffic.planted) || {};
        const missShare = version === 'new' ? 0.2 + 0.8 * Math.exp(-look / 5) : 0.2;
        const isMiss = random() < missShare;
        const isFault = isMiss && random() < faultShare + (isBurst ? 0.2 : 0.0005);
        // Log-normal about: most requests wait 40 to 200 ms for upstream, and some a second.
        const spread = Math.exp(random() + random() + random() - 1.5);
        const waitsMs = (60 + 40 * index) * spread * slowerBy * (isBurst ? 4 : 1);
        const cache = isFault ? 'bypass' : isMiss ? 'miss' : 'hit';
        cells[version].add(cache, isMiss ? waitsMs : 0, isFault);
      }
      samples.oldSample.add(cells.old.cells(operationId), period);
      samples.newSample.add(cells.new.cells(operationId), period);
    }
    yield samples;
  }
}

class CellSum {
  readonly #sums = new Map<CacheResult, { count: number; faults: number; histogram: LatencyHistogram }>();

  add(cache: CacheResult, takesMs: number, isFault: boolean): void {
    const sum = this.#sums.get(cache) ?? { count: 0, faults: 0, histogram: new LatencyHistogram() };
    this.#sums.set(cache, sum);
    sum.count += 1;
    sum.faults += isFault ? 1 : 0;
    sum.histogram.add(takesMs);
  }

  cells(operationId: string) {
    return [...this.#sums].map(([cache, { histogram, ...counts }]) =>
      madeUpCell({ operationId, cache, ...counts, histogram: histogram.sparse() }, NOW),
    );
  }
}
