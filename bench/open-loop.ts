/**
 * An open loop: requests leave when their time has come, whether earlier ones were answered or not, as users' do.
 *
 * Latency counts from the scheduled time. Where a Worker stands still, those who would have come meanwhile wait too,
 * and their waiting shows; a closed loop would send nothing and see one slow answer (coordinated omission).
 */
import type { Answer } from './answer.ts';
import { HttpConnection } from './http-connection.ts';

export interface OpenLoop<Request> {
  url: URL;
  ratePerSecond: number;
  durationMs: number;
  /** From 0 to 1; arrivals are independent of one another (exponential gaps). */
  random: () => number;
  next: () => { bytes: Uint8Array; request: Request };
  keepBodies?: boolean;
  onAnswer: (answer: Answer, request: Request) => void;
}

/** So many that none is waited for as long as the Worker keeps up. */
const CONNECTIONS = 64;
/** Timers come up to a millisecond late; what is due sooner is waited for awake. */
const AWAKE_MS = 2;
/** A request without an answer is lost after this. On a busy machine a login waits for its hash for a good part of it. */
const PATIENCE_MS = 120_000;

/** Latencies are ascending; a request without an answer at the end counts with the time it had waited. */
export async function runOpenLoop<Request>(loop: OpenLoop<Request>) {
  const failed = Promise.withResolvers<never>();
  failed.promise.catch(() => undefined);
  const options = { onFailure: failed.reject, keepBodies: loop.keepBodies ?? false };
  const connections = await Promise.all(
    Array.from({ length: CONNECTIONS }, () => HttpConnection.open(loop.url, options)),
  );
  const idle = [...connections];
  const latenciesMs: number[] = [];
  const waiting = new Set<{ dueAtMs: number }>();
  const queue: { dueAtMs: number }[] = [];
  let queueHead = 0;

  const dispatch = (connection: HttpConnection): boolean => {
    const arrival = queue[queueHead];
    if (arrival === undefined) return false;
    queueHead += 1;
    const { bytes, request } = loop.next();
    connection.send(bytes, (answer) => {
      waiting.delete(arrival);
      latenciesMs.push(performance.now() - arrival.dueAtMs);
      try {
        loop.onAnswer(answer, request);
      } catch (error) {
        failed.reject(error);
        return;
      }
      if (!dispatch(connection)) idle.push(connection);
    });
    return true;
  };

  const gapMs = () => (-Math.log(1 - loop.random()) * 1000) / loop.ratePerSecond;
  const startedAtMs = performance.now();
  const endAtMs = startedAtMs + loop.durationMs;
  let nextAtMs = startedAtMs + gapMs();
  const finished = new Promise<void>((resolve) => {
    const turn = () => {
      const nowMs = performance.now();
      for (; nextAtMs <= nowMs && nextAtMs < endAtMs; nextAtMs += gapMs()) {
        const arrival = { dueAtMs: nextAtMs };
        waiting.add(arrival);
        queue.push(arrival);
      }
      for (let connection = idle.pop(); connection !== undefined; connection = idle.pop()) {
        if (dispatch(connection)) continue;
        idle.push(connection);
        break;
      }
      const allSent = nextAtMs >= endAtMs;
      if (allSent && (waiting.size === 0 || nowMs > endAtMs + PATIENCE_MS)) return resolve();
      const pauseMs = (allSent ? nowMs + 2 * AWAKE_MS : nextAtMs) - nowMs - AWAKE_MS;
      if (pauseMs > 0) setTimeout(turn, pauseMs);
      else setImmediate(turn);
    };
    turn();
  });
  try {
    await Promise.race([finished, failed.promise]);
    const nowMs = performance.now();
    const unanswered = [...waiting].map(({ dueAtMs }) => nowMs - dueAtMs);
    return {
      latenciesMs: Float64Array.from([...latenciesMs, ...unanswered]).sort(),
      unanswered: unanswered.length,
    };
  } finally {
    for (const connection of connections) connection.close();
  }
}
