/**
 * A closed loop: a number of keep-alive connections, each of which sends its next request when it has its answer.
 * It measures how much a Worker can do; `open-loop.ts` measures how long a user waits.
 */
import type { Answer } from './answer.ts';
import { HttpConnection } from './http-connection.ts';
import type { RequestSource } from './requests.ts';

export interface ClosedLoop {
  url: URL;
  connections: number;
  durationMs: number;
  /** Null ends a connection before its time. */
  next: () => ReturnType<RequestSource> | null;
  /** Throws where the answer is not what was asked for; the loop ends with that. */
  onAnswer: (answer: Answer) => void;
  keepBodies: boolean;
}

/** Latencies are ascending. */
export async function runClosedLoop(loop: ClosedLoop) {
  const failed = Promise.withResolvers<never>();
  failed.promise.catch(() => undefined);
  const connections = await Promise.all(
    Array.from({ length: loop.connections }, () =>
      HttpConnection.open(loop.url, { onFailure: failed.reject, keepBodies: loop.keepBodies }),
    ),
  );
  const latenciesMs: number[] = [];
  const startedAtMs = performance.now();
  const endAtMs = startedAtMs + loop.durationMs;
  const work = connections.map(
    (connection) =>
      new Promise<void>((resolve, reject) => {
        let sentAtMs = 0;
        const take = (answer: Answer) => {
          const nowMs = performance.now();
          latenciesMs.push(nowMs - sentAtMs);
          try {
            loop.onAnswer(answer);
          } catch (error) {
            return reject(error);
          }
          if (nowMs >= endAtMs) resolve();
          else send();
        };
        const send = () => {
          const request = loop.next();
          if (request === null) return resolve();
          sentAtMs = performance.now();
          connection.send(request, take);
        };
        send();
      }),
  );
  try {
    await Promise.race([Promise.all(work), failed.promise]);
    const elapsedMs = performance.now() - startedAtMs;
    return { requests: latenciesMs.length, elapsedMs, latenciesMs: Float64Array.from(latenciesMs).sort() };
  } finally {
    for (const connection of connections) connection.close();
  }
}
