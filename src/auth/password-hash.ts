/**
 * Passwords as they are stored: scrypt with the parameters of OWASP ASVS 5.0, appendix C, in the PHC string format
 * `$scrypt$ln=15,r=8,p=3$<salt>$<hash>`, base64 without padding. Each stored password carries its parameters.
 */
import { Buffer } from 'node:buffer';
import { scryptSync, timingSafeEqual } from 'node:crypto';
import type { HashQueue } from './hash-queue.ts';
import { normalisedPassword } from './password-text.ts';

interface StoredPassword {
  /** The cost N is 2 to the power of `ln`. */
  parameters: { ln: number; r: number; p: number };
  salt: Buffer;
  hash: Buffer;
}

const PARAMETERS = { ln: 15, r: 8, p: 3 };
const SALT_BYTES = 16;
const HASH_BYTES = 32;
/** scrypt takes 128 * N * r bytes, 32 MiB here, and a little more. The default maximum is 32 MiB, and an isolate has 128 MB. */
const SCRYPT_MEMORY_MAX_BYTES = 64 * 1024 * 1024;
const PHC = /^\$scrypt\$ln=(\d+),r=(\d+),p=(\d+)\$([A-Za-z0-9+/]{22})\$([A-Za-z0-9+/]{43})$/;
/** For accounts that do not exist: nothing has this hash. */
const NO_PASSWORD: StoredPassword = {
  parameters: PARAMETERS,
  salt: Buffer.alloc(SALT_BYTES),
  hash: Buffer.alloc(HASH_BYTES),
};

export interface Verification {
  matches: boolean;
  /** True if the password matches and its hash was made with other parameters than a new one: hash it anew. */
  isOutdated: boolean;
}

export interface PasswordHasher {
  /**
   * @param password one that `passwordRejection` accepts
   * @returns the PHC string to store
   * @throws {GraphQLError} RATE_LIMITED, before anything is hashed
   */
  hash(password: string): Promise<string>;
  /**
   * @param phc the stored string; null if the account does not exist or has no password. That takes the same work.
   * @throws {GraphQLError} RATE_LIMITED, before anything is hashed
   */
  verify(password: string, phc: string | null): Promise<Verification>;
}

export interface PasswordHasherDeps {
  queue: Pick<HashQueue, 'turn'>;
  /** Fills the bytes with random ones, and returns them. */
  random: (bytes: Uint8Array<ArrayBuffer>) => Uint8Array<ArrayBuffer>;
  scrypt?: typeof scryptSync;
}

export function createPasswordHasher({
  queue,
  random,
  scrypt = scryptSync,
}: PasswordHasherDeps): PasswordHasher {
  /** It blocks the isolate until it is done. */
  const derive = async (text: string, { parameters: { ln, r, p }, salt }: Omit<StoredPassword, 'hash'>) => {
    await queue.turn();
    return scrypt(text, salt, HASH_BYTES, { N: 2 ** ln, r, p, maxmem: SCRYPT_MEMORY_MAX_BYTES });
  };
  return {
    async hash(password) {
      const text = normalisedPassword(password);
      if (text === null) throw new Error('this password is not one that an account may have');
      const salt = Buffer.from(random(new Uint8Array(SALT_BYTES)));
      const stored = { parameters: PARAMETERS, salt };
      return phcOf({ ...stored, hash: await derive(text, stored) });
    },
    async verify(password, phc) {
      const stored = phc === null ? NO_PASSWORD : parsePhc(phc);
      const text = normalisedPassword(password);
      const isEqual = timingSafeEqual(await derive(text ?? '', stored), stored.hash);
      const matches = isEqual && phc !== null && text !== null;
      return { matches, isOutdated: matches && !isCurrent(stored) };
    },
  };
}

const isCurrent = ({ parameters: { ln, r, p } }: StoredPassword) =>
  ln === PARAMETERS.ln && r === PARAMETERS.r && p === PARAMETERS.p;

const unpadded = (bytes: Buffer) => bytes.toString('base64').replaceAll('=', '');

const phcOf = ({ parameters: { ln, r, p }, salt, hash }: StoredPassword) =>
  `$scrypt$ln=${ln},r=${r},p=${p}$${unpadded(salt)}$${unpadded(hash)}`;

function parsePhc(phc: string): StoredPassword {
  const [, ln, r, p, salt = '', hash = ''] = PHC.exec(phc) ?? [];
  if (ln === undefined) throw new Error('a stored password is not a PHC string of scrypt');
  return {
    parameters: { ln: Number(ln), r: Number(r), p: Number(p) },
    salt: Buffer.from(salt, 'base64'),
    hash: Buffer.from(hash, 'base64'),
  };
}
