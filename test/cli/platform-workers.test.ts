/** The rules by which the simulated platform keeps Workers, each with the platform's own code. */
import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { type PlatformApi, startPlatformApi } from '../support/platform-api/server.ts';
import type { Worker } from '../support/platform-api/worker.ts';
import type { UploadMetadata } from '../support/platform-api/worker-upload.ts';

let api: PlatformApi;
let name: string;
let workers = 0;
before(async () => {
  api = await startPlatformApi();
});
beforeEach(() => {
  workers += 1;
  name = `worker-${workers}`;
});
after(() => api?.close());

interface Answer {
  status: number;
  codes: number[];
  messages: string[];
}

async function call(method: string, path: string, body?: unknown): Promise<Answer> {
  const response = await fetch(`${api.url}/accounts/${api.accountId}/workers/scripts/${name}${path}`, {
    method,
    headers: { authorization: `Bearer ${api.token}` },
    body: body instanceof FormData ? body : (JSON.stringify(body) ?? null),
  });
  const { errors } = (await response.json()) as { errors: { code: number; message: string }[] };
  return {
    status: response.status,
    codes: errors.map(({ code }) => code),
    messages: errors.map(({ message }) => message),
  };
}

type Metadata = Partial<UploadMetadata>;

function upload(method: 'PUT' | 'POST', metadata: Metadata, classes: readonly string[]): Promise<Answer> {
  const form = new FormData();
  form.set('metadata', JSON.stringify({ main_module: 'index.js', ...metadata }));
  const code = `export default {}; ${classes.map((name) => `export class ${name} {}`).join(';')}`;
  form.set('index.js', new File([code], 'index.js', { type: 'application/javascript+module' }));
  return call(method, method === 'PUT' ? '' : '/versions', form);
}

const deployWhole = (metadata: Metadata = {}, classes: readonly string[] = []) =>
  upload('PUT', metadata, classes);
const addVersion = (metadata: Metadata = {}, classes: readonly string[] = []) =>
  upload('POST', metadata, classes);
const worker = (): Worker => api.workers.get(name);
const deploy = (shares: readonly (readonly [number, number])[], query = '') =>
  call('POST', `/deployments${query}`, {
    strategy: 'percentage',
    versions: shares.map(([number, percentage]) => ({
      version_id: worker().versions[number - 1]?.id ?? '00000000-0000-4000-8000-000000000000',
      percentage,
    })),
  });
const shares = () =>
  worker().deployments[0]?.versions.map(({ version_id, percentage }) => [
    worker().version(version_id).number,
    percentage,
  ]);

const firstClass = { new_tag: 'one', steps: [{ new_sqlite_classes: ['Feed'] }] };
const secondClass = { old_tag: 'one', new_tag: 'two', steps: [{ new_sqlite_classes: ['Ledger'] }] };

test('only a whole deployment brings a class, and only once', async () => {
  assert.deepEqual((await addVersion()).codes, [10_007]);
  await deployWhole({ migrations: firstClass }, ['Feed']);
  assert.deepEqual((await addVersion({ migrations: secondClass }, ['Feed', 'Ledger'])).codes, [10_211]);
  assert.deepEqual((await deployWhole({ migrations: firstClass }, ['Feed'])).codes, [10_079]);
  const again = { ...firstClass, old_tag: 'one', new_tag: 'two' };
  assert.deepEqual((await deployWhole({ migrations: again }, ['Feed'])).codes, [10_074]);
  assert.equal(worker().classes.migrationTag, 'one');
  assert.equal(worker().versions.length, 1);
});

test('code must have the classes of objects that exist, and a binding must name one', async () => {
  await deployWhole({ migrations: firstClass }, ['Feed']);
  assert.deepEqual((await addVersion({}, [])).codes, [10_064]);
  const binding = { name: 'LEDGER', type: 'durable_object_namespace', class_name: 'Ledger' };
  assert.deepEqual((await addVersion({ bindings: [binding] }, ['Feed', 'Ledger'])).codes, [10_061]);
  // The migration goes with its code: where the code is refused, the Worker has neither.
  assert.deepEqual((await deployWhole({ migrations: secondClass }, ['Feed'])).codes, [10_064]);
  assert.equal(worker().classes.migrationTag, 'one');
});

