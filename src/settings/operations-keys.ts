/**
 * The secret `OPERATIONS_KEYS`: who may use the admin endpoint beside the owner of `ADMIN_KEY`. It has the hashes of the
 * keys, so that whoever can read the gateway's settings cannot use them.
 */
import * as z from 'zod';
import { parseKeys } from './json-setting.ts';

/** Each role may do all that those before it may. */
export const KEY_ROLES = ['read', 'publish', 'administer'] as const;
export type KeyRole = (typeof KEY_ROLES)[number];

export interface OperationsKey {
  /** Stands in the record of each change that the key asks for. */
  name: string;
  role: KeyRole;
  /** The SHA-256 of the key's text, in lower-case hex. */
  sha256: string;
}

/** The name of the key `ADMIN_KEY` in records. */
export const ADMIN_KEY_NAME = 'ADMIN_KEY';

const SHA256_OF_NOTHING = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';

const text = (pattern: RegExp, error: string) => z.string({ error }).regex(pattern, { error });

/** No message repeats any part of the value: a key may have been written in the place of its hash. */
const keySchema = z.strictObject(
  {
    name: text(
      /^(?!ADMIN_KEY$)[^\s\p{C}]{1,64}$/u,
      'must be 1 to 64 characters without spaces, not ADMIN_KEY',
    ),
    role: z.enum(KEY_ROLES, { error: `must be ${KEY_ROLES.join(', ')}` }),
    sha256: text(/^[0-9a-f]{64}$/, 'must be the SHA-256 of the key, 64 lower-case hexadecimal digits').refine(
      (hash) => hash !== SHA256_OF_NOTHING,
      { error: 'is that of an empty text: the key was not set when it was made' },
    ),
  },
  { error: 'must have the properties name, role and sha256, and no others' },
);

const distinct = (property: 'name' | 'sha256') => (keys: readonly OperationsKey[]) =>
  new Set(keys.map((key) => key[property])).size === keys.length;

const keysSchema = z
  .array(keySchema, { error: 'must be a list' })
  .refine(distinct('name'), { error: 'must have a name of its own for each key' })
  .refine(distinct('sha256'), { error: 'must have each key once' });

const FORM = 'must be JSON such as [{"name": "ci", "role": "publish", "sha256": "<64 hexadecimal digits>"}]';

/** Unset and empty mean that there are no such keys. An issue is one sentence without any part of the value. */
export const operationsKeysSchema = z
  .string()
  .default('')
  .transform((json, context): OperationsKey[] => {
    if (json.trim() === '') return [];
    return parseKeys(json, { schema: keysSchema, form: FORM, context });
  });
