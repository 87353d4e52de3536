/**
 * The secret `JWT_SECRET`: the keys that tokens are made with. The first one makes new tokens; the others are for tokens
 * that exist.
 */
import * as z from 'zod';
import { parseKeys } from './json-setting.ts';

/** 32 hexadecimal characters are 128 bits. */
const TEXT_MIN_CHARACTERS = 32;
/** HMAC with SHA-256 wants a key as long as its hash (RFC 7518, section 3.2). */
const KEY_MIN_BYTES = 32;

export interface SigningKey {
  /** Stands in each token that the key has made. */
  kid: string;
  /** The text itself, in UTF-8, is the key. */
  key: string;
}

/** The name of a key that is given as text alone. */
export const UNNAMED_KEY_ID = 'default';

const text = (pattern: RegExp, error: string) => z.string({ error }).regex(pattern, { error });

/** No message repeats any part of the value. */
const keySchema = z.strictObject(
  {
    kid: text(/^[\w-]{1,32}$/, 'must be 1 to 32 letters, digits, hyphens or underscores'),
    key: z
      .string({ error: 'must be text' })
      .refine((key) => new TextEncoder().encode(key).byteLength >= KEY_MIN_BYTES, {
        error: `must have ${KEY_MIN_BYTES} bytes or more`,
      }),
  },
  { error: 'must have the properties kid and key, and no others' },
);

const distinct = (property: keyof SigningKey) => (keys: readonly SigningKey[]) =>
  new Set(keys.map((key) => key[property])).size === keys.length;

const keysSchema = z
  .array(keySchema, { error: 'must be a list' })
  .min(1, { error: 'must have a key' })
  .refine(distinct('kid'), { error: 'must have a kid of its own for each key' })
  .refine(distinct('key'), { error: 'must have each key once' });

/** A text that begins like JSON is a list: a mistyped list must not become a key, which would sign everybody out. */
const BEGINS_LIKE_JSON = /^\s*[[{]/;

const FORM = 'must be one key, or JSON such as [{"kid": "2027-01", "key": "<32 bytes or more>"}]';

/** A JSON list of keys, or the text of one key. An issue is one sentence without any part of the value. */
export const signingKeysSchema = z.string().transform((secret, context): readonly SigningKey[] => {
  if (!BEGINS_LIKE_JSON.test(secret)) {
    if (secret.length >= TEXT_MIN_CHARACTERS) return [{ kid: UNNAMED_KEY_ID, key: secret }];
    const message = `must have ${TEXT_MIN_CHARACTERS} characters or more`;
    context.addIssue({ code: 'custom', message });
    return z.NEVER;
  }
  return parseKeys(secret, { schema: keysSchema, form: FORM, context });
});
