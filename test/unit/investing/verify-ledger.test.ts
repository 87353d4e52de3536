import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type EntryName, LedgerVerifier } from '../../../src/investing/verify-ledger.ts';
import {
  investmentName,
  ledgerOf,
  pay,
  release,
  reserve,
  SALE,
  sha256,
  stepsOf,
  type WrittenStep,
} from '../../support/investing/written-ledger.ts';

const LINES = ledgerOf(SALE);
const OPEN = SALE[0] as WrittenStep;
const ONE = investmentName('one');
const TWO = investmentName('two');

function verified(lines: readonly (string | Uint8Array)[], known: readonly EntryName[] = []) {
  const verifier = new LedgerVerifier(known);
  for (const line of lines) {
    const result = verifier.accept(typeof line === 'string' ? Buffer.from(line) : line);
    if ('fault' in result) return { fault: result.fault, summary: verifier.summary };
  }
  return { fault: verifier.end(), summary: verifier.summary };
}

const faultOf = (steps: readonly WrittenStep[]) => verified(ledgerOf(steps)).fault;
const nameOf = (line: string): EntryName => ({
  sequence: Number(JSON.parse(line).sequence),
  hash: sha256(line),
});
const lastName = nameOf(LINES.at(-1) ?? '');

describe('a ledger without a fault', () => {
  test('holds, and its sums, head and adjusts are told', () => {
    const { fault, summary } = verified(LINES);
    expect(fault).toBeNull();
    expect(summary).toMatchObject({
      pool: 'pool-1',
      head: lastName,
      investments: 3,
      balances: {
        'tokens:outside': '-105',
        'tokens:unsold': '0',
        'tokens:reserved': '0',
        'tokens:sold': '30',
        'tokens:elsewhere': '75',
        'money:outside': '-80',
        'money:due': '0',
        'money:submitted': '0',
        'money:paid': '60',
        'money:owed': '0',
        'money:returned': '20',
      },
      adjusts: [
        {
          sequence: 14,
          tokens: '5',
          movement: 'tokens outside→elsewhere',
          source: 'main-api',
          reason: 'sold elsewhere beyond the total',
        },
      ],
    });
  });

  test('may have no entry at all', () => {
    expect(verified([])).toMatchObject({ fault: null, summary: { head: null } });
  });

  test('holds with the heads and receipts that somebody has kept', () => {
    expect(verified(LINES, LINES.map(nameOf)).fault).toBeNull();
  });
});

