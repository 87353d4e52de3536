/** `node bench/executors/run.ts [--quick]` prints what executors take, in µs and against the plan. */
import { measureCompilation } from './measure-compilation.ts';
import { type ExecutorRow, measureExecutors } from './measure-executors.ts';

const ROUNDS = 9;
const QUICK_ROUNDS = 2;

const quick = process.argv.includes('--quick');
const rounds = quick ? QUICK_ROUNDS : ROUNDS;

const cells = ({ shape, executor, microseconds, spread, timesPlan, refusal }: ExecutorRow) => ({
  shape,
  executor,
  'CPU µs': microseconds?.toFixed(1) ?? '-',
  spread: spread?.map((bound) => bound.toFixed(1)).join(' to ') ?? '-',
  '× plan': timesPlan?.toFixed(2) ?? refusal,
});

console.table((await measureExecutors({ rounds, quick })).map(cells));
console.table(
  measureCompilation({ rounds }).map(({ operation, microseconds }) => ({
    operation,
    'µs to compile': microseconds.toFixed(0),
  })),
);
