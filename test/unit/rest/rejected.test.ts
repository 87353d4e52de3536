import type { GraphQLEnumType } from 'graphql';
import { describe, expect, test } from 'vitest';
import { schema } from '../../../schema/schema.ts';
import type { RejectionCode } from '../../../src/auth/rejection.ts';
import { rejected } from '../../../src/rest/rest-refusal.ts';

const STATUSES: Record<RejectionCode, number> = {
  VALIDATION_FAILED: 400,
  EMAIL_TAKEN: 409,
  INVALID_CREDENTIALS: 401,
  PASSWORD_COMMON: 409,
  REAUTHENTICATION_REQUIRED: 409,
  ACCOUNT_LOCKED: 429,
  CHALLENGE_INVALID: 409,
  SIGNATURE_INVALID: 409,
  WALLET_TAKEN: 409,
  SESSION_EXPIRED: 401,
  SESSION_REUSED: 401,
  POOL_NOT_FOUND: 404,
  POOL_NOT_OPEN: 409,
  NOT_REGISTERED: 409,
  NOT_ELIGIBLE: 409,
  KYC_REQUIRED: 409,
  BELOW_MINIMUM: 409,
  ABOVE_MAXIMUM: 409,
  POOL_FULL: 409,
  SOLD_OUT: 409,
  RESERVATION_LIMIT: 409,
  IDEMPOTENCY_KEY_REUSED: 409,
  INVESTMENT_NOT_FOUND: 404,
  INVESTMENT_NOT_PENDING: 409,
  NOTHING_TO_CLAIM: 409,
  UPLOAD_NOT_FOUND: 404,
  UPLOAD_REFUSED: 409,
  FILE_LIMIT: 409,
  CHAT_ROOM_NOT_FOUND: 404,
  CHAT_MESSAGE_NOT_FOUND: 404,
  CHAT_MESSAGE_REFUSED: 409,
  CHAT_NOT_ALLOWED: 409,
  CHAT_TOO_FAST: 429,
};

describe('a rejection', () => {
  test('has the status of its kind, for each code of the schema', () => {
    const codes = (schema.getType('RejectionCode') as GraphQLEnumType).getValues().map(({ value }) => value);
    const statuses = codes.map((code: RejectionCode) => [code, rejected({ code, message: '' }).status]);
    expect(Object.fromEntries(statuses)).toEqual(STATUSES);
  });

  test('names the parameter that the input field comes from', () => {
    const pool = { code: 'POOL_NOT_FOUND', message: 'No such pool.', field: ['input', 'poolId'] } as const;
    const inPath = rejected(pool, { poolId: { in: 'path', name: 'id' } });
    expect(inPath.details).toEqual([{ in: 'path', name: 'id', message: pool.message }]);
    const inBody = rejected({ ...pool, field: ['input', 'amount'] }, { poolId: { in: 'path', name: 'id' } });
    expect(inBody.details).toEqual([{ in: 'body', name: 'amount', message: pool.message }]);
    expect(rejected({ ...pool, field: null }).details).toEqual([]);
  });
});
