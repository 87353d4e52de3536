/**
 * The memory of workerd while a gateway answers very many distinct requests, each with a large answer: by GET and by
 * POST, each twice, so that the second one is a hit; then all of them once more. Memory that the isolate keeps of evicted
 * answers would grow with the requests. A bare Worker is asked the same.
 */
import { heapBytes, openInspector } from './heap.ts';
import { HttpConnection } from './http-connection.ts';
import { marketOf } from './market-of-projects.ts';
import type { PassMemory } from './memory-passes.ts';
import { distinctMarketListVariables, operationByGet, operationByPost, operationId } from './requests.ts';
import { startWorkerd } from './workerd.ts';

export interface DistinctAnswersOptions {
  /** The bundle of `workers/gateway-in-memory.ts`. */
  script: string;
  /** Distinct operations with their variables. */
  operations: number;
  /** Projects of one answer, each with a week of closes: some 8 KB. */
  projects: number;
  passes: number;
  signal: AbortSignal;
}

export interface MemoryPass extends PassMemory {
  hits: number;
}

export interface DistinctAnswersResult {
  operations: number;
  /** The bytes of one answer. */
  bodyBytes: number;
  /** The resident memory after a hundred answers, which compiled code and the first garbage are part of. */
  startBytes: number;
  passes: MemoryPass[];
}

const WORKER = 'measured';
const WARM_UP_OPERATIONS = 100;
const CONNECTIONS = 4;

export const measureDistinctAnswers = (options: DistinctAnswersOptions): Promise<DistinctAnswersResult> =>
  measureAnswers(JSON.stringify(marketOf(options.projects)), options);

export interface BareAnswersOptions extends DistinctAnswersOptions {
  /** The bundle of `workers/bare-encoding.ts`. */
  script: string;
  bodyBytes: number;
}

/** The same requests to a Worker that answers as many bytes, with fewer headers, and keeps none. */
export const measureBareAnswers = (options: BareAnswersOptions): Promise<DistinctAnswersResult> =>
  measureAnswers('x'.repeat(options.bodyBytes), options);

/** @param content is put before the requests: the Worker answers from it. */
async function measureAnswers(
  content: string,
  options: DistinctAnswersOptions,
): Promise<DistinctAnswersResult> {
  const { script, operations, projects, signal } = options;
  const workerd = await startWorkerd([{ name: WORKER, script, storage: WORKER }], {
    hasHeapLimit: true,
    inspector: true,
  });
  try {
    const url = workerd.urlOf(WORKER);
    const { status } = await fetch(url, { method: 'PUT', body: content });
    if (status !== 204) throw new Error(`the Worker did not take what it answers from: ${status}`);
    const asking = { url, projects, memoryBytes: () => workerd.memoryBytes(), signal };
    await askAll(distinct(WARM_UP_OPERATIONS), asking);
    const startBytes = workerd.memoryBytes();
    const inspector = await openInspector(workerd, WORKER);
    const asked = distinct(operations);
    const passes: MemoryPass[] = [];
    let bodyBytes = 0;
    for (let pass = 0; pass < options.passes; pass += 1) {
      const { bytes, ...measured } = await askAll(asked, asking);
      passes.push({ ...measured, heldBytes: await heapBytes(inspector, url) });
      bodyBytes = bytes;
    }
    inspector.close();
    return { operations, bodyBytes, startBytes, passes };
  } finally {
    await workerd.stop();
  }
}

const distinct = (count: number) => Array.from({ length: count }, distinctMarketListVariables);

interface Asking {
  url: URL;
  projects: number;
  memoryBytes(): number;
  signal: AbortSignal;
}

async function askAll(cursors: readonly { after: string }[], asking: Asking) {
  const { url, projects, memoryBytes, signal } = asking;
  const marketList = operationId('MarketList');
  const left = cursors.values();
  let peakBytes = memoryBytes();
  let hits = 0;
  let bytes = 0;
  const failed = Promise.withResolvers<never>();
  failed.promise.catch(() => undefined);
  const connections = await Promise.all(
    Array.from({ length: CONNECTIONS }, () =>
      HttpConnection.open(url, { onFailure: failed.reject, keepBodies: false }),
    ),
  );
  const askBy = async (connection: HttpConnection) => {
    for (const { after } of left) {
      signal.throwIfAborted();
      const variables = { after, first: projects };
      const [get, post] = [operationByGet(marketList, variables), operationByPost(marketList, variables)];
      for (const request of [get, get, post, post]) {
        const { status, head } = await new Promise<{ status: number; head: string }>((resolve) => {
          connection.send(request, resolve);
        });
        if (status !== 200) throw new Error(`an answer with status ${status}:\n${head}`);
        if (/^x-cache: HIT/im.test(head)) hits += 1;
        bytes = Number(/^content-length: (\d+)/im.exec(head)?.[1]);
      }
      peakBytes = Math.max(peakBytes, memoryBytes());
    }
  };
  try {
    await Promise.race([Promise.all(connections.map(askBy)), failed.promise]);
  } finally {
    for (const connection of connections) connection.close();
  }
  return { peakBytes, hits, bytes };
}
