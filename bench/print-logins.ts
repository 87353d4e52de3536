/** Reads beside logins, with a verdict. */
import type { LoginsResult } from './logins.ts';
import { percentText, type Section, spreadText } from './tables.ts';

const LOGIN_MAX_CPU_MS = 250;
const READ_MAX_MS = 250;
const READ_MAX_P50_MS = 10;
const HEAD = ['', 'p50 ms', 'p99 ms', 'longest ms', `p50 ≤ ${READ_MAX_P50_MS}, longest ≤ ${READ_MAX_MS}`];

export function loginsSection(result: LoginsResult): Section {
  const { cpuMsOfLogin, loginsPerSecond, readsPerSecond, readsAlone, readsBesideLogins } = result;
  const { signedIn, rateLimited } = result;
  const isMet =
    cpuMsOfLogin.median <= LOGIN_MAX_CPU_MS &&
    readsBesideLogins.longestMs.greatest <= READ_MAX_MS &&
    readsBesideLogins.p50Ms.median <= READ_MAX_P50_MS;
  const rowOf = (name: string, reads: LoginsResult['readsAlone'], target: string) => [
    name,
    spreadText(reads.p50Ms, 1),
    spreadText(reads.p99Ms, 1),
    spreadText(reads.longestMs, 1),
    target,
    percentText(reads.workerdThreadBusy.median),
    percentText(reads.workerdThreadWaiting.median),
  ];
  return {
    title:
      `${readsPerSecond} cached reads a second, latency from the scheduled time. One login takes ` +
      `${spreadText(cpuMsOfLogin, 0)} ms of CPU (at most ${LOGIN_MAX_CPU_MS}). Of ${signedIn + rateLimited} logins ` +
      `${signedIn} signed in, and the others were refused unhashed`,
    rows: [
      [...HEAD, 'workerd busy', 'waiting'],
      rowOf('alone', readsAlone, ''),
      rowOf(`beside ${loginsPerSecond} logins a second`, readsBesideLogins, isMet ? 'met' : 'missed'),
    ],
    brief: HEAD.length,
  };
}
