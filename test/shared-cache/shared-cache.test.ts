/** The gateway behind shared caches that others have made: Varnish and nginx, over traffic of two users and a stranger. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { localId } from '../../schema/global-ids.ts';
import { attachmentPath, FileUrls } from '../../src/files/file-urls.ts';
import { signingKeysSchema } from '../../src/settings/signing-keys.ts';
import { PATHS_OF_NOTHING, PRIVATE_KEYS } from '../support/private-paths.ts';
import { type Answer, closeConnections, type Server, send } from './ask.ts';
import { FIRST } from './askers.ts';
import { CANARY, USER_IDS } from './canaries.ts';
import { ASKED_BY, BREAKAGES, type Breakage, CLOCK_PATH } from './harness.ts';
import { type Question, questionsAbout } from './questions.ts';
import { CACHES, type CacheKind, startCache } from './running-cache.ts';
import { type Bundles, bundleBoth, JWT_SECRET, type Stage, setStage } from './stage.ts';
import { askEverything, runTraffic } from './traffic.ts';
import { checkValidity, type Validity } from './validity.ts';
import { type Verdict, verdictOf } from './verdict.ts';

const SEED = 4;
const REQUESTS = 1_200;
const CONNECTIONS = 8;
const EVERY_MINUTE = '* * * * *';
const EVERY_FIVE_MINUTES = '*/5 * * * *';
/** The gateway has read a new generation by then. */
const SEEN_AFTER_SECONDS = 20;

let bundles: Bundles;
let stage: Stage;
let questions: Question[];

before(async () => {
  bundles = await bundleBoth(new AbortController().signal);
  stage = await setStage(bundles);
  questions = questionsAbout(stage.held);
});

after(async () => {
  closeConnections();
  await stage?.close();
});

async function behind<Result>(
  kind: CacheKind,
  gateway: URL,
  run: (server: { socketPath: string }) => Promise<Result>,
): Promise<Result> {
  const cache = await startCache(kind, gateway);
  try {
    return await run(cache);
  } finally {
    await cache.stop();
  }
}

/** Of one user first, then of everybody, in two halves with a sync in between. */
async function trafficThrough(kind: CacheKind, gateway: URL, requests: number): Promise<Verdict> {
  return await behind(kind, gateway, async (server) => {
    const half = (seed: number) =>
      runTraffic({ server, questions, seed, requests: requests / 2, connections: CONNECTIONS });
    const first = await askEverything(server, questions, FIRST);
    const before = await half(SEED);
    await stage.moveOn(SEEN_AFTER_SECONDS, [EVERY_MINUTE]);
    const afterwards = await half(SEED + 1);
    return verdictOf([...first, ...before, ...afterwards], stage.canaries);
  });
}

for (const kind of ['obedient', 'harsh', 'nginx'] as const) {
  test(`${CACHES[kind]} shows nobody what is another's, and answers what is public itself`, async (t) => {
    const { faults, ...counted } = await trafficThrough(kind, stage.gateway, REQUESTS);
    t.diagnostic(JSON.stringify(counted));
    assert.deepEqual(faults, []);
    assert.deepEqual(counted.neverHit, []);
    assert.ok(counted.publicHits >= 0.6 * counted.publicAsked);
    assert.ok(counted.notModified > 0);
  });
}

async function validityAt(gateway: URL, requests: number): Promise<Validity> {
  let renamed = 0;
  const change = async () => {
    renamed += 1;
    for (const { id } of stage.market.records().projects.slice(0, 5))
      stage.market.patchProject(id, { name: `Renamed ${renamed}` });
    await stage.moveOn(SEEN_AFTER_SECONDS, [EVERY_MINUTE, EVERY_FIVE_MINUTES]);
  };
  const asked = questions.filter(({ kind }) => kind === 'public');
  return await behind('asking', gateway, (cache) =>
    checkValidity({
      ...{ cache, gateway, questions: asked, seed: SEED, requests, change },
      requestsBetweenChanges: 60,
    }),
  );
}

