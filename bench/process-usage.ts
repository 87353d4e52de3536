/** What Linux says of the CPU and the memory that another process uses. */
import { readFileSync } from 'node:fs';

/** Linux counts CPU in hundredths of a second (`USER_HZ`), whatever the kernel's own clock. */
const TICK_MS = 10;

/** So far, in milliseconds. */
export interface CpuTimes {
  /** CPU of every thread. */
  process: number;
  /** CPU of the one thread that runs JavaScript. */
  thread: number;
  /** How long that thread could have run and had no core. */
  threadWaiting: number;
}

/** Of workerd and of Node alike the first thread is the one that runs JavaScript. */
export const cpuTimesOf = (pid: number): CpuTimes => ({ process: processCpuMs(pid), ...threadMs(pid) });

/** In memory, whatever it is for. */
export function residentBytesOf(pid: number): number {
  const [, kibibytes] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Number(kibibytes) * 1024;
}

/** User and system time; the command before them is in parentheses and may hold anything. */
function processCpuMs(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').pop()?.split(' ') ?? [];
  return (Number(fields[11]) + Number(fields[12])) * TICK_MS;
}

/** Of the first thread: nanoseconds run, nanoseconds waited for a core. */
function threadMs(pid: number): Pick<CpuTimes, 'thread' | 'threadWaiting'> {
  const [run, waited] = readFileSync(`/proc/${pid}/task/${pid}/schedstat`, 'utf8').split(' ');
  return { thread: Number(run) / 1e6, threadWaiting: Number(waited) / 1e6 };
}
