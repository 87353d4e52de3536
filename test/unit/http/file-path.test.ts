import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isPublicKey } from '../../../src/files/file-key.ts';
import { keyOfPath } from '../../../src/http/file-path.ts';

function publicKeyOf(path: string): string | null {
  const key = keyOfPath(path);
  return key !== null && isPublicKey(key) ? key : null;
}

const piece = fc.constantFrom(
  ...['projects', 'static', 'users', 'avatars', 'uploads', 'kyc-documents', 'backups', 'a.png', 'ü'],
  ...['/', '//', '\\', '.', '..', '%2e', '%2F', '%5c', '%00', '%252e', '%25', '%', ' ', '%20', ';', '?', '#'],
);
const path = fc.oneof(
  fc.array(piece, { maxLength: 9 }).map((pieces) => pieces.join('')),
  fc.string({ unit: 'binary', maxLength: 30 }),
);
const prefix = fc.constantFrom('', 'static/', 'projects/', 'users/avatars/', 'users/', 'backups/');

test('a key is below a public prefix, and its segments are plain names', () => {
  fc.assert(
    fc.property(prefix, path, (start, rest) => {
      const key = publicKeyOf(`/files/${start}${rest}`);
      if (key === null) return;
      expect(key).toMatch(/^(projects|static|users\/avatars)\/./);
      for (const segment of key.split('/')) expect(segment).toMatch(/^[^.\s%\\\p{C}"][^%\\\p{C}"]*$/u);
    }),
    { numRuns: 2_000 },
  );
});

test('every plain name below a public prefix is a key, encoded or not', () => {
  const name = fc.string({ unit: fc.constantFrom(...'aZ0_-~@+,é本'), minLength: 1, maxLength: 20 });
  fc.assert(
    fc.property(fc.array(name, { minLength: 1, maxLength: 4 }), (names) => {
      const key = `static/${names.join('/')}.png`;
      expect(publicKeyOf(`/files/${key}`)).toBe(key);
      expect(publicKeyOf(`/files/${key.split('/').map(encodeURIComponent).join('/')}`)).toBe(key);
    }),
  );
});
