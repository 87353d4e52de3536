/** The resident memory of workerd under load, pass by pass, with a verdict. */
import { ISOLATE_MEMORY_MAX_BYTES } from '../src/config.ts';
import type { DistinctAnswersResult, MemoryPass } from './distinct-answers.ts';
import type { UnreadResult } from './live/measure-unread.ts';
import { bytesText, type Section } from './tables.ts';

/** The next collection may come a little later. */
const FLAT = 1.08;

export function memorySection({ operations, bodyBytes, startBytes, passes }: DistinctAnswersResult): Section {
  return passesSection(
    `Resident memory of workerd during ${operations.toLocaleString('en-US')} distinct operations, each twice by GET and ` +
      `twice by POST, with answers of ${bytesText(bodyBytes)}`,
    startBytes,
    passes,
  );
}

export function unreadSection(result: UnreadResult): Section {
  const { sockets, queries, answerBytes, startBytes, passes } = result;
  const readerMs = passes.map((pass) => pass.readerMs.toFixed(0)).join(', ');
  return passesSection(
    `Resident memory of workerd while ${sockets} sockets that read nothing ask ${queries} queries each, with answers of ` +
      `${bytesText(answerBytes)}; a socket that reads was answered after ${readerMs} ms`,
    startBytes,
    passes,
  );
}

function passesSection(
  title: string,
  startBytes: number,
  passes: readonly Pick<MemoryPass, 'peakBytes'>[],
): Section {
  const peaks = passes.map(({ peakBytes }) => peakBytes);
  const mostBytes = Math.max(...peaks);
  const isFlat = mostBytes < FLAT * (peaks[0] ?? 0);
  // Growth counts: most of what the process has before is its program, V8 and workerd (docs/performance.md).
  const isWithin = mostBytes - startBytes < ISOLATE_MEMORY_MAX_BYTES;
  return {
    title,
    rows: [
      [
        'after the first answers',
        ...passes.map((_, pass) => `most in pass ${pass + 1}`),
        'flat',
        `grown by less than ${ISOLATE_MEMORY_MAX_BYTES / 1024 / 1024} MiB`,
      ],
      [bytesText(startBytes), ...peaks.map(bytesText), yesOrNo(isFlat), yesOrNo(isWithin)],
    ],
  };
}

const yesOrNo = (holds: boolean) => (holds ? 'yes' : 'no');
