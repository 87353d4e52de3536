/** Pictures that upstream changes after they were copied: at a new URL, or at the same one. */
import { env } from 'cloudflare:workers';
import { describe, expect, test } from 'vitest';
import { dueProjectFilesQuery, pictureSourcesWrites } from '../../../src/storage/d1/project-files.ts';
import { PNG, SVG } from '../../support/files/sample-files.ts';
import type { PutFile } from '../../support/market.ts';
import { BITCOIN, fileRow, queuedKeys, startProjectFiles } from '../../support/project-files-bench.ts';
import type { Row } from '../sync-bench.ts';

describe('pictures that change', () => {
  test('are copied again when their URL changes, and the older copy is served until then', async () => {
    const bench = await startProjectFiles();
    await bench.copy();
    const { logoUrl } = await bench.shown();
    await bench.putFile('new.png', { bytes: PNG });
    await bench.control('PATCH', `/projects/${BITCOIN}`, { logo_url: bench.fileUrl('new.png') });
    await bench.sync.runJob('projects');
    expect((await bench.shown()).logoUrl).toBe(logoUrl);
    expect(await bench.copy()).toMatchObject({ outcome: 'ok', read: 1, written: 1 });
    const changed = await bench.shown();
    expect(changed.logoUrl).not.toBe(logoUrl);
    expect((await bench.served(changed.logoUrl)).bytes).toEqual(PNG);
  });

  test.each<[string, Record<string, string>, PutFile]>([
    ['its server has ETags', { etag: '"a"' }, { status: 304 }],
    ['its server has none', {}, { bytes: PNG }],
  ])(
    'are asked for again where their project has changed, at most once a day: %s',
    async (_, headers, same) => {
      const bench = await startProjectFiles({ projectCount: 1 });
      await bench.putFile('same.png', { bytes: PNG, headers });
      const touch = async (fields: Row) => {
        await bench.control('PATCH', `/projects/${BITCOIN}`, fields);
        await bench.sync.runJob('projects');
      };
      await touch({ logo_url: bench.fileUrl('same.png'), banner_url: null });
      const copiedAt = bench.now();
      expect(await bench.copy()).toMatchObject({ read: 1, written: 1 });
      const { logoUrl } = await bench.shown();
      const uploadedAt = async () => (await env.STORAGE.head(`projects/logos/${BITCOIN}.png`))?.uploaded;
      const before = await uploadedAt();

      await bench.putFile('same.png', { ...same, headers });
      await bench.advance(600);
      await touch({ description: 'Changed.' });
      expect(await bench.copy()).toMatchObject({ read: 0 });
      await bench.advance(copiedAt + 86_400 - bench.now() - 1);
      await touch({ description: 'Changed again.' });
      expect(await bench.copy()).toMatchObject({ read: 0 });
      await bench.advance(1);
      expect(await bench.copy()).toMatchObject({ outcome: 'ok', read: 1, written: 0, skipped: 0 });
      expect([(await bench.shown()).logoUrl, await uploadedAt()]).toEqual([logoUrl, before]);
      expect(await queuedKeys()).toEqual([]);

      const other = new Uint8Array(await (await fetch(bench.fileUrl('other.png'))).arrayBuffer());
      await bench.putFile('same.png', { bytes: other, headers: { etag: '"b"' } });
      expect(await bench.copy()).toMatchObject({ read: 0 });
      await bench.advance(86_400);
      expect(await bench.copy()).toMatchObject({ outcome: 'ok', read: 1, written: 1 });
      const changed = await bench.shown();
      expect(changed.logoUrl).not.toBe(logoUrl);
      expect((await bench.served(changed.logoUrl)).bytes).toEqual(other);
      // Nothing has changed since.
      await bench.advance(3 * 86_400);
      expect(await bench.copy()).toMatchObject({ read: 0 });
    },
  );

  test('that are asked for again wait behind those of new URLs', async () => {
    const bench = await startProjectFiles({ projectCount: 1 });
    await bench.copy();
    await bench.advance(86_400);
    await bench.control('PATCH', `/projects/${BITCOIN}`, { logo_url: bench.fileUrl('new.png') });
    await bench.sync.runJob('projects');
    const { origins } = bench.deps.platformFiles;
    await env.DB.batch(pictureSourcesWrites(env.DB, origins, bench.now()));
    const due = await dueProjectFilesQuery(env.DB, bench.now(), 9).all<Row>();
    expect(due.results.map(({ kind, asked_at: askedAt }) => [kind, askedAt === null])).toEqual([
      ['logo', true],
      ['banner', false],
    ]);
  });

  test('leave no object behind when their type changes, or when upstream names none', async () => {
    const bench = await startProjectFiles();
    const name = async (file: string | null) => {
      await bench.control('PATCH', `/projects/${BITCOIN}`, { logo_url: file && bench.fileUrl(file) });
      await bench.sync.runJob('projects');
      return bench.copy();
    };
    await bench.putFile('a.png', { bytes: PNG });
    await bench.putFile('a.svg', { bytes: SVG });
    await name('a.png');
    const [png, svg] = [`projects/logos/${BITCOIN}.png`, `projects/logos/${BITCOIN}.svg`];
    expect(await queuedKeys()).toEqual([]);
    await name('a.svg');
    expect(await queuedKeys()).toEqual([png]);
    expect((await bench.shown()).logoUrl).toContain(svg);

    // The object is being deleted: what is put there now would go too.
    await env.DB.exec(`UPDATE object_deletion SET next_attempt_at = ${bench.now() + 60}`);
    expect(await name('a.png')).toMatchObject({ outcome: 'ok', written: 0 });
    expect((await bench.shown()).logoUrl).toContain(svg);
    await env.DB.exec('DELETE FROM object_deletion');
    await bench.advance(300);
    expect(await bench.copy()).toMatchObject({ outcome: 'ok', written: 1 });
    expect((await bench.shown()).logoUrl).toContain(png);
    expect(await queuedKeys()).toEqual([svg]);

    expect(await name(null)).toMatchObject({ outcome: 'ok', written: 1 });
    expect(await queuedKeys()).toEqual([png, svg]);
    expect((await bench.shown()).logoUrl).toBeNull();
    expect(await fileRow('logo')).toBeNull();
  });
});
