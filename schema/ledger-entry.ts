import { builder } from './builder.ts';

interface LedgerEntryModel {
  sequence: number;
  hash: string;
  recordedAt: number;
}

export const LedgerEntry = builder.objectRef<LedgerEntryModel>('LedgerEntry').implement({
  description: 'An entry of the ledger of a pool. Anybody can read the ledger and check it.',
  fields: (t) => ({
    sequence: t.exposeInt('sequence', { description: '1, 2, 3, … without a gap.' }),
    hash: t.exposeString('hash', { description: 'SHA-256, hex; `ledger.md` says over what.' }),
    recordedAt: t.expose('recordedAt', { type: 'DateTime', description: 'When it was recorded.' }),
  }),
});

/** Null if one of them is. */
export const ledgerEntry = (
  sequence: number | null,
  hash: string | null,
  recordedAt: number | null,
): LedgerEntryModel | null =>
  sequence === null || hash === null || recordedAt === null ? null : { sequence, hash, recordedAt };
