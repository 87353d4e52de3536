import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import spawn, { SubprocessError } from 'nano-spawn';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { KINDS } from '../../../src/investing/checked-entry.ts';
import { type EntryName, type LedgerFault, LedgerVerifier } from '../../../src/investing/verify-ledger.ts';
import { fromUnits, toUnits } from '../../../src/storage/decimal-units.ts';
import { thousandSales } from '../../support/investing/thousand-sales.ts';
import {
  investmentName,
  ledgerOf,
  reserve,
  sha256,
  stepsOf,
  type WrittenStep,
} from '../../support/investing/written-ledger.ts';

let folder: string;
let lines: string[];
let investmentIds: string[];
let head: EntryName;

beforeAll(async () => {
  ({ lines, investmentIds } = thousandSales());
  head = { sequence: lines.length, hash: sha256(lines.at(-1) ?? '') };
  folder = await mkdtemp(path.join(tmpdir(), 'com2000-ledger-'));
});

afterAll(() => rm(folder, { recursive: true }));

/** What `npm run ledger -- verify` does with these lines. */
async function verify(given: readonly string[], ...args: string[]) {
  const file = path.join(folder, `${crypto.randomUUID()}.jsonl`);
  await writeFile(file, given.map((line) => `${line}\n`).join(''));
  try {
    const { stdout } = await spawn(process.execPath, ['scripts/ledger/cli.ts', 'verify', file, ...args]);
    return { exitCode: 0, output: stdout };
  } catch (error) {
    if (!(error instanceof SubprocessError)) throw error;
    return { exitCode: error.exitCode, output: error.stderr.replace(file, 'FILE') };
  }
}

function faultOf(given: readonly string[], known: readonly EntryName[] = []): LedgerFault | null {
  const verifier = new LedgerVerifier(known);
  for (const line of given) {
    const result = verifier.accept(Buffer.from(line));
    if ('fault' in result) return result.fault;
  }
  return verifier.end();
}

/** The lines with one of them changed, and nothing else. */
const withLine = (index: number, change: (line: string) => string) =>
  lines.map((line, at) => (at === index ? change(line) : line));

/** A whole chain again, with other entries. */
const madeAnew = (change: (steps: WrittenStep[]) => void) => {
  const steps = stepsOf(lines);
  change(steps);
  return ledgerOf(steps);
};

const isOfKind = (kind: string) => (line: string) => JSON.parse(line).kind === kind;
const oneMore = (decimal: string) => fromUnits(toUnits(decimal) + 1n);
const moreReserved = (line: string) =>
  line.replace(/"tokens:reserved":"([^"]*)"/, (_, amount) => `"tokens:reserved":"${oneMore(amount)}"`);

