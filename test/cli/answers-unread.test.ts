/**
 * Large answers that nobody reads, over real connections to workerd, in a heap as large as the platform's. Files run in the
 * order of their names: this one waits the longest, and so begins first.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bundleLiveWorkers } from '../../bench/live/live-servers.ts';
import { measureUnread } from '../../bench/live/measure-unread.ts';
import { isFlat, JUDGED_PASSES } from '../../bench/memory-passes.ts';
import { HUB_BEHIND_MAX_MS, ISOLATE_MEMORY_MAX_BYTES } from '../../src/config.ts';

test('a hundred sockets that ask and never read take a bounded memory, which does not grow with more of them', {
  timeout: 480_000,
}, async () => {
  const { signal } = new AbortController();
  const { gateway } = await bundleLiveWorkers(signal);
  const { answerBytes, startBytes, passes, ...asked } = await measureUnread({
    script: gateway,
    signal,
    sockets: 100,
    passes: JUDGED_PASSES,
    // Silent sockets are closed meanwhile, and others are answered in their place.
    settleMs: HUB_BEHIND_MAX_MS,
  });
  assert.ok(asked.sockets * asked.queries * answerBytes > 30 * ISOLATE_MEMORY_MAX_BYTES);
  for (const { peakBytes } of passes) {
    const grownBytes = peakBytes - startBytes;
    assert.ok(grownBytes < ISOLATE_MEMORY_MAX_BYTES, `grown by ${grownBytes} bytes`);
  }
  assert.ok(isFlat(passes), `growing: ${JSON.stringify(passes)}`);
});
