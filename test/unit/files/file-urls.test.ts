import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isPublicKey } from '../../../src/files/file-key.ts';
import { attachmentKey, avatarKey, FileUrls, ownerOfAttachment } from '../../../src/files/file-urls.ts';

const OLD = { kid: 'old', key: 'an-old-secret-of-32-characters-or-more' };
const NEW = { kid: 'new', key: 'a-newer-secret-of-32-characters-or-more' };
const NOW = 1_800_000_000;

const urlsOf = (...keys: (typeof OLD)[]) => new FileUrls({ publicOrigin: 'https://api.example', keys });
const urls = urlsOf(OLD);
const id = fc.stringMatching(/^[\w-]{1,40}$/);

describe('a signed URL', () => {
  const key = attachmentKey('usr_a', 'file');
  const query = new URL(urls.signed(key, 'usr_a', NOW)).searchParams;

  test('opens its key for its viewer, for 300 seconds', () => {
    expect(urls.isSigned(key, 'usr_a', query, NOW + 299)).toBe(true);
    expect(urls.isSigned(key, 'usr_a', query, NOW + 300)).toBe(false);
    expect(urls.isSigned(key, 'usr_b', query, NOW)).toBe(false);
  });

  test('opens no other key, of whatever users and files', () => {
    const other = fc.tuple(id, id).filter(([user, file]) => attachmentKey(user, file) !== key);
    fc.assert(
      fc.property(other, ([user, file]) => {
        expect(urls.isSigned(attachmentKey(user, file), user, query, NOW)).toBe(false);
        expect(urls.isSigned(attachmentKey(user, file), 'usr_a', query, NOW)).toBe(false);
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

test('only the key of an attachment has an owner, and none of these is public', () => {
  fc.assert(
    fc.property(id, id, (user, file) => {
      expect(ownerOfAttachment(attachmentKey(user, file))).toBe(user);
      expect(isPublicKey(attachmentKey(user, file))).toBe(false);
      expect(ownerOfAttachment(avatarKey(user))).toBeNull();
    }),
  );
  for (const key of [
    'users/uploads/a',
    'users/uploads/a/b/c',
    'x/users/uploads/a/b',
    'users/uploads//b',
    'pending/a',
  ])
    expect(ownerOfAttachment(key)).toBeNull();
});
