/** The calls that a ledger has recorded, to a main API whose answers the test gives. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { OutboxRow } from '../../../src/investing/ledger-types.ts';
import { OutboxSender } from '../../../src/investing/send-outbox.ts';
import { UpstreamError } from '../../../src/upstream/http.ts';

const row = (subject: string, changes: Partial<OutboxRow> = {}): OutboxRow => ({
  kind: 'investment',
  subject,
  sequence: 1,
  body: `{"id":"${subject}"}`,
  attempts: 0,
  recordedAtMs: 1,
  trace: { requestId: `of-${subject}`, traceparent: null },
  ...changes,
});

interface Call {
  kind: string;
  key: string;
  body: string;
  requestId: string;
  answer(answer: object): void;
  fail(error: unknown): void;
}

/** A ledger that has these rows until they are answered, as `Ledger` promises: the first of each subject, none twice. */
function start(rows: OutboxRow[]) {
  const calls: Call[] = [];
  const outcomes: unknown[][] = [];
  const sent = new Set<OutboxRow>();
  let changes = 0;
  const drop = (outcome: string, gone: OutboxRow, details: unknown) => {
    rows.splice(rows.indexOf(gone), 1);
    outcomes.push([outcome, gone.subject, gone.sequence, details]);
  };
  const post = (kind: string) => (version: { id: string; sequence: number; body: string }, trace: object) => {
    const { promise, resolve, reject } = Promise.withResolvers<never>();
    const { requestId } = trace as { requestId: string };
    const key = `${version.id}:${version.sequence}`;
    calls.push({ kind, key, body: version.body, requestId, answer: resolve as never, fail: reject });
    return promise;
  };
  const sender = new OutboxSender({
    ledger: {
      due: (limit) =>
        rows
          .filter((each) => rows.find(({ subject }) => subject === each.subject) === each && !sent.has(each))
          .slice(0, limit),
      sending: (each) => void sent.add(each),
      postpone: (each) => void outcomes.push(['postponed', each.subject, each.sequence]),
      acknowledge: (each, stored) => drop('stored', each, stored),
      refuse: (each, refusal) => drop('refused', each, refusal),
    },
    mainApi: {
      createInvestment: post('investment'),
      createRegistration: post('registration'),
      createClaim: post('claim'),
    },
    randomId: () => 'made',
    changed: () => {
      changes += 1;
      sender.send();
    },
  });
  sender.send();
  const keys = () => calls.map(({ key }) => key);
  return { sender, calls, keys, outcomes, sent, rows, changes: () => changes };
}

const settle = () => new Promise((resolve) => setImmediate(resolve));
const stored = { stored: { id: 'a', status: 'pending', updated_at: 7 } };

let lines: string[];
beforeEach(() => {
  lines = [];
  for (const level of ['warn', 'error'] as const)
    vi.spyOn(console, level).mockImplementation((line: string) => void lines.push(line));
});
afterEach(() => void vi.restoreAllMocks());

test('a call carries its key, its bytes and its request, or an id of its own', async () => {
  const { calls } = start([
    row('a'),
    row('b', { kind: 'registration', trace: null }),
    row('c', { kind: 'claim', sequence: 3 }),
  ]);
  expect(calls.map(({ answer: _, fail: __, ...call }) => call)).toEqual([
    { kind: 'investment', key: 'a:1', body: '{"id":"a"}', requestId: 'of-a' },
    { kind: 'registration', key: 'b:1', body: '{"id":"b"}', requestId: 'made' },
    { kind: 'claim', key: 'c:3', body: '{"id":"c"}', requestId: 'of-c' },
  ]);
});

test('rows of one investment leave in order, and those of others do not wait for them', async () => {
  const { calls, keys, outcomes, sender } = start([row('a'), row('a', { sequence: 2 }), row('b')]);
  expect(keys()).toEqual(['a:1', 'b:1']);
  calls[1]?.answer({ refused: { code: 'NO', message: '' } });
  await settle();
  expect(keys()).toEqual(['a:1', 'b:1']);
  calls[0]?.answer(stored);
  await settle();
  expect(keys()).toEqual(['a:1', 'b:1', 'a:2']);
  calls[2]?.answer(stored);
  await sender.idle();
  expect(outcomes).toEqual([
    ['refused', 'b', 1, { code: 'NO', message: '' }],
    ['stored', 'a', 1, stored.stored],
    ['stored', 'a', 2, stored.stored],
  ]);
});

test('five calls are under way at once, and each that ends lets the next one begin', async () => {
  const { calls, keys, sender } = start([1, 2, 3, 4, 5, 6, 7].map((at) => row(`s${at}`)));
  expect(keys()).toHaveLength(5);
  sender.send();
  expect(keys()).toHaveLength(5);
  calls[4]?.answer(stored);
  await settle();
  expect(keys()).toEqual(['s1:1', 's2:1', 's3:1', 's4:1', 's5:1', 's6:1']);
  for (let at = 0; at < calls.length; at += 1) {
    calls[at]?.answer(stored);
    await settle();
  }
  await sender.idle();
  expect(keys()).toHaveLength(7);
  expect(sender.isSending).toBe(false);
});

test('a call that fails stays, and is not made again before it is due', async () => {
  const { calls, outcomes, rows, sender, changes } = start([row('a')]);
  calls[0]?.fail(new UpstreamError({ api: 'main', route: '/r', kind: 'timeout', reason: 'late' }));
  await sender.idle();
  expect(outcomes).toEqual([['postponed', 'a', 1]]);
  expect([rows.length, calls.length, changes()]).toEqual([1, 1, 1]);
});

test('a call that is due again while it is under way is not made twice', async () => {
  const { calls, sent, sender } = start([row('a')]);
  sent.clear();
  sender.send();
  expect(calls).toHaveLength(1);
});

test('an answer that cannot be recorded is logged, and the work goes on', async () => {
  const bench = start([row('a'), row('b')]);
  const broken = new Error('the disk is full');
  vi.spyOn(bench.rows, 'splice').mockImplementationOnce(() => {
    throw broken;
  });
  bench.calls[0]?.answer(stored);
  bench.calls[1]?.answer(stored);
  await bench.sender.idle();
  expect(bench.outcomes).toEqual([['stored', 'b', 1, stored.stored]]);
  expect(String(lines)).toContain('the disk is full');
});