describe('the public export of a thousand sales', () => {
  test('has an entry of every kind, and holds', async () => {
    expect(new Set(stepsOf(lines).map(({ kind }) => kind))).toEqual(new Set(KINDS));
    const { exitCode, output } = await verify(lines, '--head', `${head.sequence}:${head.hash}`);
    expect(output).toContain('The ledger holds.');
    expect(output).toMatch(/investments +1000\n/);
    expect(output).toMatch(/Tokens came in after the opening, by [2-9] adjusts:/);
    expect(output).toContain('sold elsewhere beyond the total');
    expect(exitCode).toBe(0);
  });

  test('shows each owner the entries of their investment', async () => {
    const [id = ''] = investmentIds;
    const own = lines.findIndex((line) => line.includes(investmentName(id)));
    const globalId = btoa(`Investment:${id}`).replace(/=+$/, '');
    const receipt = `${own + 1}:${sha256(lines[own] ?? '')}`;
    const { exitCode, output } = await verify(lines, '--receipt', receipt, '--investment', globalId);
    expect(output).toContain(receipt.split(':')[1]);
    expect(exitCode).toBe(0);
  });

  test('breaks where an amount was changed', async () => {
    const index = lines.findLastIndex(isOfKind('reserve'));
    const { exitCode, output } = await verify(withLine(index, moreReserved));
    expect(output).toBe(
      `FILE breaks at line ${index + 1}, where entry ${index + 1} belongs: the movements of tokens do not sum to zero.`,
    );
    expect(exitCode).toBe(1);
  });

  test('breaks where an entry was removed', async () => {
    const { exitCode, output } = await verify(lines.toSpliced(700, 1));
    expect(output).toBe('FILE breaks at line 701, where entry 701 belongs: entry 702 stands here.');
    expect(exitCode).toBe(1);
  });

  test('breaks where two entries were swapped', async () => {
    const { exitCode, output } = await verify(lines.with(700, lines[900] ?? '').with(900, lines[700] ?? ''));
    expect(output).toBe('FILE breaks at line 701, where entry 701 belongs: entry 901 stands here.');
    expect(exitCode).toBe(1);
  });

  test('breaks where an entry is repeated', async () => {
    const { exitCode, output } = await verify(lines.toSpliced(701, 0, lines[700] ?? ''));
    expect(output).toBe('FILE breaks at line 702, where entry 702 belongs: entry 701 stands here.');
    expect(exitCode).toBe(1);
  });

  test('breaks behind an entry that was forged', async () => {
    const index = lines.findIndex(isOfKind('reserve'));
    const forged = madeAnew((steps) => {
      Object.assign(steps[index] ?? {}, { investment: investmentName('forged') });
    });
    const { exitCode, output } = await verify(lines.with(index, forged[index] ?? ''));
    expect(output).toMatch(
      new RegExp(`^FILE breaks at line ${index + 2}, .* the hash of the entry before\\.$`),
    );
    expect(exitCode).toBe(1);
  });

  test('breaks where a sum is broken, in a chain that was made anew', async () => {
    const index = lines.findLastIndex(isOfKind('pay'));
    const forged = madeAnew((steps) => {
      const accounts = steps[index]?.accounts ?? {};
      accounts['money:paid'] = oneMore(accounts['money:paid'] ?? '0');
    });
    const { exitCode, output } = await verify(forged);
    expect(output).toBe(
      `FILE breaks at line ${index + 1}, where entry ${index + 1} belongs: the movements of money do not sum to zero.`,
    );
    expect(exitCode).toBe(1);
  });

  test('breaks where more is sold than there is, in a chain that was made anew', async () => {
    const index = lines.findLastIndex(isOfKind('reserve'));
    const { at } = JSON.parse(lines[index] ?? '');
    const forged = madeAnew((steps) => {
      steps.splice(index, 0, {
        ...reserve(investmentName('forged'), '200000', '140000'),
        at,
        pool: 'pool-1',
      });
    });
    const { exitCode, output } = await verify(forged);
    expect(output).toMatch(
      new RegExp(
        `^FILE breaks at line ${index + 1}, where entry ${index + 1} belongs: oversale: 200000 tokens leave`,
      ),
    );
    expect(exitCode).toBe(1);
  });

  test('breaks where somebody knows another entry than a chain has that was made anew', async () => {
    const index = lines.findLastIndex(isOfKind('reserve'));
    const forged = madeAnew((steps) => {
      const owner = steps[index]?.investment;
      for (const step of steps) if (step.investment === owner) step.investment = investmentName('forged');
    });
    expect((await verify(forged)).exitCode).toBe(0);
    const { exitCode, output } = await verify(forged, '--head', `${head.sequence}:${head.hash}`);
    expect(output).toMatch(
      new RegExp(`^FILE breaks at line ${head.sequence}, .* not the known ${head.hash}\\.$`),
    );
    expect(exitCode).toBe(1);
  });
});

describe('wherever it is changed', () => {
  const place = () => fc.nat(lines.length - 2);
  /** At the changed line, or at the one behind it. */
  const expectFaultAt = (fault: LedgerFault | null, index: number) => {
    expect(fault).not.toBeNull();
    expect([index + 1, index + 2]).toContain(fault?.line);
  };

  test('a byte breaks it there', () => {
    fc.assert(
      fc.property(place(), fc.nat(), fc.integer({ min: 1, max: 94 }), (index, position, shift) => {
        const fault = faultOf(
          withLine(index, (line) => {
            const at = position % line.length;
            // Within printable ASCII.
            const code = ((line.charCodeAt(at) - 32 + shift) % 95) + 32;
            return `${line.slice(0, at)}${String.fromCharCode(code)}${line.slice(at + 1)}`;
          }),
          [head],
        );
        expectFaultAt(fault, index);
      }),
      { numRuns: 50 },
    );
  });

  test('an entry that is left out, repeated or moved breaks it there', () => {
    fc.assert(
      fc.property(place(), fc.integer({ min: 1, max: 20 }), (index, distance) => {
        const line = lines[index] ?? '';
        expectFaultAt(faultOf(lines.toSpliced(index, 1), [head]), index);
        expectFaultAt(faultOf(lines.toSpliced(index, 0, line), [head]), index);
        const moved = lines.toSpliced(index, 1).toSpliced(index + distance, 0, line);
        expectFaultAt(faultOf(moved, [head]), index);
      }),
      { numRuns: 20 },
    );
  });
});
