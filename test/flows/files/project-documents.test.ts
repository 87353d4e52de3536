/** The gateway's copies of documents and media of projects, and the runs that make copies. */
import { env } from 'cloudflare:workers';
import { describe, expect, test } from 'vitest';
import { PROJECT_FILES_PER_RUN, PROJECT_MEDIA_MAX } from '../../../src/config.ts';
import { sha256Hex } from '../../../src/storage/sha256-hex.ts';
import { PDF, PNG, textBytes } from '../../support/files/sample-files.ts';
import {
  BITCOIN,
  bucketOf,
  LOGO_COPY,
  ORIGIN,
  objectKeys,
  queuedKeys,
  startProjectFiles,
} from '../../support/project-files-bench.ts';
import { type Bench, type Row, syncOf } from '../sync-bench.ts';

describe('documents and media of projects', () => {
  const detail = (fields: Row) => ({ about: null, team: [], roadmap: [], tokenomics: [], ...fields });
  const answer = (bench: Bench, fields: unknown) =>
    bench.control('PUT', '/answers', { route: 'project-detail', json: JSON.stringify(fields) });

  test('are found by night, copied by day, and shown in one read for all projects', async () => {
    const bench = await startProjectFiles();
    expect(await bench.check()).toMatchObject({ outcome: 'ok', read: 3, skipped: 0 });
    expect(await bench.shown()).toMatchObject({ documents: [], media: [] });
    expect(await bench.copy()).toMatchObject({ outcome: 'ok', skipped: 0 });
    const { documents, media } = await bench.shown();
    expect(documents.length).toBeGreaterThan(0);
    for (const { kind, url, sizeBytes, updatedAt } of documents) {
      const name = String(kind).toLowerCase().replace('_', '-');
      expect(url).toMatch(
        new RegExp(`^${ORIGIN}/files/projects/documents/${BITCOIN}/${name}\\.pdf\\?v=[\\da-f]{8}$`),
      );
      const { status, type, bytes } = await bench.served(String(url));
      expect([status, type, bytes.byteLength]).toEqual([200, 'application/pdf', sizeBytes]);
      expect(Date.parse(String(updatedAt)) / 1000).toBeLessThan(bench.now());
    }
    expect(media.map(({ kind, contentType }) => [kind, contentType])).toEqual([
      ['SCREENSHOT', 'image/png'],
      ['VIDEO', 'video/mp4'],
      ['PRESENTATION', 'application/pdf'],
    ]);
    const folders = media.map(({ url }) => String(url).split('/').at(-2));
    expect(folders).toEqual(['screenshots', 'videos', 'presentations']);

    bench.gateway.resetCounts();
    await bench.graphql('{ projects(first: 3) { nodes { documents { url } media { url } } } }');
    expect(bench.gateway.counts.d1Calls).toBe(2);
  });

  test('are copied again when upstream changed them, and go when it names them no more', async () => {
    const bench = await startProjectFiles({ projectCount: 1 });
    const name = async (fields: Row) => {
      await answer(bench, detail(fields));
      await bench.advance(86_400);
      return bench.check();
    };
    const url = bench.fileUrl('paper.pdf');
    const at = bench.now();
    const whitepaper = { kind: 'whitepaper', url, updated_at: at };
    const film = { kind: 'video', url: bench.fileUrl('film.mp4'), updated_at: at };
    const slides = { kind: 'presentation', url: bench.fileUrl('slides.pdf'), updated_at: at };
    await name({ documents: [whitepaper], media: [film, slides] });
    await bench.copy();
    const before = await bench.shown();
    await bench.calls();
    await name({ documents: [whitepaper], media: [slides, film] });
    await bench.copy();
    expect((await bench.calls()).byRoute).toEqual({ 'project-detail': 1 });
    expect((await bench.shown()).media).toEqual(before.media.toReversed());

    await bench.putFile('paper.pdf', { bytes: textBytes('%PDF-1.7\n1 0 obj\n<<>>\nendobj\n') });
    await name({ documents: [{ ...whitepaper, updated_at: at + 1 }], media: [film] });
    expect(await queuedKeys()).toEqual([expect.stringMatching(/\/presentations\/[\da-f]{16}\.pdf$/)]);
    expect((await bench.shown()).documents).toEqual(before.documents);
    await bench.copy();
    const [changed] = (await bench.shown()).documents;
    expect(changed?.url).not.toBe(before.documents[0]?.url);
    expect(changed?.updatedAt).not.toBe(before.documents[0]?.updatedAt);

    expect(await name({})).toMatchObject({ outcome: 'ok', written: 2 });
    expect(await bench.shown()).toMatchObject({ documents: [], media: [] });
    await env.STORAGE.delete(await queuedKeys());
    expect((await objectKeys()).filter((key) => !key.includes('/logos/'))).toEqual([]);
  });

  test('are of the kind that upstream names last', async () => {
    const bench = await startProjectFiles({ projectCount: 1 });
    const name = async (kinds: [slides: string, tour: string]) => {
      const [slides, tour] = kinds;
      const media = [
        { kind: slides, url: bench.fileUrl('slides.pdf'), updated_at: 1 },
        { kind: tour, url: bench.fileUrl('tour.mp4'), updated_at: 1 },
      ];
      await answer(bench, detail({ media }));
      await bench.advance(86_400);
      await bench.check();
      return bench.copy();
    };
    expect(await name(['video', 'presentation'])).toMatchObject({
      skipped: 1,
      firstError: `video of project ${BITCOIN}: its bytes are application/pdf`,
    });
    expect(await name(['presentation', 'video'])).toMatchObject({ outcome: 'ok', read: 2, written: 2 });
    expect((await bench.shown()).media).toMatchObject([
      { kind: 'PRESENTATION', contentType: 'application/pdf' },
      { kind: 'VIDEO', url: expect.stringContaining(`/media/${BITCOIN}/videos/`) },
    ]);
    expect(await queuedKeys()).toEqual([expect.stringContaining('/presentations/')]);
  });

  test.each<[string, unknown]>([
    ['is no object', [1]],
    ['has lists of another form', detail({ documents: 'none', media: 7 })],
    ['has an item of another form', detail({ documents: [{ kind: 'whitepaper' }], media: [null] })],
  ])('stay where the answer of upstream %s', async (_, bad) => {
    const bench = await startProjectFiles({ projectCount: 1 });
    await bench.check();
    await bench.copy();
    const before = await bench.shown();
    await answer(bench, bad);
    await bench.check();
    expect(await bench.shown()).toEqual(before);
    expect(bench.loggedWarnings().length).toBeGreaterThan(0);
  });

  test('stay where the main API fails', async () => {
    const bench = await startProjectFiles({ projectCount: 1 });
    await bench.check();
    await bench.copy();
    const before = await bench.shown();
    await bench.fault('project-detail', '500');
    expect(await bench.check()).toMatchObject({ outcome: 'partial', skipped: 1 });
    await bench.clearFaults();
    expect(await bench.shown()).toEqual(before);
  });

  test('are taken up to a number, and of two documents of one kind the newer one', async () => {
    const bench = await startProjectFiles({ projectCount: 1 });
    const documents = [3, 2].map((at) => ({
      kind: 'roadmap',
      url: bench.fileUrl(`${at}.pdf`),
      updated_at: at,
    }));
    const media = Array.from({ length: PROJECT_MEDIA_MAX + 1 }, (_, at) => ({
      ...{ kind: 'screenshot', url: bench.fileUrl(`${at}.png`), updated_at: 1 },
    }));
    const elsewhere = { kind: 'whitepaper', url: 'https://elsewhere.example/paper.pdf', updated_at: 1 };
    await answer(bench, detail({ documents: [...documents, elsewhere], media }));
    await bench.check();
    expect(await bench.copy()).toMatchObject({ outcome: 'ok', skipped: 0 });
    const shown = await bench.shown();
    expect(shown.documents).toMatchObject([{ kind: 'ROADMAP', updatedAt: '1970-01-01T00:00:03Z' }]);
    expect(shown.media).toHaveLength(PROJECT_MEDIA_MAX);
  });

  test('of some MiB are copied in parts, byte for byte', async () => {
    const bench = await startProjectFiles({ projectCount: 1 });
    await bench.putFile('large.pdf', { bytes: PDF, filledTo: 11_000_000 });
    const bytes = new Uint8Array(await (await fetch(bench.fileUrl('large.pdf'))).arrayBuffer());
    const large = { kind: 'whitepaper', url: bench.fileUrl('large.pdf'), updated_at: 1 };
    await answer(bench, detail({ documents: [large] }));
    await bench.check();
    await bench.copy();
    const [document] = (await bench.shown()).documents;
    expect(document).toMatchObject({ sizeBytes: bytes.byteLength });
    // `toEqual` takes seconds for so many.
    const served = await bench.served(String(document?.url));
    expect(await sha256Hex(served.bytes)).toBe(await sha256Hex(bytes));
  });
});