test('no version from before a class change can be deployed after it', async () => {
  await deployWhole({ migrations: firstClass }, ['Feed']);
  await deployWhole({ migrations: secondClass }, ['Feed', 'Ledger']);
  assert.equal((await deploy([[1, 100]])).status, 400);
  assert.deepEqual(shares(), [[2, 100]]);
});

test('a deployment has one or two versions that exist, and their shares make a whole', async () => {
  await deployWhole();
  await addVersion();
  await addVersion();
  for (const refused of [
    [],
    [[1, 50]],
    [
      [1, 50],
      [1, 50],
    ],
    [
      [1, 50],
      [2, 25],
      [3, 25],
    ],
    [[9, 100]],
  ] as const)
    assert.notEqual((await deploy(refused)).status, 200, JSON.stringify(refused));
  assert.deepEqual(shares(), [[1, 100]]);
  assert.equal(
    (
      await deploy([
        [3, 0],
        [1, 100],
      ])
    ).status,
    200,
  );
  assert.deepEqual(shares(), [
    [3, 0],
    [1, 100],
  ]);
});

test('the last of two deployments at once stands', async () => {
  await deployWhole();
  await addVersion();
  await Promise.all([
    deploy([
      [1, 90],
      [2, 10],
    ]),
    deploy([[2, 100]]),
    deploy([[1, 100]]),
  ]);
  assert.equal(worker().deployments.length, 4);
  assert.deepEqual(shares(), [[1, 100]]);
});

test('a version has the secrets of the one before it, and the values of its time', async () => {
  await deployWhole({ bindings: [{ name: 'KEY', type: 'secret_text', text: 'old' }] });
  const inherit = { keep_bindings: ['secret_text'], bindings: [{ name: 'KEY', type: 'inherit' }] };
  await addVersion(inherit);
  assert.equal(worker().latest?.bindings.length, 1);
  const missing = await addVersion({
    bindings: [
      { name: 'NEW', type: 'inherit' },
      { name: 'OTHER', type: 'inherit' },
    ],
  });
  assert.deepEqual(missing.codes, [10_057, 10_057]);
  assert.match(missing.messages[0] ?? '', /^inherit binding 'NEW' is invalid/);

  const change = { name: 'KEY', text: 'new', type: 'secret_text' };
  assert.deepEqual((await call('PUT', '/secrets', change)).codes, [10_215]);
  await deploy([[2, 100]]);
  assert.equal((await call('PUT', '/secrets', change)).status, 200);
  assert.deepEqual(shares(), [[3, 100]]);
  assert.equal(worker().versions[1]?.bindings[0]?.text, 'old');

  const refused = await deploy([[2, 100]]);
  assert.deepEqual(refused.codes, [10_220]);
  assert.match(refused.messages[0] ?? '', /The following secrets have changed: KEY$/);
  assert.equal((await deploy([[2, 100]], '?force=true')).status, 200);
});

test('an upload may bind only what the account has', async () => {
  const bindings = [
    [10_041, { name: 'KV', type: 'kv_namespace', namespace_id: 'f'.repeat(32) }],
    [10_085, { name: 'BUCKET', type: 'r2_bucket', bucket_name: 'none' }],
    [10_181, { name: 'DB', type: 'd1', id: '00000000-0000-4000-8000-000000000000' }],
  ] as const;
  for (const [code, binding] of bindings)
    assert.deepEqual((await deployWhole({ bindings: [binding] })).codes, [code]);
  assert.equal(api.workers.find(name), undefined);
});

test('a fault may come after the work: the answer is lost, and the deployment stands', async () => {
  await deployWhole();
  await addVersion();
  api.failNext({ method: 'POST', path: /\/deployments$/ }, { after: true, drop: true });
  await assert.rejects(deploy([[2, 100]]));
  assert.deepEqual(shares(), [[2, 100]]);
  api.failNext({ method: 'POST', path: /\/deployments$/ }, { status: 429 });
  assert.equal((await deploy([[1, 100]])).status, 429);
  assert.deepEqual(shares(), [[2, 100]]);
});