test('a cache that asks the gateway each time is told 304 of nothing but its current body', async (t) => {
  const { faults, ...counted } = await validityAt(stage.gateway, REQUESTS / 2);
  t.diagnostic(JSON.stringify(counted));
  assert.deepEqual(faults, []);
  assert.ok(counted.notModified > 30 && counted.changes > 30, JSON.stringify(counted));
});

test('a cache that holds nothing is not given an outdated answer to keep as fresh', async () => {
  const [question] = questions;
  const headers = { accept: 'application/json' };
  const ask = { method: 'GET', path: question?.path ?? '', headers } as const;
  const { etag: outdated } = (await send(stage.gateway, ask)).headers;
  for (const { id, name } of stage.market.records().projects)
    stage.market.patchProject(id, { name: `${name} again` });
  await stage.moveOn(SEEN_AFTER_SECONDS, [EVERY_MINUTE, EVERY_FIVE_MINUTES]);
  await behind('harsh', stage.gateway, async (cache) => {
    // As after a purge: the gateway may still answer with what it knows to be outdated, once.
    await send(cache, ask);
    const conditional = { ...ask, headers: { ...headers, 'if-none-match': '"none"' } };
    const { etag: current } = (await send(stage.gateway, conditional)).headers;
    assert.notEqual(current, outdated);
    const told = await send(cache, { ...ask, headers: { ...headers, 'if-none-match': `${outdated}` } });
    assert.equal(told.headers.etag, current, `${told.status} ${told.headers['cache-status']}`);
  });
});

test('an answer of /api behind a cache says its age since the gateway executed it, by each URL of the question', async () => {
  const headers = { accept: 'application/json' };
  // Nobody else asks for as many.
  const [one, other] = [
    '/api/projects?limit=3&sortOrder=asc',
    '/api/projects?sortOrder=asc&limit=3',
  ] as const;
  const ask = (server: Server, path: string) => send(server, { method: 'GET', path, headers });
  const executed = await ask(stage.gateway, one);
  await stage.moveOn(SEEN_AFTER_SECONDS, []);
  await behind('obedient', stage.gateway, async (cache) => {
    const answers = [
      await ask(cache, one),
      await ask(cache, one),
      await ask(cache, other),
      await ask(cache, other),
    ];
    const ids = answers.map(({ headers: { 'x-request-id': id } }) => id);
    assert.deepEqual([ids[0] === ids[1], ids[2] === ids[3], ids[0] === ids[2]], [true, true, false]);
    for (const { body, headers: got } of answers) {
      assert.equal(body, executed.body);
      assert.equal(got['x-cache'], 'HIT');
      assert.ok(Number(got.age) >= SEEN_AFTER_SECONDS, `${got.age}`);
    }
  });
});

test(`${CACHES.obedient} keeps a public file and no refusal, and sends parts of the file itself`, async () => {
  const text = 'a { color: red }';
  const path = '/files/static/css/site.css';
  const bucket = await stage.bucket();
  const ask = (server: Server, headers: Record<string, string> = {}, method: 'GET' | 'HEAD' = 'GET') =>
    send(server, { method, path, headers });
  await behind('obedient', stage.production, async (cache) => {
    assert.equal((await ask(cache)).status, 404);
    await bucket.put('static/css/site.css', text, { httpMetadata: { contentType: 'text/css' } });
    const first = await ask(cache, { origin: 'https://a.example' });
    assert.deepEqual([first.status, first.body, first.headers['content-length']], [200, text, '16']);
    const head = await ask(stage.production, { range: 'bytes=0-3' }, 'HEAD');
    assert.deepEqual([head.status, head.headers['content-length']], [200, '16']);

    await bucket.delete('static/css/site.css');
    assert.equal((await ask(stage.production)).status, 404);
    const { etag = '' } = first.headers;
    const kept = await ask(cache, { origin: 'https://b.example' });
    assert.deepEqual([kept.status, kept.body, kept.headers.etag], [200, text, etag]);
    assert.equal((await ask(cache, { 'if-none-match': etag })).status, 304);
    const part = await ask(cache, { range: 'bytes=4-8' });
    assert.deepEqual([part.status, part.body], [206, 'color']);
  });
});

