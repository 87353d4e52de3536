/**
 * Brings a value of KV to what D1 holds, whoever else does the same at that time.
 *
 * Of two writers the one that comes last may have read D1 first, so each looks again until D1 is as it wrote. It ends:
 * whoever writes at the same time changes D1 once.
 */
import { errorFields, log } from '../../observability/log.ts';

const FAILURES_MAX = 4;
/** KV takes one write a second of a key. */
const KV_PAUSE_MS = 1_100;

export interface BringToKvSteps<Value> {
  /** What D1 holds, and what tells it from what it held before; null where there is nothing to write. */
  read(): Promise<{ value: Value; version: string | number } | null>;
  write(value: Value): Promise<void>;
  sleep(ms: number): Promise<void>;
  /** The event under which a failed try is logged. */
  failureEvent: string;
}

/** @throws what D1 or KV threw last, after some tries. */
export async function bringToKv<Value>(steps: BringToKvSteps<Value>): Promise<void> {
  let held: Awaited<ReturnType<typeof steps.read>> | undefined;
  let failures = 0;
  for (;;) {
    try {
      held ??= await steps.read();
      if (held === null) return;
      await steps.write(held.value);
      const { version } = held;
      held = undefined;
      held = await steps.read();
      if (held?.version === version) return;
    } catch (error) {
      failures += 1;
      log.warn(steps.failureEvent, { attempt: failures, ...errorFields(error) });
      if (failures >= FAILURES_MAX) throw error;
    }
    await steps.sleep(KV_PAUSE_MS);
  }
}