describe('a run', () => {
  test('that ends in between leaves no object that nothing names', async () => {
    const bench = await startProjectFiles({ projectCount: 1 });
    const { storage } = bench.deps;
    const cutOff = syncOf({
      ...bench.deps,
      // The bytes are there, and the run is not any more.
      storage: {
        ...bucketOf(storage),
        put: async (...args: Parameters<R2Bucket['put']>) => {
          await storage.put(...args);
          return new Promise<never>(() => undefined);
        },
      } as unknown as typeof storage,
    });
    void cutOff.runJob('project-files');
    await expect.poll(objectKeys).toHaveLength(2);
    expect(await queuedKeys()).toEqual(await objectKeys());
    expect((await bench.shown()).logoUrl).toContain('127.0.0.1');

    // The keys are held for ten minutes; then their objects may be deleted.
    bench.advanceSync(300);
    expect(await bench.copy()).toMatchObject({ outcome: 'ok', read: 2, written: 0 });
    bench.advanceSync(300);
    expect(await bench.copy()).toMatchObject({ outcome: 'ok', read: 2, written: 2 });
    expect(await queuedKeys()).toEqual([]);
  });

  test('copies what R2 takes, and tries the rest again', async () => {
    const bench = await startProjectFiles({ projectCount: 1 });
    const { storage } = bench.deps;
    const failing = syncOf({
      ...bench.deps,
      storage: {
        ...bucketOf(storage),
        put: async (key: string, ...rest: unknown[]) => {
          if (key.includes('banner')) throw new Error('R2 is down');
          return storage.put(key, ...(rest as [ArrayBuffer]));
        },
      } as unknown as typeof storage,
    });
    expect(await failing.runJob('project-files')).toMatchObject({
      outcome: 'partial',
      written: 1,
      firstError: `banner of project ${BITCOIN}: R2 is down`,
    });
    // The key is free for the next try, and what R2 may have taken is deleted.
    expect(await bench.rows('object_deletion', 'object_key')).toEqual([
      { object_key: `projects/logos/${BITCOIN}-banner.jpg`, next_attempt_at: 0 },
    ]);
    const { logoUrl, bannerUrl } = await bench.shown();
    expect([logoUrl, bannerUrl]).toEqual([
      expect.stringMatching(LOGO_COPY),
      expect.stringContaining('127.0.0.1'),
    ]);
  });

  test('copies a bounded number of files, pictures first, and the next one the others', async () => {
    const bench = await startProjectFiles({ projectCount: 102 });
    await bench.check();
    const { storage, platformFiles } = bench.deps;
    const copied: string[] = [];
    const quick = syncOf({
      ...bench.deps,
      platformFiles: {
        ...platformFiles,
        open: async (url) => ({
          chunks: oneChunk(url.endsWith('.pdf') ? PDF : PNG),
          close: () => undefined,
          etag: null,
          isUnchanged: false,
        }),
      },
      storage: {
        ...bucketOf(storage),
        put: async (key: string) => {
          copied.push(key);
          return { etag: key, size: 1 };
        },
      } as unknown as typeof storage,
    });
    expect(await quick.runJob('project-files')).toMatchObject({ read: PROJECT_FILES_PER_RUN });
    expect(copied.filter((key) => !key.startsWith('projects/logos/'))).toEqual([]);
    await quick.runJob('project-files');
    const pictures = copied.filter((key) => key.startsWith('projects/logos/'));
    expect([new Set(pictures).size, pictures.length]).toEqual([204, 204]);
  });

  test('copies pictures also behind many that cannot be copied', async () => {
    const bench = await startProjectFiles({ projectCount: 15 });
    for (const { id } of (await bench.rows('project_cache')).slice(0, 14))
      await bench.control('PATCH', `/projects/${id}`, { logo_url: bench.fileUrl('none'), banner_url: null });
    await bench.sync.runJob('projects');
    expect(await bench.copy()).toMatchObject({ outcome: 'partial', read: 16, written: 2, skipped: 14 });
  });

  test('leaves files for later where the platform’s file host is down', async () => {
    const bench = await startProjectFiles({ projectCount: 15 });
    await bench.fault('file', '503');
    const { read, written } = await bench.copy();
    expect([written, Number(read) < 16]).toEqual([0, true]);
    await bench.clearFaults();
    await bench.advance(300);
    expect(await bench.copy()).toMatchObject({ outcome: 'ok', read: 30, written: 30 });
  });
});

async function* oneChunk(bytes: Uint8Array) {
  yield bytes;
}