const LOGO_COUNT = 100;

test(`a page of ${LOGO_COUNT} logos runs no Worker the second time, whoever opens it`, async () => {
  const pathOf = (field: string) =>
    `/graphql?${new URLSearchParams({ query: `{ projects(first: ${LOGO_COUNT}) { nodes { ${field} } } }` })}`;
  const headers = { accept: 'application/json', 'graphql-client-name': 'web' };
  const { body } = await send(stage.production, { method: 'GET', path: pathOf('id'), headers });
  const ids = [...body.matchAll(/"id":"([^"]+)"/g)].map(([, id = '']) => localId('Project', id) ?? '');
  await stage.copyLogos(ids);
  for (const kind of ['obedient', 'harsh'] as const) {
    await behind(kind, stage.production, async (cache) => {
      /** The list, and then the logos that it names. */
      const opened = async (origin: string) => {
        const ask = { method: 'GET', path: pathOf('logoUrl'), headers: { ...headers, origin } } as const;
        const listed = await send(cache, ask);
        const logos = [...listed.body.matchAll(/"logoUrl":"https:\/\/[^/]+(\/files\/[^"]+)"/g)];
        const files = logos.map(([, path = '']) => send(cache, { method: 'GET', path, headers: { origin } }));
        return [listed, ...(await Promise.all(files))];
      };
      const runsOf = (answers: readonly Answer[]) => answers.map(({ headers }) => headers['x-request-id']);
      const first = await opened('https://a.example');
      assert.equal(new Set(runsOf(first)).size, LOGO_COUNT + 1);
      assert.ok(first.slice(1).every(({ headers }) => headers['content-type'] === 'image/png'));
      assert.deepEqual(runsOf(await opened('https://b.example')), runsOf(first));
    });
  }
});

/** As a browser sends it. */
const encodedPath = (path: string) => path.replace(/[^!-~]/gu, encodeURIComponent);

test('what is not public is 404 behind a cache, whatever its spelling, and is kept by none', async () => {
  const bucket = await stage.bucket();
  for (const key of [...PRIVATE_KEYS, 'static/.env', 'projects/logos/prj_bitcoin.png'])
    await bucket.put(key, CANARY, { httpMetadata: { contentType: 'image/png' } });
  for (const kind of ['obedient', 'harsh'] as const) {
    await behind(kind, stage.production, async (cache) => {
      const seen = new Set();
      for (const path of [...PATHS_OF_NOTHING, ...PATHS_OF_NOTHING]) {
        const ask = { method: 'GET', path: encodedPath(`/files/${path}`), headers: {} } as const;
        const { status, headers, body } = await send(cache, ask);
        assert.deepEqual([path, status, headers['cache-control']], [path, 404, 'no-store']);
        assert.ok(!body.includes(CANARY) && !seen.has(headers['x-request-id']), path);
        seen.add(headers['x-request-id']);
      }
    });
  }
});

