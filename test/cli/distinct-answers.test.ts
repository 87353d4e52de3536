/** Very many distinct answers, over real connections to workerd: its resident memory shows what evicted ones leave behind. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bundleWorker } from '../../bench/bundle.ts';
import { measureDistinctAnswers } from '../../bench/distinct-answers.ts';
import { isFlat, JUDGED_PASSES } from '../../bench/memory-passes.ts';
import { ISOLATE_MEMORY_MAX_BYTES } from '../../src/config.ts';

test('memory does not grow with more passes of 500 distinct operations with large answers, each by GET and POST', {
  timeout: 480_000,
}, async () => {
  const { signal } = new AbortController();
  const script = await bundleWorker(signal, 'bench/workers/gateway-in-memory.ts');
  const { bodyBytes, startBytes, passes } = await measureDistinctAnswers({
    script,
    operations: 500,
    projects: 20,
    passes: JUDGED_PASSES,
    signal,
  });
  assert.ok(500 * bodyBytes > ISOLATE_MEMORY_MAX_BYTES, `answers of ${bodyBytes} bytes`);
  for (const { peakBytes, hits } of passes) {
    // The second and the later requests of an operation are hits, unless the answer of a minute has become stale.
    assert.ok(hits > 1_300, `${hits} hits`);
    const grownBytes = peakBytes - startBytes;
    assert.ok(grownBytes < ISOLATE_MEMORY_MAX_BYTES, `grown by ${grownBytes} bytes`);
  }
  assert.ok(isFlat(passes), `growing: ${JSON.stringify(passes)}`);
});
