/**
 * Copies a value from D1 to KV, and is safe with several writers at the same time.
 *
 * The last of two writers may have the older value of D1. So each writer reads D1 again after its write, and writes
 * again if the version is another. This ends, because each of the writers changes D1 once.
 */
import { errorFields, log } from '../../observability/log.ts';

const FAILURES_MAX = 4;
/** KV accepts one write a second for a key. Random, so that writers that fail together do not retry together. */
export const kvPauseMs = (random: () => number) => 1_100 + Math.floor(random() * 2_000);

export interface BringToKvSteps<Value> {
  /** The value in D1, and a version that differs for each value; null if there is nothing to write. */
  read(): Promise<{ value: Value; version: string | number } | null>;
  write(value: Value): Promise<void>;
  sleep(ms: number): Promise<void>;
  /** From 0 to less than 1. */
  random(): number;
  /** The log event of a failed attempt. */
  failureEvent: string;
}

/** @throws the last error of D1 or KV, after several attempts. */
export async function bringToKv<Value>(steps: BringToKvSteps<Value>): Promise<void> {
  let stored: Awaited<ReturnType<typeof steps.read>> | undefined;
  let failures = 0;
  for (;;) {
    try {
      stored ??= await steps.read();
      if (stored === null) return;
      await steps.write(stored.value);
      const { version } = stored;
      stored = undefined;
      stored = await steps.read();
      if (stored?.version === version) return;
    } catch (error) {
      failures += 1;
      log.warn(steps.failureEvent, { attempt: failures, ...errorFields(error) });
      if (failures >= FAILURES_MAX) throw error;
    }
    await steps.sleep(kvPauseMs(steps.random));
  }
}
