/** `verify`: reads a ledger to its end, and says that it holds, or the first place where it does not. */
import { createHash } from 'node:crypto';
import type { CheckedEntry } from '../../src/investing/checked-entry.ts';
import { movementOf } from '../../src/investing/checked-movements.ts';
import {
  type EntryName,
  type LedgerFault,
  type LedgerSummary,
  LedgerVerifier,
} from '../../src/investing/verify-ledger.ts';
import { EXIT, type ExitCode } from '../operations/command-failure.ts';
import { facts, printable, table } from '../operations/table.ts';
import { isUrl, linesOfFile, linesOfUrl } from './read-lines.ts';

/** An `adjust` is rare; a ledger that has more of them is not printed whole. */
const ADJUSTS_PRINTED_MAX = 100;

export interface VerifyOptions {
  /** Entries that the caller knows. */
  known: readonly EntryName[];
  /** The global id of an investment whose entries are printed. */
  investment: string | undefined;
}

export interface Verdict {
  exitCode: ExitCode;
  text: string;
}

/** @param source a file, or the address of a ledger's export */
export async function verify(source: string, { known, investment }: VerifyOptions): Promise<Verdict> {
  const verifier = new LedgerVerifier(known);
  const own = investment === undefined ? undefined : createHash('sha256').update(investment).digest('hex');
  const ownEntries: string[][] = [];
  let sequence = 0;
  for await (const line of isUrl(source) ? linesOfUrl(source, () => sequence) : linesOfFile(source)) {
    const result = verifier.accept(line);
    if ('fault' in result) return broken(source, result.fault);
    sequence = result.entry.sequence;
    if (own !== undefined && result.entry.investment === own) ownEntries.push(row(result.entry, result.hash));
  }
  const fault = verifier.end();
  if (fault !== null) return broken(source, fault);
  const texts = [summaryText(verifier.summary)];
  if (own !== undefined)
    texts.push(
      ownEntries.length === 0
        ? 'The investment has no entry in this ledger.'
        : `Entries of the investment:\n${table(['sequence', 'time', 'kind', 'moved', 'hash'], ownEntries)}`,
    );
  const isMissing = own !== undefined && ownEntries.length === 0;
  return { exitCode: isMissing ? EXIT.refused : EXIT.ok, text: texts.join('\n\n') };
}

function row({ sequence, at, kind, movements }: CheckedEntry, hash: string): string[] {
  return [String(sequence), at, kind, movementOf(movements), hash];
}

const broken = (source: string, { line, sequence, reason }: LedgerFault): Verdict => ({
  exitCode: EXIT.refused,
  text: printable(`${source} breaks at line ${line}, where entry ${sequence} belongs: ${reason}.`),
});

function summaryText({ pool, head, investments, balances, adjusts }: LedgerSummary): string {
  if (head === null) return 'The ledger has no entries.';
  const pairs: [string, string][] = [
    ['pool', pool ?? ''],
    ['entries', String(head.sequence)],
    ['investments', String(investments)],
    ['head', `${head.sequence}:${head.hash}`],
    ['last entry', head.at],
    ...Object.entries(balances),
  ];
  const texts = ['The ledger holds.', facts(pairs)];
  if (adjusts.length > 0) {
    const rows = adjusts
      .slice(0, ADJUSTS_PRINTED_MAX)
      .map(({ sequence, at, tokens, movement, source, reason }) => [
        sequence,
        at,
        tokens,
        movement,
        source,
        reason,
      ]);
    const count = `${adjusts.length} ${adjusts.length === 1 ? 'adjust' : 'adjusts'}`;
    texts.push(
      `Tokens came in after the opening, by ${count}:`,
      table(['sequence', 'time', 'tokens', 'moved', 'source', 'reason'], rows, ['tokens']),
    );
  }
  return texts.join('\n\n');
}
