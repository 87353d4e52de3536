/**
 * Whether what a cache in front says of an answer is so at the gateway: one request after the other, through a cache
 * that asks the gateway each time, and then what the gateway makes of the same anew, while what it holds changes.
 */
import { type Server, send } from './ask.ts';
import type { Question } from './questions.ts';
import { Traffic } from './traffic.ts';
import { etagOf } from './verdict.ts';

export interface ValidityOptions {
  cache: Server;
  gateway: URL;
  questions: readonly Question[];
  seed: number;
  requests: number;
  /** Changes what the gateway holds; called after so many requests each time. */
  change(): Promise<void>;
  requestsBetweenChanges: number;
}

export interface Validity {
  faults: string[];
  notModified: number;
  compared: number;
  /** How many bodies the gateway had by path, beyond the first. */
  changes: number;
}

export async function checkValidity(options: ValidityOptions): Promise<Validity> {
  const { cache, gateway, questions, seed, requests, change, requestsBetweenChanges } = options;
  const traffic = new Traffic(questions, seed);
  const bodies = new Map<string, Set<string>>();
  const faults: string[] = [];
  let [notModified, compared] = [0, 0];
  for (let sent = 1; sent <= requests; sent += 1) {
    const next = traffic.next();
    const answer = await send(cache, next.ask);
    traffic.learn({ ...next, answer });
    const { method, path, headers } = next.ask;
    // What is stale says so; it may be current no more by the time the gateway is asked.
    if (method === 'GET' && answer.headers['x-cache'] !== 'STALE') {
      const asked = headers['if-none-match'] ?? '';
      const current = etagOf(await madeAnew(gateway, next.question, sent));
      const told = `${path.slice(0, 60)} was told ${answer.status} (${answer.headers['x-cache']})`;
      bodies.set(path, (bodies.get(path) ?? new Set()).add(current));
      if (answer.status === 304) {
        notModified += 1;
        if (!asked.includes(current)) faults.push(`${told} of ${asked} while ${current} is current`);
      } else {
        compared += 1;
        const given = etagOf(answer.body);
        if (given !== current) faults.push(`${told} with ${given} while ${current} is current`);
      }
    }
    if (sent % requestsBetweenChanges === 0) await change();
  }
  const changes = [...bodies.values()].reduce((sum, { size }) => sum + size - 1, 0);
  return { faults, notModified, compared, changes };
}

/** The comment makes it a document that nobody has sent yet: none of the gateway's caches holds its answer. */
async function madeAnew(gateway: URL, { path, source, shaped }: Question, number: number): Promise<string> {
  if (source === undefined) throw new Error(`${path} has no document`);
  const body = JSON.stringify({ ...source, query: `${source.query} # ${number}` });
  const headers = { 'content-type': 'application/json' };
  const answer = await send(gateway, { method: 'POST', path: '/graphql', headers, body });
  if (answer.headers['x-cache'] !== 'MISS') throw new Error(`${path} was not made anew: ${answer.body}`);
  return shaped === undefined ? answer.body : shaped(answer.body);
}
