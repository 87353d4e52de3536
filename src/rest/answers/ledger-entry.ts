import * as z from 'zod';
import { integer, seconds, string } from './fields.ts';

export const ledgerEntry = z
  .strictObject({
    sequence: integer('LedgerEntry.sequence'),
    hash: string('LedgerEntry.hash'),
    recordedAt: seconds('LedgerEntry.recordedAt'),
  })
  .meta({ id: 'LedgerEntry' });
export type LedgerEntry = z.infer<typeof ledgerEntry>;
