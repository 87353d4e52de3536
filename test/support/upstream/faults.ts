/** Ways in which an answer goes wrong, one a route at a time; a fault of the route's own goes before one of `*`. */
import { isFields } from './body-fields.ts';
import { badRequest, type Reply } from './reply.ts';
import type { RouteName } from './route-names.ts';

export const FAULT_KINDS = [
  'latency',
  '429',
  '500',
  '503',
  'reset',
  'dropped',
  'slow',
  'truncated',
  'huge',
  'wrong-shape',
  'bad-record',
  'bad-records',
  'no-records',
] as const;
export type FaultKind = (typeof FAULT_KINDS)[number];

export interface Fault {
  route: RouteName | '*';
  kind: FaultKind;
  /** Waits before anything else, whatever the kind; only `slow` carries the call out first. */
  latencyMs?: number;
  retryAfterSeconds?: number;
  /** Only the next so many calls. */
  times?: number;
  /** Of a bad record: which one; the first where left out. */
  recordId?: string;
}

export type FaultSetting = Omit<Fault, 'kind'> & { kind: FaultKind | null };

/** In the order of looking: the first that a record has is the one spoiled. */
const SPOILED: readonly [string, unknown][] = [
  ['pool_name', 42],
  ['investment_amount', 'abc'],
  ['name', 42],
  ['price', 'abc'],
  ['eligible', 'maybe'],
  ['close', 'abc'],
  ['kyc_level', 'abc'],
  ['team', 42],
];
const ID_FIELDS = ['id', 'user_id', 'time', 'symbol'];

export class Faults {
  readonly #byRoute = new Map<string, { fault: Fault; left: number }>();

  set({ kind, ...rest }: FaultSetting): void {
    if (kind === null) this.#byRoute.delete(rest.route);
    else
      this.#byRoute.set(rest.route, {
        fault: { ...rest, kind },
        left: rest.times ?? Number.POSITIVE_INFINITY,
      });
  }

  clear(): void {
    this.#byRoute.clear();
  }

  /** The fault this call meets; it is used up. */
  take(route: RouteName): Fault | null {
    const name = this.#byRoute.has(route) ? route : '*';
    const entry = this.#byRoute.get(name);
    if (entry === undefined) return null;
    entry.left -= 1;
    if (entry.left <= 0) this.#byRoute.delete(name);
    return entry.fault;
  }
}

/** The answer of a route that did not even try; null where the fault lets it. */
export function refusingReply(fault: Fault): Reply | null {
  const status = { '429': 429, '500': 500, '503': 503 }[fault.kind as string];
  if (status === undefined) return null;
  const headers =
    fault.retryAfterSeconds === undefined ? {} : { 'retry-after': String(fault.retryAfterSeconds) };
  return { status, headers, body: { code: `SIMULATED_${status}`, message: 'a fault was asked for' } };
}

export function spoil(reply: Reply, fault: Fault): Reply {
  if (reply.status >= 400) return reply;
  if (fault.kind === 'wrong-shape')
    return { ...reply, body: Array.isArray(reply.body) ? { unexpected: true } : null };
  if (fault.kind === 'bad-record') return { ...reply, body: withBadRecord(reply.body, fault.recordId) };
  if (fault.kind === 'bad-records') return { ...reply, body: mapRecords(reply.body, spoiled) };
  if (fault.kind === 'no-records') return { ...reply, body: Array.isArray(reply.body) ? [] : {} };
  return reply;
}

function mapRecords(body: unknown, change: (record: unknown) => unknown): unknown {
  if (Array.isArray(body)) return body.map(change);
  return isFields(body)
    ? Object.fromEntries(Object.entries(body).map(([key, record]) => [key, change(record)]))
    : body;
}

function withBadRecord(body: unknown, recordId: string | undefined): unknown {
  if (Array.isArray(body)) {
    const at = recordId === undefined ? 0 : body.findIndex((record) => hasId(record, recordId));
    return body.map((record, index) => (index === at ? spoiled(record) : record));
  }
  if (!isFields(body)) return body;
  const keys = Object.keys(body);
  if (keys.length === 0) return body;
  if (!keys.every((key) => isFields(body[key]))) return spoiled(body);
  const at =
    recordId === undefined ? keys[0] : keys.find((key) => key.toUpperCase() === recordId.toUpperCase());
  return at === undefined ? body : { ...body, [at]: spoiled(body[at]) };
}

function hasId(record: unknown, id: string): boolean {
  return isFields(record) && ID_FIELDS.some((field) => field in record && String(record[field]) === id);
}

function spoiled(record: unknown): unknown {
  if (!isFields(record)) return 42;
  const [field, value] = SPOILED.find(([name]) => name in record) ?? ['id', 42];
  return { ...record, [field]: value };
}

export function isFaultKind(value: unknown): value is FaultKind {
  return FAULT_KINDS.some((kind) => kind === value);
}

export function requireFaultKind(value: unknown): FaultKind | null {
  if (value === null || isFaultKind(value)) return value;
  throw badRequest(`kind must be null or one of ${FAULT_KINDS.join(', ')}`);
}
