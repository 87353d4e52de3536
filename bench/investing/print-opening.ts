/** The opening of a sale, with a verdict. */
import type { Section } from '../tables.ts';
import type { OpeningResult } from './opening.ts';

const ALL_ANSWERED_MAX_MS = 15_000;

export function openingSection(result: OpeningResult): Section {
  const { people, allocated, soldOut, tooEarly, askedAgain, allAnsweredMs, p50Ms, p99Ms, cpuMsOfOrder } =
    result;
  const verdict = allAnsweredMs <= ALL_ANSWERED_MAX_MS ? 'met' : 'missed';
  return {
    title:
      `${people} people at the second in which a sale opens: ${allocated} bought, ${soldOut} found it sold out, and ${tooEarly} ` +
      'had asked too early. Each is another user with a session, rights and a limit of their own',
    rows: [
      ['p50 ms', 'p99 ms', `all answered, ≤ ${ALL_ANSWERED_MAX_MS} ms`, 'asked again', 'CPU ms/order'],
      [
        p50Ms.toFixed(0),
        p99Ms.toFixed(0),
        `${allAnsweredMs.toFixed(0)}: ${verdict}`,
        String(askedAgain),
        cpuMsOfOrder.toFixed(1),
      ],
    ],
  };
}
