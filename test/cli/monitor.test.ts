/** `npm run monitor` and `npm run cost` on a gateway on workerd: healthy, and with each fault planted in it. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { globSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, before, test } from 'node:test';
import manifest from '../../operations/manifest.json' with { type: 'json' };
import { type RunningStart, runQuickStart } from '../browser/running-start.ts';
import { startUpstream, type Upstream } from '../support/upstream/server.ts';
import { type Ran, runNode } from './running-operations.ts';

const ADMIN_KEY = 'an-admin-key-for-tests-of-32-chars';
const API_KEY = 'simulated-internal-key';
const CRON_MINUTELY = '*+*+*+*+*';
/** The first answers of an isolate are slow on a busy machine, and no test is about them. */
const PATIENT = ['--slow-ms', '60000'];
const ANY_HIT_RATE: readonly string[] = ['--hit-rate', '0'];

let upstream: Upstream;
let start: RunningStart;

before(async () => {
  upstream = await startUpstream();
  const { mainApiUrl, priceApiUrl } = upstream.createMarket({ live: true, apiKey: API_KEY });
  start = await runQuickStart({
    ADMIN_KEY,
    INTERNAL_API_KEY: API_KEY,
    MAIN_API_URL: mainApiUrl,
    PRICE_API_URL: priceApiUrl,
  });
});
after(async () => {
  await start?.interrupt();
  await upstream?.close();
});

const variables = (key = ADMIN_KEY) => ({
  OPERATIONS_URL: start.gatewayUrl,
  OPERATIONS_KEY: '',
  ADMIN_KEY: key,
});
const monitor = (args: readonly string[] = [], key = ADMIN_KEY): Promise<Ran> =>
  runNode(['scripts/monitor/cli.ts', ...PATIENT, ...args], { variables: variables(key) });

/** The hit rate, which these tests have made low, is not judged: another check decides the exit code. */
async function isWrong(checks: readonly RegExp[], args = ANY_HIT_RATE): Promise<void> {
  const { exitCode, out } = await monitor(args);
  for (const check of checks) assert.match(out, check);
  assert.equal(exitCode, 1, out);
}

async function isWell(key = ADMIN_KEY): Promise<string> {
  const { exitCode, out, err } = await monitor([], key);
  assert.equal(exitCode, 0, out + err);
  assert.doesNotMatch(out, /^wrong/m);
  return out;
}

const marketList = manifest.operations.find(({ name }) => name === 'MarketList');
async function askMarketList(first: number): Promise<void> {
  const parameters = new URLSearchParams({ variables: JSON.stringify({ first }) });
  const response = await fetch(`${start.gatewayUrl}/graphql/${marketList?.id}?${parameters}`);
  assert.equal(response.status, 200, await response.text());
}

/** Runs a statement on the gateway's D1, from outside. */
function plant(sql: string): void {
  const pattern = '**/miniflare-D1DatabaseObject/*.sqlite';
  const files = globSync(pattern, { cwd: start.stateFolder }).filter((file) => !file.includes('metadata'));
  assert.equal(files.length, 1, files.join());
  const db = new DatabaseSync(path.join(start.stateFolder, files[0] ?? ''), { timeout: 5_000 });
  db.exec(sql);
  db.close();
}

test('all is well with a healthy gateway, with a key and without one', async () => {
  for (let request = 0; request < 120; request += 1) await askMarketList(1);
  const out = await isWell();
  assert.match(out, /^ok {4} GET \/health +200 in \d+ ms, worker \S+, mode open$/m);
  assert.match(out, /^ok {4} D1 +answers in \d+ ms$/m);
  assert.match(out, /^ok {4} MarketList by its id +200 in/m);
  assert.match(out, /^ok {4} hit rate +9\d(\.\d)? % of 1\d\d that reached the Worker \(at least 80 %\)/m);
  const withoutKey = await isWell('');
  assert.match(withoutKey, /^note {2} admin +no ADMIN_KEY: traffic and alerts are not checked$/m);
  assert.doesNotMatch(withoutKey, /hit rate/);
});

