/**
 * The last release beside the working tree, as a deployment has them for a while: Workers of both versions, and objects of
 * either, over one storage. Clients stay connected from the first test to the last.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { encodeGlobalId } from '../../schema/global-ids.ts';
import { verify } from '../../scripts/ledger/verify.ts';
import {
  type Ask,
  type AskByName,
  askAdmin,
  askOverHttp,
  askOverSocket,
  publish,
  registered,
} from '../support/neighbours/asking.ts';
import { type BuiltVersions, buildVersions } from '../support/neighbours/built-versions.ts';
import type { Version } from '../support/neighbours/hosted.ts';
import { HOSTINGS, OLDER } from '../support/neighbours/hostings.ts';
import { migrateHalfWay } from '../support/neighbours/migrate-half-way.ts';
import { type Neighbours, startNeighbours } from '../support/neighbours/neighbours.ts';
import { assertSameAnswers, statusesOf } from '../support/neighbours/same-answers.ts';
import { assertSessionIsShared } from '../support/neighbours/shared-sessions.ts';
import { Watcher } from '../support/neighbours/watcher.ts';
import { openPool } from '../support/open-pool.ts';

const VERSIONS = ['older', 'newer'] as const satisfies Version[];
const POOL = 'sale-of-neighbours';
const POOL_ID = encodeGlobalId('IdoPool', POOL);
const EMAIL = 'ann@example.com';
/** As the rules of sign-in have it (`GUESSES_MAX_FAILURES`). */
const FAILURES_BEFORE_LOCK = 10;
/** As long as isolates keep counts and what they know of operations. */
const KEPT_SECONDS = 61;
/** Rows of counts that are older are added up. */
const FOLDED_AFTER_SECONDS = 601;

const CRONS = ['* * * * *', '*/5 * * * *', '*/15 * * * *', '0 * * * *'];
let built: BuiltVersions;
let neighbours: Neighbours;
let hosted = OLDER;
/** The investor's. */
let accessToken = '';
const watchers: Record<'prices' | 'pool' | 'investments', Watcher[]> = {
  prices: [],
  pool: [],
  investments: [],
};
const all = () => Object.values(watchers).flat();
const receipts: { sequence: number; hash: string }[] = [];
let priceUsd = 1_000;
let failures = 0;

/** Asked over HTTP and over a socket in turns. */
let turns = 0;
const ask = (version: Version, ...asked: Parameters<AskByName>) => {
  turns += 1;
  return by(version, turns % 2 === 0 ? askOverHttp : askOverSocket)(...asked);
};
const by =
  (version: Version, transport: Ask = askOverHttp): AskByName =>
  (name, variables, token) =>
    transport(neighbours.urlOf(version), idOf(name), variables, token);
/** The apps of the older version ask both. */
const idOf = (name: string) =>
  built.older.operations.find((operation) => operation.name === name)?.id ?? assert.fail(name);
const other = (version: Version): Version => (version === 'older' ? 'newer' : 'older');

before(async () => {
  built = await buildVersions(new AbortController().signal);
  neighbours = await startNeighbours(built);
  const { market } = neighbours;
  market.putPool(POOL, { ...market.records().pools[0], ...openPool(POOL, market.now()) });
  market.pinPrice('BTC', priceUsd);
  await neighbours.advance(5);
  for (const cron of ['* * * * *', '*/15 * * * *']) await neighbours.cron('older', cron);
  ({ accessToken } = await registered(by('older'), EMAIL));
  const db = await neighbours.database();
  const rights = JSON.stringify(['read', 'write', 'invest']);
  await db.prepare('UPDATE user_account SET kyc_level = 2, permissions = ?1').bind(rights).run();
});
after(async () => {
  for (const watcher of all()) watcher.close();
  await neighbours?.close();
});

