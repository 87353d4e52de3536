/** The gateway's copies of the logos and banners that projects name. */
import { env } from 'cloudflare:workers';
import { describe, expect, test, vi } from 'vitest';
import { PROJECT_PICTURE_MAX_BYTES } from '../../../src/config.ts';
import { projectFilesJob } from '../../../src/sync/project-files.ts';
import { runJobs } from '../../../src/sync/run-jobs.ts';
import { ask } from '../../support/cache-bench.ts';
import { HTML, SCRIPTED_SVG } from '../../support/files/hostile-files.ts';
import { JPEG, PDF, PNG } from '../../support/files/sample-files.ts';
import type { PutFile } from '../../support/market.ts';
import {
  BITCOIN,
  fileRow,
  LOGO_COPY,
  objectKeys,
  type ProjectFilesBench,
  queuedKeys,
  startProjectFiles,
} from '../../support/project-files-bench.ts';
import { IMPATIENT_MS, type Row } from '../sync-bench.ts';

describe('the pictures of projects', () => {
  test('are copied once, and shown from the gateway from then on', async () => {
    const bench = await startProjectFiles();
    const before = await bench.shown();
    expect(before.logoUrl).toMatch(
      /^http:\/\/127\.0\.0\.1:\d+\/market-\d+\/files\/logos\/bitcoin\.(png|svg)$/,
    );
    expect(await bench.copy()).toMatchObject({ outcome: 'ok', read: 6, written: 6, skipped: 0 });
    const { last, byRoute } = await bench.calls();
    expect(byRoute).toEqual({ file: 6 });
    // A project may choose the URL: with the key it would open what only the gateway may read.
    expect(last.map(({ headers }) => headers.authorization)).toEqual(Array(6).fill(false));

    const { logoUrl, bannerUrl } = await bench.shown();
    expect(logoUrl).toMatch(LOGO_COPY);
    expect(bannerUrl).toMatch(/\/files\/projects\/logos\/prj_bitcoin-banner\.jpg\?v=[\da-f]{8}$/);
    const original = await fetch(String(before.logoUrl));
    expect(await bench.served(logoUrl)).toEqual({
      status: 200,
      type: original.headers.get('content-type'),
      bytes: new Uint8Array(await original.arrayBuffer()),
    });
    expect(await bench.served(bannerUrl)).toEqual({ status: 200, type: 'image/jpeg', bytes: JPEG });
    expect(await queuedKeys()).toEqual([]);

    await bench.calls();
    bench.d1Calls();
    expect(await bench.copy()).toMatchObject({ outcome: 'ok', read: 0, written: 0 });
    expect([bench.d1Calls(), (await bench.calls()).byRoute]).toEqual([3, {}]);
  });

  test('are in lists and in /api too, without a further call of D1', async () => {
    const bench = await startProjectFiles();
    await bench.copy();
    // The isolate has written its counts of this minute.
    await bench.graphql('{ __typename }');
    bench.gateway.resetCounts();
    const { projects } = (await bench.graphql('{ projects(first: 3) { nodes { logoUrl } } }')) as {
      projects: { nodes: { logoUrl: string }[] };
    };
    for (const { logoUrl } of projects.nodes) expect(logoUrl).toMatch(LOGO_COPY);
    expect(bench.gateway.counts.d1Calls).toBe(1);
    const { bytes } = await bench.served('/api/projects/bitcoin');
    expect(JSON.parse(new TextDecoder().decode(bytes))).toMatchObject({
      logo_url: projects.nodes.map(({ logoUrl }) => logoUrl).find((url) => url.includes('bitcoin')),
    });
  });

  test('make cached answers anew when their copies are there', async () => {
    const bench = await startProjectFiles({ projectCount: 1 });
    const logo = async () => {
      const { xCache, body } = await ask(bench.gateway, {
        query: '{ project(by: { slug: "bitcoin" }) { logoUrl } }',
      });
      return [xCache, (body.data.project as Row).logoUrl];
    };
    const runWithEffects = () => runJobs([projectFilesJob], bench.deps);
    await runWithEffects();
    const [, first] = await logo();
    expect(await logo()).toEqual(['HIT', first]);
    vi.setSystemTime(Date.now() + 20_000);
    await runWithEffects();
    expect(await logo()).toEqual(['HIT', first]);

    await bench.putFile('new.png', { bytes: PNG });
    await bench.control('PATCH', `/projects/${BITCOIN}`, { logo_url: bench.fileUrl('new.png') });
    await bench.sync.runJob('projects');
    await runWithEffects();
    vi.setSystemTime(Date.now() + 20_000);
    expect(await logo()).toEqual(['STALE', first]);
    const [outcome, second] = await logo();
    expect([outcome, second === first]).toEqual(['HIT', false]);
    expect((await bench.served(String(second))).bytes).toEqual(PNG);
  });

  test('at other origins stay where they are, unless a copy is there', async () => {
    const bench = await startProjectFiles();
    const elsewhere = 'https://elsewhere.example/logo.png';
    await bench.control('PATCH', `/projects/${BITCOIN}`, { logo_url: elsewhere });
    await bench.sync.runJob('projects');
    await bench.copy();
    expect([(await bench.shown()).logoUrl, await fileRow('logo')]).toEqual([elsewhere, null]);

    const { logoUrl } = await bench.shown('ethereum');
    await bench.control('PATCH', '/projects/prj_ethereum', { logo_url: elsewhere });
    await bench.sync.runJob('projects');
    expect(await bench.copy()).toMatchObject({
      outcome: 'partial',
      firstError: "logo of project prj_ethereum: the URL is not one of the platform's own",
    });
    expect((await bench.shown('ethereum')).logoUrl).toBe(logoUrl);
  });

  test.each<[string, PutFile, string]>([
    ['is empty', {}, 'it is empty'],
    [
      'is a page with an error',
      { bytes: HTML, headers: { 'content-type': 'image/png' } },
      'its bytes are of no known type',
    ],
    [
      'is of a type that a logo may not have',
      { bytes: PDF, headers: { 'content-type': 'image/png' } },
      'its bytes are application/pdf',
    ],
    ['has a script', { bytes: SCRIPTED_SVG }, 'it has a script'],
    ['is somewhere else', { status: 302, headers: { location: 'https://elsewhere.example/' } }, 'HTTP 302'],
    ['is not there', { status: 404, bytes: PNG }, 'HTTP 404'],
    [
      'says that it is longer',
      { bytes: PNG, headers: { 'content-length': String(PROJECT_PICTURE_MAX_BYTES + 1) } },
      `it is longer than ${PROJECT_PICTURE_MAX_BYTES} bytes`,
    ],
    ['does not end', { bytes: PNG, isEndless: true }, `it is longer than ${PROJECT_PICTURE_MAX_BYTES} bytes`],
  ])('keep no other file waiting where one %s', async (_, file, reason) => {
    const bench = await startProjectFiles();
    await bench.putFile('bad.png', file);
    const url = bench.fileUrl('bad.png');
    await bench.control('PATCH', `/projects/${BITCOIN}`, { logo_url: `${url}?secret=1` });
    await bench.sync.runJob('projects');
    expect(await bench.copy()).toMatchObject({
      outcome: 'partial',
      read: 6,
      written: 5,
      skipped: 1,
      firstError: `logo of project ${BITCOIN}: ${reason}`,
    });
    expect((await bench.shown()).logoUrl).toBe(`${url}?secret=1`);
    expect((await objectKeys()).filter((key) => key.includes('bitcoin'))).toEqual([
      `projects/logos/${BITCOIN}-banner.jpg`,
    ]);
    const warnings = bench.loggedWarnings().filter(({ event }) => event === 'project_files.not_copied');
    expect(warnings).toMatchObject([{ projectId: BITCOIN, kind: 'logo', url, reason, failures: 1 }]);
    expect(await queuedKeys()).toEqual([]);
  });

  test('whose file stops in the middle are given up in time', async () => {
    const bench = await startProjectFiles({ projectCount: 1 });
    await bench.copy();
    await bench.putFile('bad.png', { bytes: PNG, stalls: true });
    await bench.control('PATCH', `/projects/${BITCOIN}`, { logo_url: bench.fileUrl('bad.png') });
    await bench.sync.runJob('projects');
    expect(await bench.impatientSync.runJob('project-files')).toMatchObject({
      outcome: 'partial',
      read: 1,
      firstError: `logo of project ${BITCOIN}: it was not there within ${IMPATIENT_MS} ms`,
    });
  });

  test('that cannot be copied are tried again after five minutes, then ten, and at last once a day', async () => {
    const bench = await startProjectFiles({ projectCount: 1 });
    await bench.copy();
    await bench.putFile('bad.png', { bytes: HTML });
    await bench.control('PATCH', `/projects/${BITCOIN}`, {
      logo_url: bench.fileUrl('bad.png'),
      banner_url: null,
    });
    await bench.sync.runJob('projects');
    const pauses: number[] = [];
    for (let failures = 1; failures <= 11; failures += 1) {
      expect(await bench.copy()).toMatchObject({ read: 1, skipped: 1 });
      const pause = Number((await fileRow('logo'))?.next_attempt_at) - bench.now();
      pauses.push(pause);
      bench.advanceSync(pause - 1);
      expect(await bench.copy()).toMatchObject({ read: 0 });
      bench.advanceSync(1);
    }
    expect(pauses.slice(0, 3)).toEqual([300, 600, 1_200]);
    expect(pauses.slice(-2)).toEqual([86_400, 86_400]);
    await bench.putFile('bad.png', { bytes: PNG });
    expect(await bench.copy()).toMatchObject({ outcome: 'ok', written: 1 });
    expect(await fileRow('logo')).toMatchObject({ failures: 0, next_attempt_at: null });
  });

  /** Has a further project, like the one that is there. */
  async function putProject(bench: ProjectFilesBench, id: string, fields: Row = {}) {
    const [known] = await bench.rows('project_cache');
    const { tags, blockchain, social: _, ...project } = known ?? {};
    await bench.control('PUT', `/projects/${encodeURIComponent(id)}`, {
      ...project,
      ...{ id, slug: 'odd', tags: JSON.parse(String(tags)), blockchain: JSON.parse(String(blockchain)) },
      ...fields,
    });
    await bench.sync.runJob('projects');
  }

  test('are refused where their key may be that of another project’s banner', async () => {
    const bench = await startProjectFiles({ projectCount: 1 });
    const id = `${BITCOIN}-banner`;
    await bench.putFile('logo.jpg', { bytes: JPEG });
    await putProject(bench, id, { logo_url: bench.fileUrl('logo.jpg') });
    const firstError = `logo of project ${id}: a key cannot have the project's id`;
    expect(await bench.copy()).toMatchObject({ written: 3, skipped: 1, firstError });
    expect(await objectKeys()).toEqual([
      `projects/logos/${BITCOIN}-banner-banner.jpg`,
      `projects/logos/${BITCOIN}-banner.jpg`,
      expect.stringMatching(`^projects/logos/${BITCOIN}\\.(png|svg)$`),
    ]);
    expect((await bench.shown('odd')).logoUrl).toBe(bench.fileUrl('logo.jpg'));
    expect((await bench.shown()).bannerUrl).toContain(`/projects/logos/${BITCOIN}-banner.jpg?v=`);
    await bench.advance(299);
    expect(await bench.copy()).toMatchObject({ read: 0 });
    await bench.advance(1);
    expect(await bench.copy()).toMatchObject({ read: 1, skipped: 1 });
    expect(await fileRow('logo', id)).toMatchObject({ failures: 2 });
  });

  test('whose key is held for long are tried again ever later, and named in the log', async () => {
    const bench = await startProjectFiles({ projectCount: 1 });
    const key = `projects/logos/${BITCOIN}-banner.jpg`;
    const held = env.DB.prepare('INSERT INTO object_deletion (object_key, next_attempt_at) VALUES (?1, ?2)');
    await held.bind(key, bench.now() + 1_800).run();
    const pauses: number[] = [];
    for (let tries = 1; tries <= 3; tries += 1) {
      await bench.copy();
      const pause = Number((await fileRow('banner'))?.next_attempt_at) - bench.now();
      pauses.push(pause);
      bench.advanceSync(pause);
    }
    expect(pauses).toEqual([300, 600, 1_200]);
    const reason = 'its key is held';
    const warnings = bench.loggedWarnings().filter(({ event }) => event === 'project_files.not_copied');
    expect(warnings).toMatchObject([
      { projectId: BITCOIN, kind: 'banner', reason, failures: 2 },
      { projectId: BITCOIN, kind: 'banner', reason, failures: 3 },
    ]);
  });

  test.each(['a/b', '../x', '.hidden', 'a?b', '%2e'])(
    'are not copied where no key can have the id: %s',
    async (id) => {
      const bench = await startProjectFiles({ projectCount: 1 });
      await putProject(bench, id);
      expect(await bench.copy()).toMatchObject({ written: 2, skipped: 2 });
      expect((await objectKeys()).every((key) => key.includes(BITCOIN))).toBe(true);
    },
  );
});
