/**
 * An expected failure: a person can cause it by ordinary use, so it is a value in `data`. Faults and missing rights are
 * thrown as GraphQL errors.
 */

export type RejectionCode =
  | 'VALIDATION_FAILED'
  | 'EMAIL_TAKEN'
  | 'INVALID_CREDENTIALS'
  | 'PASSWORD_COMMON'
  | 'REAUTHENTICATION_REQUIRED'
  | 'ACCOUNT_LOCKED'
  | 'CHALLENGE_INVALID'
  | 'SIGNATURE_INVALID'
  | 'WALLET_TAKEN'
  | 'SESSION_EXPIRED'
  | 'SESSION_REUSED'
  | InvestingRejectionCode
  | FileRejectionCode
  | ChatRejectionCode;

export type InvestingRejectionCode =
  | 'POOL_NOT_FOUND'
  | 'POOL_NOT_OPEN'
  | 'NOT_REGISTERED'
  | 'NOT_ELIGIBLE'
  | 'KYC_REQUIRED'
  | 'BELOW_MINIMUM'
  | 'ABOVE_MAXIMUM'
  | 'POOL_FULL'
  | 'SOLD_OUT'
  | 'RESERVATION_LIMIT'
  | 'IDEMPOTENCY_KEY_REUSED'
  | 'INVESTMENT_NOT_FOUND'
  | 'INVESTMENT_NOT_PENDING'
  | 'NOTHING_TO_CLAIM';

export type FileRejectionCode = 'UPLOAD_NOT_FOUND' | 'UPLOAD_REFUSED' | 'FILE_LIMIT';

export type ChatRejectionCode =
  | 'CHAT_ROOM_NOT_FOUND'
  | 'CHAT_MESSAGE_NOT_FOUND'
  | 'CHAT_MESSAGE_REFUSED'
  | 'CHAT_NOT_ALLOWED'
  | 'CHAT_TOO_FAST';

export interface RejectionModel {
  kind: 'rejection';
  code: RejectionCode;
  /** For developers; apps translate `code`. */
  message: string;
  /** The path of the input field at fault, e.g. `['input', 'email']`; null if there is none. */
  field: string[] | null;
}

export const rejection = <Code extends RejectionCode>(
  code: Code,
  message: string,
  field: string[] | null = null,
): RejectionModel & { code: Code } => ({ kind: 'rejection', code, message, field });

export const isRejection = (value: object): value is RejectionModel =>
  'kind' in value && value.kind === 'rejection';
