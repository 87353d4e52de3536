/** The secrets of backups, encrypted by keys that are derived from those of `BACKUP_KEY`. */
import { keysFor } from '../auth/keyring.ts';
import { open, seal } from '../files/sealed-chunks.ts';
import type { SigningKey } from '../settings/signing-keys.ts';
import type { BackupSealing } from './write-source.ts';

type Keys = readonly SigningKey[] | undefined;

/** Null without a key. The first key encrypts. */
export function backupSealing(keys: Keys): BackupSealing | null {
  if (keys === undefined) return null;
  const { kid, bytes } = keysFor('backup', keys).first;
  return { keyId: kid, seal: (key) => seal(bytes, key) };
}

/**
 * Decrypts a file.
 *
 * @returns null if `keys` has none of that id
 */
export function openSealed(
  keys: Keys,
  { keyId, key }: { keyId: string; key: string },
): ReadableWritablePair<Uint8Array, Uint8Array> | null {
  const found = keys === undefined ? undefined : keysFor('backup', keys).byId(keyId);
  return found === undefined ? null : open(found.bytes, key);
}
