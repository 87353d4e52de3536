import type { RestLedgerEntryFragment } from '../../operations/generated/graphql.ts';
import type { LedgerEntry } from './answers/ledger-entry.ts';
import { secondsOf } from './time.ts';

export const ledgerEntryAnswer = ({ sequence, hash, recordedAt }: RestLedgerEntryFragment): LedgerEntry => ({
  sequence,
  hash,
  recordedAt: secondsOf(recordedAt),
});
