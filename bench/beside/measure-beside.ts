/**
 * `npm run bench -- --beside <commit>`: is the working tree slower than a commit?
 *
 * Three gateways take turns in every round: the working tree, the commit, the working tree again. CPU time of each
 * one's own process decides; rates stand beside it. The commit is compared with the two turns around its
 * own; a ratio above 1 means that the working tree needs less. The noise is the range of the ratios that the working
 * tree has with itself. It never fails: the verdict is for a person to read.
 */
import { medianRange, spreadOf } from '../statistics.ts';
import { type Table, tableText } from '../tables.ts';
import { type Contestants, startContestants } from './contestants.ts';
import { PARTS, type Part, type Turn } from './parts.ts';

/** The least ratio that is accepted without a look at the noise. */
const TARGET = 0.97;

export interface BesideOptions {
  commit: string;
  /** Keys of `PARTS`. */
  parts: readonly string[];
  rounds: number;
  signal: AbortSignal;
  report(line: string): void;
}

/** The turns of one round. */
export type Round = readonly [workingTree: Turn, commit: Turn, workingTreeAgain: Turn];

/** A median, and the range that it is known to. */
interface Ratio {
  median: number;
  range: readonly [low: number, high: number];
}

type Comparison = ReturnType<typeof compared>;

export async function measureBeside(options: BesideOptions): Promise<void> {
  const { commit, parts, signal, report } = options;
  const contestants = await startContestants(commit, signal);
  try {
    const rows: (readonly [Part, Comparison])[] = [];
    for (const key of parts) {
      const part = PARTS[key];
      if (part !== undefined) rows.push([part, compared(await measurePart(part, contestants, options))]);
    }
    report(`\n${tableText(besideTable(rows, commit))}`);
    report(
      `\nRatios are ${commit}'s CPU over the working tree's. Target: ≥ ${TARGET}, or within the noise.\nBehind each median stands the range that it is known to: where that is wide, the machine was busy.`,
    );
  } finally {
    await contestants.close();
  }
}

async function measurePart(
  part: Part,
  { all }: Contestants,
  { rounds, signal, report }: BesideOptions,
): Promise<Round[]> {
  const [own, other, again] = [
    await part.enter(all[0], signal),
    await part.enter(all[1], signal),
    await part.enter(all[2], signal),
  ];
  const measured: Round[] = [];
  for (let number = 1; number <= rounds; number += 1) {
    signal.throwIfAborted();
    for (let turn = 0; turn < part.turns; turn += 1) {
      const round: Round = [await own.turn(), await other.turn(), await again.turn()];
      const cpu = round.map(({ cpuMicroseconds }) => cpuMicroseconds.toFixed(1)).join('  ');
      report(`round ${number}  ${part.name.padEnd(28)}  CPU µs/${part.unit}  ${cpu}`);
      measured.push(round);
    }
  }
  for (const entrant of [own, other, again]) await entrant.leave();
  return measured;
}

export function compared(rounds: readonly Round[]) {
  const ownCpu = rounds.flatMap(([own, , again]) => [own.cpuMicroseconds, again.cpuMicroseconds]);
  const otherCpu = rounds.map(([, other]) => other.cpuMicroseconds);
  // Not with the mean of the two: a disturbed turn only ever needs more, so their mean lies above a single turn.
  const ratio = ratioOf(
    rounds.flatMap(([own, other, again]) =>
      [own, again].map((turn) => other.cpuMicroseconds / turn.cpuMicroseconds),
    ),
  );
  const noise = ratioOf(rounds.map(([own, , again]) => own.cpuMicroseconds / again.cpuMicroseconds));
  const rates = rounds.flatMap(([own, other, again]) =>
    [own, again].flatMap((turn) =>
      turn.perSecond === null || other.perSecond === null
        ? []
        : [{ own: turn.perSecond, other: other.perSecond }],
    ),
  );
  // Either of the two turns may need more by chance, so the noise reaches as far below 1 as above.
  const [low, high] = noise.range;
  const noiseFloor = Math.min(low, 1 / high);
  return {
    /** Medians of the working tree and of the commit. */
    cpu: [spreadOf(ownCpu).median, spreadOf(otherCpu).median],
    perSecond: rates.length === 0 ? null : spreadOf(rates.map(({ own }) => own)).median,
    ratio,
    rateRatio: rates.length === 0 ? null : ratioOf(rates.map(({ own, other }) => own / other)),
    noise,
    verdict: ratio.median >= TARGET ? 'met' : ratio.median >= noiseFloor ? 'within the noise' : 'missed',
  };
}

const ratioOf = (ratios: readonly number[]): Ratio => ({
  median: spreadOf(ratios).median,
  range: medianRange(ratios),
});

const ratioText = ({ median, range: [low, high] }: Ratio) =>
  `${median.toFixed(3)} (${low.toFixed(3)}–${high.toFixed(3)})`;

function besideTable(rows: readonly (readonly [Part, Comparison])[], commit: string): Table {
  const digits = ({ unit }: Part) => (unit === 'frame' ? 1 : 0);
  return [
    [
      '',
      'CPU µs, working tree',
      `CPU µs, ${commit}`,
      'ratio',
      'noise',
      '',
      'rate, working tree',
      'rate ratio',
    ],
    ...rows.map(([part, { cpu, perSecond, ratio, rateRatio, noise, verdict }]) => [
      `${part.name}, a ${part.unit}`,
      ...cpu.map((microseconds) => microseconds.toFixed(digits(part))),
      ratioText(ratio),
      ratioText(noise),
      verdict,
      perSecond?.toFixed(0) ?? '',
      rateRatio === null ? '' : ratioText(rateRatio),
    ]),
  ];
}
