import { EventEmitter } from 'node:events';
import { expect, test } from 'vitest';
import { watchScreen } from '../../../scripts/monitor/watch-screen.ts';

/** A terminal in memory: what is written, and keys and sizes that a test gives it. */
function terminal() {
  const written: string[] = [];
  const rawModes: boolean[] = [];
  const ended = new AbortController();
  const output = Object.assign(new EventEmitter(), {
    columns: 80,
    rows: 24,
    write: (text: string) => written.push(text) > 0,
  });
  const input = Object.assign(new EventEmitter(), {
    isTTY: true,
    setRawMode: (isRaw: boolean) => rawModes.push(isRaw),
    resume: () => undefined,
    pause: () => undefined,
  });
  return {
    written,
    rawModes,
    ended,
    output,
    input,
    streams: { output, input, ended: ended.signal } as never,
  };
}

const ENTER = '\u001b[?1049h\u001b[?25l\u001b[?7l';
const LEAVE = '\u001b[?7h\u001b[?25h\u001b[?1049l';
const picture = (...lines: string[]) =>
  `\u001b[?2026h\u001b[H${lines.map((line) => `${line}\u001b[K`).join('\r\n')}\u001b[J\u001b[?2026l`;

test('each picture is one write, and the terminal is left as it was', async () => {
  const { written, rawModes, input, output, streams } = terminal();
  let looks = 0;
  await watchScreen(streams, 0, async () => {
    looks += 1;
    if (looks === 2) input.emit('data', 'xq');
    return () => [`look ${looks}`, 'line'];
  });
  expect(written).toEqual([ENTER, picture(' asking …'), picture('look 1', 'line'), LEAVE]);
  expect(rawModes).toEqual([true, false]);
  expect([input.listenerCount('data'), output.listenerCount('resize')]).toEqual([0, 0]);
});

test.each(['\u0003', '\u0004', 'q'])('the key %j ends it while the gateway does not answer', async (key) => {
  const { written, input, streams } = terminal();
  const watching = watchScreen(streams, 5, () => new Promise(() => undefined));
  input.emit('data', Buffer.from(key));
  await watching;
  expect(written.at(-1)).toBe(LEAVE);
});

test('a signal ends it while it waits for the next look', async () => {
  const { written, ended, streams } = terminal();
  const watching = watchScreen(streams, 3_600, async () => {
    queueMicrotask(() => setImmediate(() => ended.abort()));
    return () => ['look'];
  });
  await watching;
  expect(written.slice(-2)).toEqual([picture('look'), LEAVE]);
});

test('another size of the terminal draws the same look anew', async () => {
  const { written, ended, output, streams } = terminal();
  await watchScreen(streams, 3_600, async () => {
    setImmediate(() => {
      output.columns = 120;
      output.emit('resize');
      ended.abort();
    });
    return ({ columns }) => [String(columns)];
  });
  expect(written.slice(-3)).toEqual([picture('80'), picture('120'), LEAVE]);
});

test('it leaves the screen also where a look throws', async () => {
  const { written, rawModes, streams } = terminal();
  const watching = watchScreen(streams, 5, async () => {
    throw new Error('a fault of ours');
  });
  await expect(watching).rejects.toThrow('a fault of ours');
  expect(written.at(-1)).toBe(LEAVE);
  expect(rawModes).toEqual([true, false]);
});