describe('the chain', () => {
  const at = 4;
  const other = (change: (lines: string[]) => void) => {
    const lines = [...LINES];
    change(lines);
    return verified(lines).fault;
  };

  test('breaks where an amount was changed', () => {
    const fault = other((lines) => {
      lines[1] = lines[1]?.replaceAll('25.5', '26.5') ?? '';
    });
    expect(fault).toEqual({ line: 3, sequence: 3, reason: 'it does not carry the hash of the entry before' });
  });

  test('breaks where an entry was removed', () => {
    const fault = other((lines) => lines.splice(at, 1));
    expect(fault).toEqual({ line: 5, sequence: 5, reason: 'entry 6 stands here' });
  });

  test('breaks where two entries were swapped', () => {
    const fault = other((lines) => lines.splice(at, 2, lines[at + 1] ?? '', lines[at] ?? ''));
    expect(fault).toEqual({ line: 5, sequence: 5, reason: 'entry 6 stands here' });
  });

  test('breaks where an entry is repeated', () => {
    const fault = other((lines) => lines.splice(at, 0, lines[at] ?? ''));
    expect(fault).toEqual({ line: 6, sequence: 6, reason: 'entry 5 stands here' });
  });

  test('breaks where an entry was forged without its followers', () => {
    const fault = other((lines) => {
      lines[at] = ledgerOf([...SALE.slice(0, at), reserve(investmentName('forged'), '1', '2')])[at] ?? '';
    });
    expect(fault).toEqual({ line: 6, sequence: 6, reason: 'it does not carry the hash of the entry before' });
  });

  test('that was made anew as a whole is found by an entry that somebody has kept', () => {
    const fitting = SALE.map((step) =>
      step === SALE[2] ? { ...step, at: '2026-11-25T19:00:02.001Z' } : step,
    );
    expect(verified(ledgerOf(fitting)).fault).toBeNull();
    expect(verified(ledgerOf(fitting), [lastName]).fault).toMatchObject({
      line: 16,
      sequence: 16,
      reason: expect.stringContaining(`not the known ${lastName.hash}`),
    });
  });

  test('that was cut at its end is found by an entry that somebody has kept', () => {
    expect(verified(LINES.slice(0, -2)).fault).toBeNull();
    expect(verified(LINES.slice(0, -2), [lastName]).fault).toEqual({
      line: 15,
      sequence: 15,
      reason: 'the ledger ends before entry 16, which is known',
    });
  });

  test('shows every byte that was changed, and where at the latest', () => {
    const text = Buffer.from(`${LINES.join('\n')}\n`);
    fc.assert(
      fc.property(fc.nat(text.length - 1), fc.integer({ min: 1, max: 255 }), (position, difference) => {
        const changed = Buffer.from(text);
        changed[position] = ((changed[position] ?? 0) + difference) % 256;
        const { fault } = verified(linesOf(changed), [lastName]);
        const line = text.subarray(0, position).filter((byte) => byte === 10).length + 1;
        expect(fault).not.toBeNull();
        expect(fault?.line).toBeGreaterThanOrEqual(line);
        expect(fault?.line).toBeLessThanOrEqual(line + 1);
      }),
      { numRuns: 2_000 },
    );
  });
});

function linesOf(bytes: Buffer): Uint8Array[] {
  const lines: Uint8Array[] = [];
  let start = 0;
  for (let end = bytes.indexOf(10); end !== -1; end = bytes.indexOf(10, start)) {
    lines.push(bytes.subarray(start, end));
    start = end + 1;
  }
  return start < bytes.length ? [...lines, bytes.subarray(start)] : lines;
}

