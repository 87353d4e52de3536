import type { LedgerRejection, LedgerRejectionCode } from './pool-ledger.ts';

export const reject = (
  code: LedgerRejectionCode,
  message: string,
  field: string[] | null = null,
): LedgerRejection => ({ kind: 'rejection', code, message, field });

/** RFC 3339, for a message. */
export const instant = (unixSeconds: number): string =>
  new Date(unixSeconds * 1000).toISOString().replace('.000Z', 'Z');