test('an operation that one version registers is answered by the other one', async () => {
  const poolSale = await publish(
    neighbours.urlOf('older'),
    'of-older',
    'subscription PoolSale($id: ID!) { idoPoolUpdated(id: $id) { soldTokens ledgerHead { sequence } } }',
  );
  const ofNewer = await publish(
    neighbours.urlOf('newer'),
    'of-newer',
    'query OfNewer { projectCategories { name } }',
  );
  await neighbours.advance(KEPT_SECONDS);
  const answers = await Promise.all(
    VERSIONS.map((version) => askOverHttp(neighbours.urlOf(version), ofNewer)),
  );
  assert.ok(answers[0]?.data.projectCategories.length > 0, JSON.stringify(answers[0]));
  assert.deepEqual(answers[0], answers[1]);

  for (const version of VERSIONS)
    for (const transport of ['socket', 'stream'] as const) {
      const watch = (what: keyof typeof watchers, documentId: string, about: object) =>
        watchers[what].push(
          new Watcher(`${what} by the ${version} Worker`, transport, {
            ...{ origin: neighbours.urlOf(version), documentId, ...about },
          }),
        );
      watch('prices', idOf('PriceTicker'), { variables: { symbols: ['BTC'] } });
      watch('pool', poolSale, { variables: { id: POOL_ID } });
      watch('investments', idOf('WatchMyInvestments'), { accessToken });
    }
  await expectAll('prices', { price: priceUsd });
  await expectAll('pool', { soldTokens: '0', ledgerHead: null });
  await Promise.all(watchers.investments.map((watcher) => watcher.watching()));
});

for (const [number, [name, wanted]] of HOSTINGS.entries())
  test(`${name}: nobody loses an event, or is told one twice`, async () => {
    const breaks = all().map((watcher) => watcher.breaks);
    const isHubReset = hosted.SubscriptionHub !== wanted.SubscriptionHub;
    const { promise: comeBack, resolve: letComeBack } = Promise.withResolvers<void>();
    for (const watcher of all()) watcher.stayAway(comeBack);
    await neighbours.host(wanted);
    hosted = wanted;
    // Where their hub was reset, it changes while they are away.
    await changePrice();
    letComeBack();
    await expectAll('prices', { price: priceUsd });
    await changePrice();
    await expectAll('prices', { price: priceUsd });
    await Promise.all(all().map((watcher) => watcher.settled()));
    for (const [place, watcher] of all().entries())
      assert.equal(watcher.breaks > (breaks[place] ?? 0), isHubReset, watcher.name);

    const version = VERSIONS[number % 2] ?? 'older';
    await investBy(version, other(version));
    await guessPasswordBy(version);
    await guessPasswordBy(other(version));
    await writeCounts();
    for (const each of VERSIONS) await neighbours.cron(each, '* * * * *');
    for (const watcher of all()) watcher.assertNothingLeft();
    assert.deepEqual(neighbours.problems, []);
  });

async function changePrice(): Promise<void> {
  priceUsd += 1;
  neighbours.market.pinPrice('BTC', priceUsd);
  await neighbours.advance(5);
  await neighbours.runAlarms('PriceFeed');
}

async function expectAll(what: keyof typeof watchers, event: object): Promise<void> {
  const told = await Promise.all(watchers[what].map((watcher) => watcher.next()));
  for (const [place, value] of told.entries())
    assert.partialDeepStrictEqual(value, event, watchers[what][place]?.name);
}

async function expectSale(what: 'pool' | 'investments', event: object): Promise<void> {
  await neighbours.runAlarmsUntil('SaleFeed', expectAll(what, event));
}

/** A version reserves, and one hears of the payment. */
async function investBy(version: Version, payer: Version): Promise<void> {
  const number = receipts.length;
  const input = { poolId: POOL_ID, amount: '10', idempotencyKey: `of-neighbours-${number}` };
  const invested = (await ask(version, 'InvestInPool', { input }, accessToken)).data?.investInPool;
  assert.equal(invested?.investment?.status, 'PENDING', JSON.stringify(invested));
  const { id, receipt } = invested.investment;
  receipts.push(receipt);
  await expectSale('investments', { id, status: 'PENDING', transactionHash: null });
  const sold = { soldTokens: String(5 * (number + 1)) };
  // Before the first investment comes the entry that opens the ledger; a payment is an entry too.
  const sequence = 2 * (number + 1);
  await expectSale('pool', { ...sold, ledgerHead: { sequence } });
  const transactionHash = `0x${String(number).padStart(64, 'c')}`;
  const payment = { input: { investmentId: id, transactionHash } };
  const paid = (await ask(payer, 'SubmitPayment', payment, accessToken)).data?.submitPayment;
  assert.equal(paid?.investment?.transactionHash, transactionHash, JSON.stringify(paid));
  await expectSale('investments', { id, transactionHash });
  await expectSale('pool', { ...sold, ledgerHead: { sequence: sequence + 1 } });
  // The same request again: nothing new is sold.
  const again = (await ask(payer, 'InvestInPool', { input }, accessToken)).data?.investInPool;
  assert.equal(again?.investment?.id, id, JSON.stringify(again));
}

