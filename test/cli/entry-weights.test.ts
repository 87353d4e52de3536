/**
 * The bytes that a memory counts for its entries are no fewer than what workerd takes for them. V8's own figures do not
 * show all of that: `Headers` and the allocator's blocks lie outside its heap.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { bundleWorker } from '../../bench/bundle.ts';
import { heapBytes, openInspector } from '../../bench/heap.ts';
import { startWorkerd, type Workerd } from '../../bench/workerd.ts';

const WORKER = 'kept-entries';
/** So much that free pages, which the process has before, do not matter. */
const FILLED_BYTES = 48e6;
/** The allocator's blocks have few sizes: those for one size of value may be a little larger than those for another. */
const UNCOUNTED = 1.1;

/** The bytes of answers: small ones, those of a list, those of a list with charts, and between them. */
const KINDS: Record<string, { name: string; bytes: readonly number[] }> = {
  'small answers': { name: 'answers', bytes: [300] },
  'answers of a list': { name: 'answers', bytes: [6_000, 8_700, 10_000, 14_000] },
  'large answers': { name: 'answers', bytes: [171_000] },
  'recognised requests': { name: 'recognisedRequests', bytes: [0] },
  'headers of hits': { name: 'hitHeaders', bytes: [0] },
  'headers of executed answers': { name: 'repeatedHeaders', bytes: [0] },
};

let script: string;
before(async () => {
  script = await bundleWorker(new AbortController().signal, 'test/support/kept-entries-worker.ts');
});

for (const [title, { name, bytes }] of Object.entries(KINDS)) {
  test(`${title} take no more than their memory counts`, { timeout: 120_000 }, async (context) => {
    const workerd = await startWorkerd([{ name: WORKER, script, storage: WORKER }], { inspector: true });
    after(() => workerd.stop());
    const fill = async (count: number) => {
      let counted = 0;
      for (const size of bytes) counted = await weightAfter(workerd, `/${name}/${count}?bytes=${size}`);
      return counted;
    };
    const perRound = await fill(10);
    const start = await fill(100);
    const before = await residentBytes(workerd);
    const times = Math.ceil(FILLED_BYTES / (perRound / 10) / 10);
    let counted = 0;
    for (let turn = 0; turn < 10; turn += 1) counted = (await fill(times)) - start;
    const grown = (await residentBytes(workerd)) - before;
    context.diagnostic(`${counted} bytes counted, ${grown} taken`);
    assert.ok(counted >= FILLED_BYTES, `${counted} bytes`);
    assert.ok(grown < UNCOUNTED * counted, `${grown} bytes for ${counted}`);
  });
}

async function weightAfter(workerd: Workerd, path: string): Promise<number> {
  const response = await fetch(new URL(path, workerd.urlOf(WORKER)));
  assert.equal(response.status, 200);
  return (await response.json()) as number;
}

async function residentBytes(workerd: Workerd): Promise<number> {
  const inspector = await openInspector(workerd, WORKER);
  await heapBytes(inspector, workerd.urlOf(WORKER));
  inspector.close();
  return workerd.memoryBytes();
}
