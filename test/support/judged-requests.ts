/** Made-up requests for the judge of deployments, and its judgements in short texts. */
import type { Judgement } from '../../scripts/deploy/judge/judge.ts';
import type { MadeUpRequests } from './made-up-cells.ts';

/** Requests that are answered in time. */
export const quick = (count: number, rest: Partial<MadeUpRequests> = {}): MadeUpRequests => ({
  ...{ count, cache: 'miss', takesMs: 80 },
  ...rest,
});
/** Requests with a fault. A failed answer is kept in no cache. */
export const failed = (count: number, rest: Partial<MadeUpRequests> = {}): MadeUpRequests => ({
  ...{ count, faults: count, cache: 'bypass', outcome: 'error', takesMs: 80 },
  ...rest,
});

/** The judgement in short texts, one for each reason or regression. */
export function inShort(judgement: Judgement): string[] {
  switch (judgement.kind) {
    case 'promote':
      return ['promote'];
    case 'hold':
      return judgement.reasons.map((reason) => {
        if ('comparison' in reason)
          return `${reason.kind} ${reason.comparison.operationId} ${reason.comparison.cache} ${reason.comparison.figure}`;
        if (reason.kind === 'lost') return `lost ${reason.operationId}`;
        return reason.kind === 'few-requests' ? `${reason.kind} ${reason.version}` : reason.kind;
      });
    case 'regress':
      return judgement.regressions.map(
        ({ operationId, cache, figure }) => `regress ${operationId} ${cache} ${figure}`,
      );
    default:
      return judgement satisfies never;
  }
}