async function guessPasswordBy(version: Version): Promise<void> {
  const input = { email: EMAIL, password: 'not the password of anybody' };
  const { login } = (await ask(version, 'LogIn', { input })).data;
  failures += 1;
  assert.equal(
    login.code,
    failures <= FAILURES_BEFORE_LOCK ? 'INVALID_CREDENTIALS' : 'ACCOUNT_LOCKED',
    `${failures} failures: ${JSON.stringify(login)}`,
  );
}

const askedAbout = () => ({ ...neighbours.market.records(), poolId: POOL_ID, accessToken });
const expectSameAnswers = () => assertSameAnswers(built.older, VERSIONS.map(neighbours.urlOf), askedAbout());

test('both versions answer each query of the older apps alike', expectSameAnswers);

test('a session that one version opens is refreshed by the other one, and ends for both', async () => {
  for (const version of VERSIONS) {
    const sources = { ask: by(version), askOther: by(other(version)), advance: neighbours.advance };
    await assertSessionIsShared(sources, `${version}@example.com`);
  }
});

test('the ledger that both versions wrote holds, as both show it', async () => {
  for (const version of VERSIONS) {
    const url = new URL(`/ledger/${POOL}.jsonl`, neighbours.urlOf(version));
    const { exitCode, text } = await verify(url.href, { known: receipts, investment: undefined });
    assert.equal(exitCode, 0, text);
    assert.match(text, new RegExp(`investments +${HOSTINGS.length}$`, 'm'));
  }
});

test('the older version keeps serving over a database in which a migration of a newer one failed half way', async () => {
  assert.deepEqual(hosted, OLDER);
  const statuses = () => statusesOf(neighbours.urlOf('older'), askedAbout());
  const before = await statuses();
  assert.deepEqual(
    Object.entries(before).filter(([, status]) => status >= 500),
    [],
  );
  await migrateHalfWay(await neighbours.database());
  await changePrice();
  await expectAll('prices', { price: priceUsd });
  await investBy('older', 'older');
  await registered(by('older', askOverSocket), 'ben@example.com');
  for (const cron of CRONS) await neighbours.cron('older', cron);
  await writeCounts();
  assert.deepEqual(await statuses(), before);
  await expectSameAnswers();
  await expectFaultlessRuns();
});

async function expectFaultlessRuns(): Promise<void> {
  assert.deepEqual(neighbours.problems, []);
  const db = await neighbours.database();
  const { results } = await db.prepare("SELECT * FROM sync_run WHERE outcome <> 'ok'").all();
  assert.deepEqual(results, []);
}

/** All isolates write what they have counted. */
async function writeCounts(): Promise<void> {
  const db = await neighbours.database();
  const last = await db.prepare('SELECT max(flush_id) AS id FROM usage_flush').first<number>('id');
  const writers = 'SELECT count(DISTINCT worker_version) AS writers FROM usage_flush WHERE flush_id > ?1';
  await neighbours.advance(KEPT_SECONDS);
  for (let count: number | null = 0; count !== 3; ) {
    await Promise.all([
      ...all().map((watcher) => watcher.settled()),
      ...VERSIONS.map((version) => fetch(new URL('/health', neighbours.urlOf(version)))),
    ]);
    count = await db.prepare(writers).bind(last).first<number>('writers');
  }
}

test('each version counts the requests of both, before and after either adds them up', async () => {
  const db = await neighbours.database();
  const counted = async () => {
    const answers = await Promise.all(
      VERSIONS.map((version) => askAdmin<Metrics>(neighbours.urlOf(version), 'GET', '/metrics')),
    );
    const [older, newer] = answers.map(({ rows }) => countsOf(rows));
    assert.deepEqual(older, newer);
    return older;
  };
  await writeCounts();
  // Tokens are about to expire.
  for (const watcher of all()) watcher.close();
  const before = await counted();
  for (const version of VERSIONS) {
    await neighbours.advance(FOLDED_AFTER_SECONDS);
    await neighbours.cron(version, '0 * * * *');
    assert.deepEqual(await counted(), before, `added up by the ${version} version`);
  }
  const left = await db.prepare('SELECT count(*) AS flushes FROM usage_flush').first<number>('flushes');
  assert.ok(left !== null && left < 10, `${left} rows are left`);
  await expectFaultlessRuns();
});

interface Metrics {
  rows: { operationId: string; count: number }[];
}

/** Requests by operation: those of the apps, as nothing else runs any. */
const countsOf = (rows: Metrics['rows']) =>
  Object.fromEntries(
    rows
      .filter(({ operationId }) => built.older.operations.some(({ id }) => id === operationId))
      .map(({ operationId, count }) => [operationId, count]),
  );
