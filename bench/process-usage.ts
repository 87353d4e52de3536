/**
 * The CPU and the memory that another process uses, by Linux. Libraries (pidusage and its like) read neither the one
 * thread that runs JavaScript nor its waiting time, and count CPU in hundredths of a second.
 */
import { readdirSync, readFileSync } from 'node:fs';

/** So far, in milliseconds. */
export interface CpuTimes {
  /** CPU of every thread. */
  process: number;
  /** CPU of the one thread that runs JavaScript. */
  thread: number;
  /** The time in which that thread could have run and had no core. */
  threadWaiting: number;
}

/** The first thread runs JavaScript, in workerd and in Node alike. Both keep their threads until they end. */
export function cpuTimesOf(pid: number): CpuTimes {
  const { ran, waited } = threadMs(pid, pid);
  const threads = readdirSync(`/proc/${pid}/task`).map((thread) => threadMs(pid, thread).ran);
  return { process: threads.reduce((sum, ms) => sum + ms, 0), thread: ran, threadWaiting: waited };
}

/** In memory, whatever it is for. */
export function residentBytesOf(pid: number): number {
  const [, kibibytes] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Number(kibibytes) * 1024;
}

/** The file holds nanoseconds run, and nanoseconds waited for a core. */
function threadMs(pid: number, thread: number | string): { ran: number; waited: number } {
  const [ran, waited] = readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ');
  return { ran: Number(ran) / 1e6, waited: Number(waited) / 1e6 };
}
