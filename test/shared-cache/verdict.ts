/**
 * What is wrong with the answers that came through a shared cache, in sentences; none where nothing is.
 *
 * Every answer of the gateway has an id of its own: one that comes a second time comes from the cache in front.
 */
import { createHash } from 'node:crypto';
import { USER_NAMES, type UserName } from './canaries.ts';
import { ASKED_BY } from './harness.ts';
import type { Exchange } from './traffic.ts';

export type Canaries = Readonly<Record<UserName, readonly string[]>>;

export interface Verdict {
  /** Each once. */
  faults: string[];
  /** Public questions of strangers by GET, and how many the cache in front answered. */
  publicAsked: number;
  publicHits: number;
  /** The public paths that it never answered. */
  neverHit: string[];
  notModified: number;
  storedByKind: Record<'public' | 'private' | 'failing', number>;
}

const nameOf = ({ asker, ask }: Exchange) =>
  `${asker.name}: ${ask.method} ${decodeURIComponent(ask.path).slice(0, 60)}`;

export function verdictOf(exchanges: readonly Exchange[], canaries: Canaries): Verdict {
  const faults = new Set<string>();
  const seenIds = new Set<string>();
  const seenCanaries = new Set<string>();
  const asked = new Map<string, boolean>();
  const storedByKind = { public: 0, private: 0, failing: 0 };
  let [publicAsked, publicHits, notModified] = [0, 0, 0];
  for (const exchange of exchanges) {
    const { asker, question, ask, answer } = exchange;
    const id = answer.headers['x-request-id'];
    if (typeof id !== 'string') faults.add(`${nameOf(exchange)} was not answered by the gateway`);
    const isStored = seenIds.has(String(id));
    seenIds.add(String(id));
    for (const fault of faultsOf(exchange, isStored)) faults.add(`${nameOf(exchange)} ${fault}`);
    for (const [owner, texts] of Object.entries(canaries)) {
      for (const canary of texts) {
        if (!`${answer.headText}\n${answer.body}`.includes(canary)) continue;
        if (owner === asker.name) seenCanaries.add(canary);
        else faults.add(`${nameOf(exchange)} shows ${canary} of the ${owner}`);
      }
    }
    if (isStored) storedByKind[question.kind] += 1;
    if (answer.status === 304) notModified += 1;
    if (question.kind !== 'public' || asker.name !== 'stranger' || ask.method !== 'GET') continue;
    publicAsked += 1;
    if (isStored) publicHits += 1;
    asked.set(ask.path, isStored || asked.get(ask.path) === true);
  }
  for (const [owner, texts] of Object.entries(canaries)) {
    for (const canary of texts) {
      if (!seenCanaries.has(canary)) faults.add(`the ${owner} never saw ${canary}`);
    }
  }
  const neverHit = [...asked].filter(([, isHit]) => !isHit).map(([path]) => path);
  return { faults: [...faults], publicAsked, publicHits, neverHit, notModified, storedByKind };
}

function faultsOf({ asker, question, ask, answer }: Exchange, isStored: boolean): string[] {
  const { headers, status, body } = answer;
  const faults: string[] = [];
  const askedBy = headers[ASKED_BY];
  if (isStored && askedBy !== 'stranger') faults.push(`was shown a stored answer to ${askedBy}`);
  if (askedBy !== 'stranger' && askedBy !== asker.name) faults.push(`was shown an answer to ${askedBy}`);
  if (isStored && question.kind !== 'public') faults.push('was shown a stored answer that is not public');
  if (isStored && ask.method === 'POST') faults.push('was shown a stored answer to a POST');
  const isError = status >= 400 || /"(errors|warnings)":\[/.test(body);
  const isRefused = question.isForUsers === true && !USER_NAMES.some((name) => name === asker.name);
  if (isStored && isError) faults.push('was shown a stored error');
  // An answer to HEAD has no body that would show its errors.
  if (ask.method !== 'HEAD' && (question.kind === 'failing' || isRefused) !== isError)
    faults.push(`${isError ? 'failed' : 'did not fail'}: ${status} ${body.slice(0, 200)}`);
  const cacheControl = headers['cache-control'];
  if (cacheControl === undefined) faults.push('has no Cache-Control');
  const mayBeKept = /\bpublic\b/.test(cacheControl ?? '');
  if (mayBeKept && (isError || askedBy !== 'stranger')) faults.push(`may be kept: ${cacheControl}`);
  if (status === 200 && ask.method === 'GET' && headers.etag !== undefined && headers.etag !== etagOf(body))
    faults.push('has the ETag of another body');
  if (isOfApi(ask.path) && variesBy(headers, 'accept')) faults.push('differs by Accept, which it does not');
  return [...faults, ...corsFaultsOf(ask.headers.origin, headers)];
}

const isOfApi = (path: string) => path.startsWith('/api');

const variesBy = ({ vary = '' }: Exchange['answer']['headers'], name: string) =>
  vary.split(',').some((member) => member.trim().toLowerCase() === name);

/** An answer that names an origin is for that origin alone. */
function corsFaultsOf(origin: string | undefined, headers: Exchange['answer']['headers']): string[] {
  const allowed = headers['access-control-allow-origin'];
  if (allowed === undefined || allowed === '*' || allowed === origin) return [];
  return [`is readable by ${allowed}`];
}

/** The gateway's own rule, written down a second time: the tag is of these bytes. */
export const etagOf = (body: string) => `"${createHash('sha256').update(body).digest('hex').slice(0, 32)}"`;
