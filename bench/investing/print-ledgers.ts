/** Investments a second, with a verdict. */
import { percentText, type Section, spreadText } from '../tables.ts';
import type { LedgerRounds, LedgersResult } from './measure-ledgers.ts';

const RATIO_MIN = 0.5;
const HEAD = [
  '',
  'investments/s',
  'p50 ms',
  'p99 ms',
  'CPU µs/investment',
  `× the bare object, ≥ ${RATIO_MIN}`,
];

export function ledgersSection(result: LedgersResult): Section {
  const { investments, connections, ledger, bare, bareAlone, ratio, ratioByThread, tenLedgers, steady } =
    result;
  const rowOf = (name: string, rounds: LedgerRounds, verdict: string) => [
    name,
    spreadText(rounds.perSecond, 0),
    spreadText(rounds.p50Ms, 1),
    spreadText(rounds.p99Ms, 1),
    spreadText(rounds.cpuMicroseconds, 0),
    verdict,
    percentText(rounds.workerdThreadBusy.median),
    percentText(rounds.workerdThreadWaiting.median),
  ];
  const isMet = ratio.median >= RATIO_MIN;
  const verdict = `${spreadText(ratio, 2)}, by CPU alone ${ratioByThread.median.toFixed(2)}: ${isMet ? 'met' : 'missed'}`;
  return {
    title:
      `${investments} investments by as many users on ${connections} connections, each round into a new pool. The bare object ` +
      'writes the same rows, into its own database and in batches into D1; the ledger also calls the main API meanwhile',
    rows: [
      [...HEAD, 'workerd busy', 'waiting'],
      rowOf('one ledger', ledger, verdict),
      rowOf('a bare Durable Object', bare, ''),
      rowOf('the same without D1', bareAlone, ''),
      rowOf('ten ledgers in parallel', tenLedgers, ''),
      [
        `one ledger at ${steady.ratePerSecond} a second`,
        String(steady.ratePerSecond),
        spreadText(steady.p50Ms, 1),
        spreadText(steady.p99Ms, 1),
        '',
        '',
        '',
        '',
      ],
    ],
    brief: HEAD.length,
  };
}
