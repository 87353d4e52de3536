/** The settings of files in R2 and of backups. */
import * as z from 'zod';
import { signingKeysSchema } from './signing-keys.ts';

/** A secret that may be unset or empty: what needs it is then refused. */
const optional = <Schema extends z.ZodType<unknown, string>>(schema: Schema) =>
  z
    .string()
    .transform((text) => (text === '' ? undefined : text))
    .pipe(schema.optional())
    .optional();

/** The first key encrypts; the others are for what they encrypted before. */
export const encryptionKeysSchema = optional(signingKeysSchema);

const KEY_MIN_CHARACTERS = 32;

export const optionalKeySchema = optional(
  z.string().min(KEY_MIN_CHARACTERS, { error: `must have ${KEY_MIN_CHARACTERS} characters or more` }),
);

/** R2 gives key ids of 32 characters and secrets of 64. */
export const credentialSchema = optional(
  z.string().regex(/^[\x21-\x7e]{8,128}$/, { error: 'must be 8 to 128 characters without spaces' }),
);
