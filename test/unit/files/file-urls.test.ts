import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isFileKey, isPublicKey } from '../../../src/files/file-key.ts';
import { attachmentOfPath, attachmentPath, avatarKey, FileUrls } from '../../../src/files/file-urls.ts';

const OLD = { kid: 'old', key: 'an-old-secret-of-32-characters-or-more' };
const NEW = { kid: 'new', key: 'a-newer-secret-of-32-characters-or-more' };
const NOW = 1_800_000_000;

const urlsOf = (...keys: (typeof OLD)[]) => new FileUrls({ publicOrigin: 'https://api.example', keys });
const urls = urlsOf(OLD);
const id = fc.stringMatching(/^[\w-]{1,40}$/);

describe('a signed URL', () => {
  const key = attachmentPath('usr_a', 'file');
  const query = new URL(urls.signed(key, 'usr_a', NOW)).searchParams;

  test('opens its key for its viewer, for 300 seconds', () => {
    expect(urls.isSigned(key, 'usr_a', query, NOW + 299)).toBe(true);
    expect(urls.isSigned(key, 'usr_a', query, NOW + 300)).toBe(false);
    expect(urls.isSigned(key, 'usr_b', query, NOW)).toBe(false);
  });

  test('opens no other key, of whatever users and files', () => {
    const other = fc.tuple(id, id).filter(([user, file]) => attachmentPath(user, file) !== key);
    fc.assert(
      fc.property(other, ([user, file]) => {
        expect(urls.isSigned(attachmentPath(user, file), user, query, NOW)).toBe(false);
        expect(urls.isSigned(attachmentPath(user, file), 'usr_a', query, NOW)).toBe(false);
      }),
    );
  });

  test('is forged by no change of its query', () => {
    const [expires, signature] = [query.get('expires') ?? '', query.get('signature') ?? ''];
    const forged = fc.record({
      expires: fc.oneof(fc.constant(expires), fc.nat().map(String), fc.string()),
      signature: fc.oneof(fc.constant(signature), fc.stringMatching(/^old\.[\w-]{43}$/), fc.string()),
    });
    fc.assert(
      fc.property(forged, (changed) => {
        fc.pre(changed.expires !== expires || changed.signature !== signature);
        expect(urls.isSigned(key, 'usr_a', new URLSearchParams(changed), NOW)).toBe(false);
      }),
    );
  });

  test('stays valid while its key is in JWT_SECRET', () => {
    expect(urlsOf(NEW, OLD).isSigned(key, 'usr_a', query, NOW)).toBe(true);
    expect(urlsOf(NEW).isSigned(key, 'usr_a', query, NOW)).toBe(false);
  });
});

test('the key of an attachment is in none of its URLs, and cannot be made without the secret', () => {
  fc.assert(
    fc.property(id, id, (user, file) => {
      const key = urls.attachmentKey(user, file);
      expect(isFileKey(key)).toBe(true);
      expect(isPublicKey(key)).toBe(false);
      expect(urls.signed(attachmentPath(user, file), user, NOW)).not.toContain(key);
      expect(urlsOf(NEW).attachmentKey(user, file)).not.toBe(key);
      expect(urls.attachmentKey(user, file)).toBe(key);
    }),
  );
});

test('only the path of an attachment names one, and none of these is public', () => {
  fc.assert(
    fc.property(id, id, (user, file) => {
      expect(attachmentOfPath(attachmentPath(user, file))).toEqual({ userId: user, fileId: file });
      expect(isPublicKey(attachmentPath(user, file))).toBe(false);
      expect(attachmentOfPath(avatarKey(user))).toBeNull();
    }),
  );
  for (const key of [
    'users/uploads/a',
    'users/uploads/a/b/c',
    'x/users/uploads/a/b',
    'users/uploads//b',
    'pending/a',
  ])
    expect(attachmentOfPath(key)).toBeNull();
});
