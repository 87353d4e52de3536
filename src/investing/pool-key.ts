/** The name of a pool's ledger: everything that the ledger makes carries it, so that an id alone leads back to it. */
import { createHash } from 'node:crypto';

const KEY_CHARACTERS = 32;
/** An id that a ledger has made: the pool's key, and a UUID. */
const ID_OF_LEDGER = new RegExp(
  `^([0-9a-f]{${KEY_CHARACTERS}})-[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$`,
);

/** The first 128 bits of the SHA-256 of the pool's id, in hex. */
export const poolKey = (poolId: string): string =>
  createHash('sha256').update(poolId).digest('hex').slice(0, KEY_CHARACTERS);

/** The key of the pool whose ledger has made an investment's id. Null if no ledger has. */
export const poolKeyOf = (investmentId: string): string | null =>
  ID_OF_LEDGER.exec(investmentId)?.[1] ?? null;

/** All ids that a pool's ledger makes are between these two. */
export const idsOfLedger = (poolId: string): { after: string; end: string } => ({
  after: `${poolKey(poolId)}-`,
  end: `${poolKey(poolId)}.`,
});
