/**
 * Passwords as production stores and checks them, except that scrypt costs next to nothing and no hash waits for another.
 * The stored text names the parameters of production: no password is hashed anew at its first sign-in.
 */
import { scryptSync } from 'node:crypto';
import { createPasswordHasher } from '../../src/auth/password-hash.ts';

export const quickPasswords = createPasswordHasher({
  queue: { turn: async () => undefined },
  random: (bytes) => crypto.getRandomValues(bytes),
  scrypt: (password, salt, length) => scryptSync(password, salt, length, { N: 2, r: 1, p: 1 }),
});