test('a quick start generates nothing and runs no job of the night', () => {
  assert.match(start.output(), /^ {2}pools +ok /m);
  assert.doesNotMatch(start.output(), /generate|daily/);
});

test('smoke tests pass on a healthy gateway, and name an environment or an address', async () => {
  const smoke = (...args: string[]) => runNode(['scripts/smoke/cli.ts', ...args]);
  const well = await smoke('--url', start.gatewayUrl);
  assert.equal(well.out, `ok     ${start.gatewayUrl}\n`, well.out + well.err);
  assert.equal(well.exitCode, 0);
  const nowhere = await smoke('production', '--url', 'http://127.0.0.1:1', '--version', 'x');
  assert.match(nowhere.out, /^wrong {2}http:\/\/127\.0\.0\.1:1, version x: GET \/health: no answer: /);
  assert.equal(nowhere.exitCode, 1);
  assert.equal((await smoke()).exitCode, 2);
  assert.equal((await smoke('--url', start.gatewayUrl, '--version', 'x')).exitCode, 2);
});

test('the commands of the page run as written', async () => {
  const page = readFileSync('docs/operating.md', 'utf8');
  const scripts = JSON.parse(readFileSync('package.json', 'utf8')).scripts as Record<string, string>;
  const commands = [...page.matchAll(/^npm run (monitor|cost)( -- [^#\n]*?)? +#/gm)];
  assert.deepEqual(
    commands.map(([, script, args = '']) => script + args.trimEnd()),
    ['monitor', 'monitor -- --watch', 'cost', 'cost -- --month'],
  );
  for (const [, script = '', args = ''] of commands) {
    if (args.includes('--watch')) continue;
    const [, ...command] = (scripts[script] ?? '').split(' ');
    const given = args.replace(' -- ', '').trim().split(' ').filter(Boolean);
    const { exitCode, out, err } = await runNode([...command, ...given], { variables: variables() });
    assert.equal(exitCode, 0, `${script}${args}\n${out}${err}`);
    if (script === 'cost') assert.match(out, /A month of 50 million requests/);
    if (script === 'cost' && given.length === 0) assert.match(out, /^ +MarketList +1\d\d +\$0\.0/m);
  }
});

test('the screen shows the checks, and Ctrl-C leaves the terminal as it was', {
  timeout: 60_000,
}, async () => {
  const command = `${process.execPath} scripts/monitor/cli.ts --watch --every 1 ${PATIENT.join(' ')}`;
  const child = spawn('script', ['--quiet', '--return', '--command', command, '/dev/null'], {
    env: { ...process.env, ...variables(), NO_COLOR: '1' },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  after(() => child.kill());
  let shown = '';
  let isTyped = false;
  child.stdout.on('data', (chunk: Buffer) => {
    shown += chunk;
    if (isTyped || !shown.includes('MarketList by its id')) return;
    isTyped = true;
    child.stdin.write('\u0003');
  });
  await once(child, 'close');
  assert.equal(child.exitCode, 0, shown);
  assert.ok(shown.startsWith('\u001b[?1049h\u001b[?25l'), shown);
  assert.ok(shown.trimEnd().endsWith('\u001b[?25h\u001b[?1049l'), shown);
  assert.match(shown, / ✓ GET \/health +200 in \d+ ms/);
  assert.ok(!shown.includes('\u001b[32m'), 'no colour with NO_COLOR');
});

test('wrong use is refused: a screen needs a terminal, and a threshold is a number', async () => {
  for (const args of [['--watch'], ['--hit-rate', '80'], ['--every', '0'], ['--url', 'localhost']]) {
    const { exitCode, err } = await monitor(args);
    assert.equal(exitCode, 2, args.join(' ') + err);
  }
});

test('a key that is not accepted is wrong', async () => {
  const { exitCode, out } = await monitor([], 'another-key-of-32-characters-or-more');
  assert.equal(exitCode, 1);
  assert.match(out, /^wrong {2}admin +.* does not accept this key$/m);
});

test('a low hit rate is wrong', async () => {
  for (let first = 1; first <= 100; first += 1) await askMarketList(first);
  await isWrong([/^wrong {2}hit rate +\d\d(\.\d)? % of \d+ that reached the Worker \(at least 80 %\)/m], []);
  const { exitCode, out } = await monitor(['--hit-rate', '0.1']);
  assert.equal(exitCode, 0, out);
});

test('a slow gateway is wrong', async () => {
  const delayMs = 50;
  const proxy = createServer(async (request, response) => {
    const answer = await fetch(new URL(request.url ?? '/', start.gatewayUrl));
    const body = await answer.text();
    setTimeout(() => response.writeHead(answer.status).end(body), delayMs);
  });
  proxy.listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  const { port } = proxy.address() as AddressInfo;
  try {
    await isWrong(
      [/^wrong {2}GET \/api\/projects +200 in \d+ ms \(at most 40 ms\)$/m, /^wrong {2}GET \/health +200 in/m],
      ['--url', `http://127.0.0.1:${port}`, '--slow-ms', '40', ...ANY_HIT_RATE],
    );
  } finally {
    proxy.closeAllConnections();
    proxy.close();
  }
});

test('a stale sync is wrong', async () => {
  const moved = (sign: '-' | '+') =>
    plant(
      `UPDATE sync_run SET started_at = started_at ${sign} 4000, finished_at = finished_at ${sign} 4000
       WHERE job = 'pools'`,
    );
  moved('-');
  await isWrong([/^wrong {2}job pools +late, last success 20/m, /^wrong {2}GET \/health +503 in/m]);
  moved('+');
});

test('an open incident is wrong, until it is over or its rule is silenced', async () => {
  plant(
    `INSERT INTO incident (id, rule, runbook, severity, subject, summary, value, threshold, worst, started_at)
     VALUES ('planted', 'bill', 'bill', 'ticket', '', 'The month costs more.', '$70', '$59', NULL, unixepoch())`,
  );
  await isWrong([/^wrong {2}alert bill +ticket since \d\d:\d\d UTC: The month costs more\.$/m]);
  const silence = await fetch(`${start.gatewayUrl}/admin/alerts/silences/bill`, {
    method: 'PUT',
    headers: { authorization: `Bearer ${ADMIN_KEY}`, 'content-type': 'application/json' },
    body: JSON.stringify({ seconds: 600 }),
  });
  assert.equal(silence.status, 200, await silence.text());
  const { out } = await monitor(ANY_HIT_RATE);
  assert.match(out, /^note {3}alert bill +ticket since \d\d:\d\d UTC, silenced: The month/m);
  plant("UPDATE incident SET ended_at = unixepoch() WHERE id = 'planted'");
  assert.match((await monitor(ANY_HIT_RATE)).out, /^ok {4} alerts +none$/m);
});

test('D1 that is down is wrong, and endpoints that answer from memory are not', async () => {
  plant('ALTER TABLE sync_run RENAME TO sync_run_away');
  try {
    await isWrong([
      /^wrong {2}D1 +does not answer$/m,
      /^wrong {2}GET \/health +503 in/m,
      /^ok {4} KV/m,
      /^ok {4} MarketList by its id/m,
    ]);
  } finally {
    plant('ALTER TABLE sync_run_away RENAME TO sync_run');
  }
});

test('upstream that is down is wrong', async () => {
  await upstream.close();
  await (await fetch(`${start.gatewayUrl}/cdn-cgi/handler/scheduled?cron=${CRON_MINUTELY}`)).text();
  await isWrong([/^wrong {2}job prices +the last run failed, last success 20\S+: \S+/m]);
});

test('a gateway that does not answer is wrong', async () => {
  const closed = createServer().listen(0, '127.0.0.1');
  await once(closed, 'listening');
  const { port } = closed.address() as AddressInfo;
  closed.close();
  await isWrong(
    [/^wrong {2}GET \/health +no answer: connect ECONNREFUSED/m],
    ['--url', `http://127.0.0.1:${port}`, ...ANY_HIT_RATE],
  );
});
