import type { RejectionCode as RejectionCodeName, RejectionModel } from '../src/graphql/context.ts';
import { builder } from './builder.ts';

export const RejectionCode = builder.enumType('RejectionCode', {
  description: 'Why something could not be done. Expect codes that you do not know yet.',
  values: {
    VALIDATION_FAILED: { description: 'A value is not allowed: `field` says which.' },
    EMAIL_TAKEN: { description: 'Another account has this e-mail address.' },
    INVALID_CREDENTIALS: { description: 'The address and the password do not belong together.' },
    PASSWORD_COMMON: {
      description: "Chosen too often by others, or made of the viewer's own name or address.",
    },
    REAUTHENTICATION_REQUIRED: { description: 'The viewer signed in too long ago: sign in again.' },
    ACCOUNT_LOCKED: { description: 'Too many wrong passwords: try again later, or from a known device.' },
    CHALLENGE_INVALID: { description: 'The message is not one that can be signed now: ask for another.' },
    SIGNATURE_INVALID: { description: 'The wallet did not sign the message.' },
    WALLET_TAKEN: { description: 'Another account has this wallet.' },
    SESSION_EXPIRED: { description: 'The session is over: sign in again.' },
    SESSION_REUSED: {
      description: 'The refresh token was used before, so its session has ended: sign in again.',
    },
    POOL_NOT_FOUND: { description: 'There is no such pool.' },
    POOL_NOT_OPEN: { description: 'The pool is not open for this now.' },
    NOT_REGISTERED: { description: 'The viewer is not on the list of the pool.' },
    NOT_ELIGIBLE: { description: 'The platform has not let the viewer into the pool.' },
    KYC_REQUIRED: { description: 'The viewer must be verified first.' },
    BELOW_MINIMUM: { description: 'Less than one may invest.' },
    ABOVE_MAXIMUM: { description: 'More than one may invest.' },
    POOL_FULL: { description: 'The pool has all of its participants.' },
    SOLD_OUT: { description: 'Not that many tokens are left.' },
    RESERVATION_LIMIT: {
      description:
        'Another reservation is open in this pool, or several ran out unpaid: `message` says until when.',
    },
    IDEMPOTENCY_KEY_REUSED: { description: 'The key was used with another input.' },
    INVESTMENT_NOT_FOUND: { description: 'The viewer has no such investment.' },
    INVESTMENT_NOT_PENDING: { description: 'The investment is decided already.' },
    NOTHING_TO_CLAIM: { description: 'Nothing has vested that was not claimed.' },
    UPLOAD_NOT_FOUND: { description: 'There is no such upload that is open, or no bytes have come yet.' },
    UPLOAD_REFUSED: {
      description: 'Other bytes than announced: size, type, or what the bytes say that they are.',
    },
    FILE_LIMIT: { description: 'Too many files, or too many open uploads: `message` says which.' },
    CHAT_ROOM_NOT_FOUND: { description: 'There is no such room.' },
    CHAT_MESSAGE_NOT_FOUND: { description: 'There is no such message, or the viewer may not see it.' },
    CHAT_MESSAGE_REFUSED: {
      description: 'Its text may not be posted: a known scam, a name or an address that pretends.',
    },
    CHAT_NOT_ALLOWED: {
      description: 'Muted, banned, or not let in yet: `message` says until when.',
    },
    CHAT_TOO_FAST: { description: 'Too many messages: `message` says when the next one may come.' },
  } as const satisfies Record<RejectionCodeName, { description: string }>,
});

export const Rejection = builder.objectRef<RejectionModel>('Rejection').implement({
  description:
    'Why an expected thing could not be done. Anything a person can cause by using the product in the ordinary way ' +
    'comes back as a Rejection in `data`; `errors` is for faults, bad documents and missing rights.',
  fields: (t) => ({
    code: t.expose('code', { type: RejectionCode, description: 'The reason.' }),
    message: t.exposeString('message', { description: 'For a developer to read; apps translate `code`.' }),
    field: t.exposeStringList('field', {
      nullable: true,
      description: 'The input field at fault, as a path, where there is one.',
    }),
  }),
});

/** The type of a member of a union with `Rejection`. */
export const resultType =
  (payload: string) =>
  (value: object): string =>
    'kind' in value && value.kind === 'rejection' ? 'Rejection' : payload;
