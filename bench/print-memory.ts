/** The memory of workerd under load, pass by pass, with a verdict. */
import { ISOLATE_MEMORY_MAX_BYTES } from '../src/config.ts';
import type { DistinctAnswersResult } from './distinct-answers.ts';
import type { UnreadResult } from './live/measure-unread.ts';
import { isFlat, JUDGED_PASSES, type PassMemory } from './memory-passes.ts';
import { bytesText, type Section } from './tables.ts';

/** A process may take these beside the bytes that its isolate may keep: for its program, V8, and garbage. */
const BESIDE_ISOLATE_BYTES = 150e6;
const RESIDENT_MAX_BYTES = ISOLATE_MEMORY_MAX_BYTES + BESIDE_ISOLATE_BYTES;

/**
 * @param bare the same requests to a Worker that keeps nothing: what it takes, workerd takes whatever a gateway does. Kept
 * results of an older benchmark have none.
 */
export function memorySection(
  { operations, bodyBytes, startBytes, passes }: DistinctAnswersResult,
  bare?: DistinctAnswersResult,
): Section {
  return passesSection(
    `Resident memory of workerd during ${operations.toLocaleString('en-US')} distinct operations, each twice by GET and ` +
      `twice by POST, with answers of ${bytesText(bodyBytes)}`,
    startBytes,
    passes,
    bare?.passes,
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

/** The passes stand in parts: there are too many for a column each. */
const PARTS = 4;

function passesSection(
  title: string,
  startBytes: number,
  passes: readonly PassMemory[],
  bare: readonly PassMemory[] = [],
): Section {
  const bareMost = Math.max(...bare.map(({ peakBytes }) => peakBytes));
  const isWithin = passes.every(({ peakBytes }) => peakBytes <= Math.max(RESIDENT_MAX_BYTES, bareMost));
  const limit = `at most ${(RESIDENT_MAX_BYTES / MIB).toFixed(0)} MiB`;
  // Kept results of an older benchmark may have fewer.
  const flat = passes.length < JUDGED_PASSES ? 'not judged' : yesOrNo(isFlat(passes));
  const length = Math.ceil(passes.length / PARTS);
  const parts = Array.from({ length: Math.ceil(passes.length / length) }, (_, part) => {
    const [from, to] = [part * length, Math.min((part + 1) * length, passes.length)];
    const inPart = passes.slice(from, to);
    return {
      head: `passes ${from + 1}–${to}: most, then held`,
      cell: `${most(inPart.map(({ peakBytes }) => peakBytes))}, ${most(inPart.map(({ heldBytes }) => heldBytes))}`,
    };
  });
  return {
    title: `${title}; held: V8's heap and array buffers after a collection`,
    rows: [
      [
        'after the first answers',
        ...parts.map(({ head }) => head),
        ...(bare.length === 0 ? [] : ['a bare Worker: most']),
        'flat',
        bare.length === 0 ? limit : `${limit}, or no more than the bare Worker`,
      ],
      [
        most([startBytes]),
        ...parts.map(({ cell }) => cell),
        ...(bare.length === 0 ? [] : [most([bareMost])]),
        flat,
        yesOrNo(isWithin),
      ],
    ],
  };
}

const MIB = 1024 * 1024;
const most = (bytes: readonly number[]) => `${(Math.max(...bytes) / MIB).toFixed(1)} MiB`;
const yesOrNo = (holds: boolean) => (holds ? 'yes' : 'no');
