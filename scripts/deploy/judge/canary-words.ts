/** Judgements in sentences that people read. */

import { releaseNames, shortMetricsId } from '../../operations/printed-values.ts';
import { printable } from '../../operations/table.ts';
import type { Comparison } from './comparison.ts';
import type { HoldReason } from './judge.ts';
import type { KnownOperations } from './known-operations.ts';

const NUMBERS = new Intl.NumberFormat('en-US');
const PERCENT = new Intl.NumberFormat('en-US', { style: 'percent', maximumFractionDigits: 2 });

const numberInWords = (count: number) => NUMBERS.format(count);

const figureInWords = (figure: Comparison['figure'], value: number) =>
  figure === 'p95' ? `${numberInWords(Math.round(value))} ms` : PERCENT.format(value);

const FIGURES = {
  faults: 'share of requests with faults',
  p95: '95th percentile of the durations',
  refusals: 'share of refused requests',
} as const satisfies Record<Comparison['figure'], string>;

const CACHES = {
  ...{ hit: 'hits', stale: 'stale hits', miss: 'misses', bypass: 'requests past the cache' },
  ...{ executed: 'executed requests', cached: 'requests that a cache answered' },
  all: 'all requests',
} as const satisfies Record<Comparison['cache'], string>;

/** The name and the short id; the id alone of a route or a job. */
function operationInWords(operationId: string, known: KnownOperations): string {
  const name = known.get(operationId)?.name;
  const id = shortMetricsId(operationId);
  return printable(name === undefined ? id : `${name} (${id})`);
}

export function comparisonInWords(comparison: Comparison, known: KnownOperations): string {
  const { operationId, cache, figure, oldFigure, newFigure, oldRequests, newRequests } = comparison;
  const releases = known.get(operationId)?.releases ?? [];
  const askedBy = releases.length === 0 ? '' : `, which ${printable(releaseNames(releases))} may ask for`;
  const oldText =
    oldFigure === null
      ? 'the old version has too few to compare'
      : `${figureInWords(figure, oldFigure)} (of ${numberInWords(oldRequests)}) before`;
  const newText = `${figureInWords(figure, newFigure)} (of ${numberInWords(newRequests)}) now`;
  return `${operationInWords(operationId, known)}, ${CACHES[cache]}: ${FIGURES[figure]} ${newText}, ${oldText}${askedBy}`;
}

export function reasonInWords(reason: HoldReason, known: KnownOperations): string {
  switch (reason.kind) {
    case 'silent':
      return reason.counted === 0
        ? `The new version has counted no request, and the old one ${numberInWords(reason.oldRequests)}: it may end before it counts.`
        : `The new version has answered nothing but refusals, health checks and jobs (${numberInWords(reason.counted)}), and the old one ${numberInWords(reason.oldRequests)} requests.`;
    case 'lost': {
      const { operationId, oldRequests, newRequests, expected } = reason;
      const subject = operationId === null ? 'The' : `${operationInWords(operationId, known)}: the`;
      return `${subject} new version has counted ${numberInWords(newRequests)} requests. By its share of the traffic and the ${numberInWords(oldRequests)} of the old one they should be about ${numberInWords(Math.round(expected))}: it may end before it counts.`;
    }
    case 'few-requests':
      return `The ${reason.version} version has counted ${numberInWords(reason.requests)} of the ${numberInWords(reason.needed)} requests that are needed.`;
    case 'unjudged': {
      const { operationId, cache, newRequests } = reason.comparison;
      return `${operationInWords(operationId, known)}, ${CACHES[cache]}: the new version has counted ${numberInWords(newRequests)} of the ${numberInWords(reason.needed)} that are needed.`;
    }
    case 'doubt':
      return `Not certain yet: ${comparisonInWords(reason.comparison, known)}.`;
    default:
      return reason satisfies never;
  }
}

export const durationText = (seconds: number): string =>
  seconds < 60 ? `${Number(seconds.toFixed(1))} s` : `${Number((seconds / 60).toFixed(1))} min`;

export const countsInWords = (seconds: number, oldRequests: number, newRequests: number): string =>
  `${durationText(seconds)}: ${numberInWords(newRequests)} requests by the new version, ${numberInWords(oldRequests)} by the old one`;