test('an attachment is read by its signed URL alone, and each use is a run of the gateway that is noted', async () => {
  const owner = 'usr_attached';
  const urls = new FileUrls({ publicOrigin: '', keys: signingKeysSchema.parse(JWT_SECRET) });
  const key = urls.attachmentKey(owner, 'file_1');
  const [bucket, db] = [await stage.bucket(), await stage.database()];
  const { etag } = await bucket.put(key, CANARY, { httpMetadata: { contentType: 'application/pdf' } });
  await db
    .prepare('INSERT INTO user_account (id, last_active_at, created_at) VALUES (?1, 0, 0)')
    .bind(owner)
    .run();
  await db
    .prepare(`INSERT INTO user_file (id, user_id, kind, content_type, size_bytes, object_key, etag, uploaded_at)
      VALUES ('file_1', ?1, 'attachment', 'application/pdf', ?2, ?3, ?4, 0)`)
    .bind(owner, CANARY.length, key, etag)
    .run();
  const signed = urls.signed(attachmentPath(owner, 'file_1'), owner, Math.floor(Date.now() / 1000));
  const seen = new Set<unknown>();
  for (const kind of ['obedient', 'harsh'] as const) {
    await behind(kind, stage.production, async (cache) => {
      const get = (path: string) => send(cache, { method: 'GET', path, headers: {} });
      for (const path of [signed, signed]) {
        const { status, body, headers } = await get(path);
        assert.deepEqual([status, body, headers['cache-control']], [200, CANARY, 'private, no-store']);
        seen.add(headers['x-request-id']);
      }
      for (const path of [`/files/${key}`, signed.replace('expires=', 'expires=9'), `${signed}A`])
        assert.deepEqual([path, (await get(path)).status], [path, 404]);
    });
  }
  assert.equal(seen.size, 4);
  const noted = await db.prepare('SELECT request_id FROM file_read WHERE user_id = ?1').bind(owner).all();
  assert.deepEqual(new Set(noted.results.map(({ request_id: id }) => id)), seen);
});

/** What the checks above say of a gateway that is broken so, by GraphQL and by `/api`. */
const FAULTS_OF: Record<Breakage, readonly RegExp[]> = {
  scope: [/^the first never saw canary-email-of-the-first$/, /^the first never saw "usr_0002"$/],
  'scope and viewer': [
    /^stranger: GET \/graphql.* shows canary-email-of-the-first of the first$/,
    /^stranger: GET \/api\/.* shows canary-email-of-the-first of the first$/,
  ],
  headers: [
    /^stranger: GET \/graphql.* shows canary-email-of-the-first of the first$/,
    /^stranger: GET \/api\/.* shows canary-email-of-the-first of the first$/,
    /^[a-z]+: GET \/api\/.* was shown a stored error$/,
  ],
  validator: [/was told 304 .* of .* while .* is current$/],
};

for (const breakage of BREAKAGES) {
  test(`the same checks fail where the gateway is broken by its ${breakage}`, async () => {
    const gateway = stage.brokenBy(breakage);
    const { faults } =
      breakage === 'validator'
        ? await validityAt(gateway, REQUESTS / 10)
        : await trafficThrough('harsh', gateway, REQUESTS / 3);
    for (const wanted of FAULTS_OF[breakage]) {
      assert.ok(
        faults.some((fault) => wanted.test(fault)),
        `${wanted}:\n${faults.slice(0, 20).join('\n')}`,
      );
    }
    // What is said to be anybody's is made for nobody: whose it is has lost it, and nobody else has it.
    if (breakage === 'scope') assert.ok(!faults.some((fault) => / shows /.test(fault)));
  });
}

test('the production bundle has neither the users nor anything else of the harness', async () => {
  for (const mark of [CANARY, ASKED_BY, CLOCK_PATH, ...Object.values(USER_IDS)]) {
    assert.ok(bundles.harness.includes(mark), `${mark} would be found where it is`);
    assert.ok(!bundles.production.includes(mark), `${mark} is in the production bundle`);
  }
  const headers = { 'content-type': 'application/json', ...FIRST.headers };
  const ask = { method: 'POST', path: '/graphql', headers, body: '{"query":"{ viewer { id } }"}' } as const;
  assert.match((await send(stage.gateway, ask)).body, /"viewer":\{"id":/);
  const { errors } = JSON.parse((await send(stage.production, ask)).body);
  assert.equal(errors[0].extensions.code, 'UNAUTHENTICATED');
});
