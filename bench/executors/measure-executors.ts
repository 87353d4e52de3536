/**
 * Times executors for the same answers, in this process: one after the other in every round, so that what
 * else the machine does meets all of them. Answers are compared before anything is timed, and every executor has met
 * every shape by then, as in a gateway that serves more than one operation.
 */
import { isDeepStrictEqual } from 'node:util';
import { spreadOf } from '../statistics.ts';
import type { Shape } from './executors.ts';
import { type Executor, executors, type Run } from './executors.ts';
import { listWithLoaders } from './list-with-loaders.ts';
import { synchronousShapes } from './synchronous-shapes.ts';

export interface ExecutorRow {
  readonly shape: string;
  readonly executor: string;
  /** Median over the rounds, µs of processor time an execution. */
  readonly microseconds: number;
  /** A multiple of the plan's time. */
  readonly timesPlan: number;
}

const ROUND_MS = 150;
const QUICK_ROUND_MS = 10;

interface Contender {
  readonly executor: Executor;
  readonly run: Run;
  readonly samples: number[];
}

/** @param quick less time a round, for a smoke test: numbers not worth quoting. */
export async function measureExecutors(rounds: number, quick: boolean): Promise<ExecutorRow[]> {
  const shapes = [listWithLoaders, ...synchronousShapes];
  const fields = await Promise.all(
    shapes.map(async (shape) => ({ shape, contenders: await contendersFor(shape) })),
  );
  const roundMs = quick ? QUICK_ROUND_MS : ROUND_MS;
  for (const { contenders } of fields) {
    for (const { run } of contenders) await time(run, roundMs);
  }
  for (let round = 0; round < rounds; round++) {
    for (const { contenders } of fields) {
      for (const { run, samples } of contenders) {
        samples.push(await time(run, roundMs));
      }
    }
  }
  return fields.flatMap(({ shape, contenders }) => rowsOf(shape, contenders));
}

async function contendersFor(shape: Shape): Promise<Contender[]> {
  const expected: unknown = JSON.parse(JSON.stringify(await shape.handWritten(shape.createContext())));
  const contenders: Contender[] = [];
  for (const executor of executors) {
    const run = executor.prepare(shape);
    const { data, errors } = (await run()) as { data?: unknown; errors?: unknown };
    if (errors !== undefined || !isDeepStrictEqual(JSON.parse(JSON.stringify(data)), expected))
      throw new Error(
        `${executor.name} answers ${shape.name} otherwise: ${JSON.stringify({ data, errors })}`,
      );
    contenders.push({ executor, run, samples: [] });
  }
  return contenders;
}

/**
 * µs of processor time an execution, over at least so many milliseconds: what else the machine does is not charged, and
 * what the collector does beside the main thread is.
 */
async function time(run: Run, atLeastMs: number): Promise<number> {
  let executions = 0;
  const begin = performance.now();
  const before = process.cpuUsage();
  while (performance.now() - begin < atLeastMs) {
    for (let repeat = 0; repeat < 10; repeat++) {
      const result = run();
      // Awaiting what is no promise would be charged to the executor.
      if (result instanceof Promise) await result;
    }
    executions += 10;
  }
  const { user, system } = process.cpuUsage(before);
  return (user + system) / executions;
}

function rowsOf(shape: Shape, contenders: readonly Contender[]): ExecutorRow[] {
  const plan = spreadOf(contenders[0]?.samples ?? []).median;
  return contenders.map(({ executor, samples }) => {
    const microseconds = spreadOf(samples).median;
    return { shape: shape.name, executor: executor.name, microseconds, timesPlan: microseconds / plan };
  });
}
