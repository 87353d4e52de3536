import fc from 'fast-check';
import { expect, test } from 'vitest';
import { cacheTagsOf } from '../../../src/files/cache-tags.ts';

test.each([
  ['static/css/site.0a1b2c3d.css', ['files']],
  ['projects/logos/prj_a.png', ['files', 'project:prj_a']],
  ['projects/logos/prj_a-banner.jpg', ['files', 'project:prj_a']],
  ['projects/logos/prj.a.svg', ['files', 'project:prj.a']],
  ['projects/documents/prj_a/whitepaper.pdf', ['files', 'project:prj_a']],
  ['projects/media/prj.a/videos/tour.mp4', ['files', 'project:prj.a']],
  ['users/avatars/usr_1.webp', ['files', 'user:usr_1']],
])('%s is forgotten by %j', (key, tags) => {
  expect(cacheTagsOf(key)).toEqual(tags);
});

test('a tag has the characters that caches take, whatever the owner is called', () => {
  const id = fc.string({ unit: fc.constantFrom(...'aZ0_-.,+é本 '), minLength: 1, maxLength: 20 });
  const key = fc.oneof(
    id.map((project) => `projects/logos/${project}.png`),
    id.map((project) => `projects/media/${project}/screenshots/a.png`),
    id.map((user) => `users/avatars/${user}.webp`),
  );
  fc.assert(
    fc.property(key, (stored) => {
      expect(cacheTagsOf(stored).join(',')).toMatch(/^files,(project|user):[^\s,]*$/);
      expect(cacheTagsOf(stored).join()).toMatch(/^[!-~]*$/);
    }),
  );
});
