/**
 * The heap that a Worker keeps for each byte of the bodies that its cache holds: V8's heap and array buffers after a
 * collection, through workerd's inspector, before and after a number of distinct fills.
 */
import { bodyText, headerOf } from './answer.ts';
import { askOnce } from './ask.ts';
import { assertStatus, type Scenario } from './scenario.ts';
import type { Workerd } from './workerd.ts';

/** Fills before the first reading, so that compiled code and lazily made things are not counted. */
const WARM_UP_FILLS = 20;
/** Few enough that no cache here throws any out. */
const FILLS = 60;
/** A collection runs when the isolate next does; what only a collection frees is gone by the last of these. */
const COLLECTIONS = 3;

export type HeapResult = Awaited<ReturnType<typeof measureHeap>>;

/** @param miss whose every request fills the cache of its Worker anew. */
export async function measureHeap(workerd: Workerd, miss: Scenario) {
  const url = workerd.urlOf(miss.worker);
  let bodyBytes = 0;
  let request = miss.next();
  const fill = async (times: number) => {
    bodyBytes = 0;
    for (let number = 0; number < times; number += 1) {
      request = miss.next();
      await askOnce(url, request, (answer) => {
        assertStatus(miss, answer);
        bodyBytes += answer.body.length;
      });
    }
  };
  await fill(WARM_UP_FILLS);
  const inspector = await openInspector(workerd, miss.worker);
  try {
    const before = await heapBytes(inspector, url);
    await fill(FILLS);
    const grownBytes = (await heapBytes(inspector, url)) - before;
    let keeps = false;
    await askOnce(url, request, (answer) => {
      keeps = headerOf(answer.head, 'x-cache') === 'HIT' || bodyText(answer).includes('"hit":true');
    });
    if (!keeps) throw new Error(`${miss.name}: the last answer was not kept`);
    return { name: miss.name, fills: FILLS, bodyBytes, grownBytes };
  } finally {
    inspector.close();
  }
}

interface HeapUsage {
  usedSize: number;
  /** Bytes of array buffers, which lie outside V8's heap. */
  backingStorageSize: number;
}

export interface Inspector {
  call(method: string): Promise<unknown>;
  close(): void;
}

/** Used after a collection. @param url of a Worker, which is asked so that it runs. */
export async function heapBytes(inspector: Inspector, url: URL): Promise<number> {
  let least = Number.POSITIVE_INFINITY;
  for (let number = 0; number < COLLECTIONS; number += 1) {
    // workerd never answers this; the collection comes with the next request.
    void inspector.call('HeapProfiler.collectGarbage');
    await (await fetch(new URL('/nothing-is-here', url))).arrayBuffer();
    const { usedSize, backingStorageSize } = (await inspector.call('Runtime.getHeapUsage')) as HeapUsage;
    least = Math.min(least, usedSize + backingStorageSize);
  }
  return least;
}

export async function openInspector({ miniflare }: Workerd, worker: string): Promise<Inspector> {
  const socket = new WebSocket(new URL(`/core:user:${worker}`, await miniflare.getInspectorURL()));
  await new Promise<void>((resolve, reject) => {
    socket.addEventListener('open', () => resolve());
    socket.addEventListener('error', () => reject(new Error(`no inspector of ${worker}`)));
  });
  const pending = new Map<number, (result: unknown) => void>();
  socket.addEventListener('message', ({ data }) => {
    const { id, result, error } = JSON.parse(String(data)) as {
      id?: number;
      result?: unknown;
      error?: unknown;
    };
    if (error !== undefined) throw new Error(`the inspector refuses: ${JSON.stringify(error)}`);
    if (id !== undefined) pending.get(id)?.(result);
  });
  let sent = 0;
  return {
    call(method) {
      sent += 1;
      const id = sent;
      const answered = new Promise((resolve) => pending.set(id, resolve));
      socket.send(JSON.stringify({ id, method, params: {} }));
      return answered;
    },
    close: () => socket.close(),
  };
}
