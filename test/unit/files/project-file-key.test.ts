import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { cacheTagsOf } from '../../../src/files/cache-tags.ts';
import { isFileKey, isPublicKey } from '../../../src/files/file-key.ts';
import { fileUrl } from '../../../src/files/file-url.ts';
import { PROJECT_FILE_KINDS, projectFileKey } from '../../../src/files/project-file-key.ts';
import { keyOfPath } from '../../../src/http/file-path.ts';
import type { ProjectFileKind } from '../../../src/storage/d1/project-files.ts';
import { PART_BYTES } from '../../../src/storage/r2/put-parts.ts';

const ORIGIN = 'https://gateway.example';
const kinds = Object.keys(PROJECT_FILE_KINDS) as ProjectFileKind[];
/** Ids that are near to what breaks a key, and any others. */
const projectId = fc.oneof(
  fc.string({ unit: 'grapheme', minLength: 1, maxLength: 40 }),
  fc
    .array(fc.constantFrom('a', '.', '/', '..', ' ', '%', '-banner', 'é', '?', '#', '\\'), { minLength: 1 })
    .map((parts) => parts.join('')),
);
const named = (projectId: string, kind: ProjectFileKind) => ({ projectId, kind, name: 'n' });
const file = fc.record({ projectId, kind: fc.constantFrom(...kinds), name: fc.constant('0123456789abcdef') });

describe('the key of a file of a project', () => {
  test('is that of the platform', () => {
    const keyOf = (kind: ProjectFileKind, type: Parameters<typeof projectFileKey>[1]) =>
      projectFileKey({ projectId: 'prj_bitcoin', kind, name: 'n' }, type);
    expect(keyOf('logo', 'image/svg+xml')).toBe('projects/logos/prj_bitcoin.svg');
    expect(keyOf('banner', 'image/jpeg')).toBe('projects/logos/prj_bitcoin-banner.jpg');
    expect(keyOf('audit_report', 'application/pdf')).toBe('projects/documents/prj_bitcoin/audit-report.pdf');
    expect(keyOf('video', 'video/mp4')).toBe('projects/media/prj_bitcoin/videos/n.mp4');
  });

  test('is a public one that its URL leads back to, or there is none', () => {
    fc.assert(
      fc.property(file, (named) => {
        for (const type of PROJECT_FILE_KINDS[named.kind].types) {
          const key = projectFileKey(named, type);
          if (key === null) continue;
          expect([isFileKey(key), isPublicKey(key)]).toEqual([true, true]);
          for (const segment of key.split('/')) expect(['', '.', '..']).not.toContain(segment);
          const url = new URL(fileUrl(ORIGIN, `${key}?v=01234567`));
          expect([url.origin, url.search, url.hash]).toEqual([ORIGIN, '?v=01234567', '']);
          expect(keyOfPath(url.pathname)).toBe(key);
        }
      }),
      { numRuns: 1_000 },
    );
  });

  test('is an SVG’s only if it is whole in one part: it is looked at for scripts', () => {
    const kindsOfSvg = Object.values(PROJECT_FILE_KINDS).filter(({ types }) =>
      types.includes('image/svg+xml'),
    );
    for (const { maxBytes } of kindsOfSvg) expect(maxBytes).toBeLessThanOrEqual(PART_BYTES);
  });

  test('is no other file’s: neither of another project, nor of another kind', () => {
    const id = fc
      .array(fc.constantFrom('x', '.', '-banner', '-banner.jpg'), { minLength: 1, maxLength: 3 })
      .map((parts) => parts.join(''));
    const of = fc.record({ projectId: id, kind: fc.constantFrom(...kinds), name: fc.constant('n') });
    fc.assert(
      fc.property(of, of, (one, other) => {
        fc.pre(one.projectId !== other.projectId || one.kind !== other.kind);
        const keysOf = (named: typeof one) =>
          PROJECT_FILE_KINDS[named.kind].types.map((type) => projectFileKey(named, type));
        const others = keysOf(other);
        for (const key of keysOf(one)) {
          if (key === null) continue;
          expect(others).not.toContain(key);
          expect(cacheTagsOf(key)).toEqual(['files', `project:${encodeURIComponent(one.projectId)}`]);
        }
      }),
      { numRuns: 1_000, examples: [[named('x', 'banner'), named('x-banner', 'logo')]] },
    );
  });

  test('is in a folder of the project alone', () => {
    fc.assert(
      fc.property(file, (named) => {
        const [type] = PROJECT_FILE_KINDS[named.kind].types;
        const key = type && projectFileKey(named, type);
        if (typeof key !== 'string') return;
        const [, folder = '', owner = ''] = key.split('/');
        expect(folder === 'logos' ? owner.startsWith(named.projectId) : owner === named.projectId).toBe(true);
      }),
    );
  });
});