describe('an entry in a chain that was made anew breaks it', () => {
  /** At the third entry of a sale that has 10 of its 100 tokens reserved. */
  const third = (step: WrittenStep) => faultOf([OPEN, reserve(ONE, '10', '20'), step]);
  const reasonOf = (step: WrittenStep) => {
    const fault = third(step);
    if (fault !== null) expect(fault).toMatchObject({ line: 3, sequence: 3 });
    return fault?.reason;
  };

  test('if its movements do not sum to zero', () => {
    const step = pay(ONE, 'reserved', 'due', '10', '20');
    step.accounts['money:paid'] = '20.000000000000000001';
    expect(reasonOf(step)).toBe('the movements of money do not sum to zero');
    step.accounts['money:paid'] = '20';
    step.accounts['tokens:sold'] = '11';
    expect(reasonOf(step)).toBe('the movements of tokens do not sum to zero');
  });

  test('if more is reserved than is left', () => {
    expect(reasonOf(reserve(TWO, '90', '180'))).toBeUndefined();
    expect(reasonOf(reserve(TWO, '90.000000000000000001', '180'))).toBe(
      'oversale: 90.000000000000000001 tokens leave "unsold", which has 90',
    );
  });

  test('if it sells tokens that are not for sale', () => {
    expect(reasonOf(pay(ONE, 'outside', 'due', '10', '20'))).toBe(
      'oversale: "pay" brings in tokens that are not for sale',
    );
  });

  test('if an investment is paid twice, or pays with what another has reserved', () => {
    const both = [
      OPEN,
      reserve(ONE, '10', '20'),
      reserve(TWO, '10', '20'),
      pay(ONE, 'reserved', 'due', '10', '20'),
    ];
    expect(faultOf(both)).toBeNull();
    expect(faultOf([...both, pay(ONE, 'reserved', 'due', '10', '20')])?.reason).toBe(
      '20 leave "money:due", where its investment has 0',
    );
    expect(reasonOf(pay(TWO, 'reserved', 'due', '10', '20'))).toBe(
      'nothing was ever reserved for its investment',
    );
  });

  test('if an investment gets tokens twice', () => {
    expect(reasonOf(reserve(ONE, '10', '20'))).toBe('its investment has tokens already');
  });

  test('if its kind may not move so', () => {
    const step = { ...release('expire', ONE, '10', '20'), kind: 'refund' as const };
    expect(reasonOf(step)).toBe('"refund" may not move money due→outside, tokens reserved→unsold');
    expect(reasonOf({ kind: 'close', accounts: { 'tokens:outside': '1', 'tokens:unsold': '-1' } })).toBe(
      '"close" may not move tokens unsold→outside',
    );
  });

  test('if it is a second opening, or the first entry is none', () => {
    expect(reasonOf(OPEN)).toBe('the first entry, and no other, is the "open"');
    expect(faultOf([{ kind: 'close', accounts: {} }])).toMatchObject({ line: 1, sequence: 1 });
  });

  test('if it is of another pool, or from a time before', () => {
    expect(reasonOf({ kind: 'close', accounts: {}, pool: 'pool-2' })).toBe(
      'it belongs to another pool, "pool-2"',
    );
    expect(reasonOf({ kind: 'close', accounts: {}, at: '2026-11-25T19:00:00.999Z' })).toBe(
      'it is from 2026-11-25T19:00:00.999Z, before the entry before it',
    );
  });

  test('if it names somebody, or holds any other field', () => {
    for (const field of ['user', 'userId', 'wallet', 'name', 'key'])
      expect(reasonOf({ kind: 'close', accounts: {}, [field]: 'x' })).toContain(field);
  });

  test.each([
    ['an unknown kind', { kind: 'gift' as never, accounts: {} }],
    ['an unknown account', { kind: 'adjust', accounts: { 'tokens:mine': '1', 'tokens:outside': '-1' } }],
    ['an amount of zero', { kind: 'close', accounts: { 'tokens:sold': '0' } }],
    ['an amount with zeros at its end', { kind: 'close', accounts: { 'tokens:sold': '1.0' } }],
    ['an amount with 19 digits', { kind: 'close', accounts: { 'tokens:sold': '0.0000000000000000001' } }],
    ['an amount as a number', { kind: 'close', accounts: { 'tokens:sold': 1 as never } }],
    ['a time without milliseconds', { kind: 'close', accounts: {}, at: '2026-11-25T19:00:09Z' }],
    ['a day that is none', { kind: 'close', accounts: {}, at: '2026-02-30T19:00:09.000Z' }],
    ['an investment that is no hash', { kind: 'claim', accounts: {}, investment: 'investment-1' }],
    ['no investment', { kind: 'claim', accounts: {} }],
    ['an investment of a step of the pool', { kind: 'close', accounts: {}, investment: ONE }],
    ['an adjust without a reason', { kind: 'adjust', accounts: {}, source: 'operator' }],
    ['an adjust by a person', { kind: 'adjust', accounts: {}, source: 'alice', reason: 'x' }],
    ['a reason of another kind', { kind: 'close', accounts: {}, reason: 'x', source: 'operator' }],
  ] satisfies [string, WrittenStep][])('if it has %s', (_, step) => {
    expect(reasonOf(step)).toEqual(expect.any(String));
  });

  test('if it is not in canonical form', () => {
    const line = LINES[1] ?? '';
    for (const text of [
      ` ${line}`,
      `${line}\r`,
      line.replace(':', ': '),
      line.replace('reserve"', 'r\\u0065serve"'),
      line.replace('"kind"', '"kind":"pay","kind"'),
      JSON.stringify(Object.fromEntries(Object.entries(JSON.parse(line)).toReversed())),
      `\uFEFF${line}`,
      '',
    ]) {
      expect(verified([LINES[0] ?? '', text]).fault).toMatchObject({ line: 2, sequence: 2 });
    }
  });
});

test('an entry that was written again keeps its bytes', () => {
  expect(ledgerOf(stepsOf(LINES))).toEqual(LINES);
});
