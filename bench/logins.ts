/**
 * Logins, and cached reads beside them. A password hash blocks the isolate, so readers wait: two open loops, one of them
 * of more logins than an isolate hashes, show for how long.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { drawsOf } from '../test/support/upstream/random.ts';
import { type Answer, bodyText, headerOf } from './answer.ts';
import { isMarketList } from './answers.ts';
import { askOnce, prime } from './ask.ts';
import { gatewayObjects } from './bundle.ts';
import { runOpenLoop } from './open-loop.ts';
import { operationByGet, operationId, postRequest } from './requests.ts';
import type { Scenario } from './scenario.ts';
import { percentile, type Spread, spreadOf, spreadsOf } from './statistics.ts';
import { migrateAndSync, startBenchUpstream } from './synced-market.ts';
import { startWorkerd, type Workerd } from './workerd.ts';

export interface LoginsOptions {
  /** The bundle of the gateway. */
  script: string;
  /** Logins one after the other, for the CPU of one. */
  logins: number;
  rounds: number;
  warmUpMs: number;
  durationMs: number;
  signal: AbortSignal;
}

export interface LoginsResult {
  /** CPU of all threads of workerd, so with the local D1, KV and Durable Objects. */
  cpuMsOfLogin: Spread;
  loginsPerSecond: number;
  readsPerSecond: number;
  readsAlone: Reads;
  readsBesideLogins: Reads;
  signedIn: number;
  rateLimited: number;
}

/** Latencies count from the scheduled time. */
type ReadsOfRound = Awaited<ReturnType<typeof runReads>>;
type Reads = Record<keyof ReadsOfRound, Spread>;

interface Outcomes {
  signedIn: number;
  rateLimited: number;
}

const GATEWAY = 'gateway';
const LOGINS_PER_SECOND = 10;
const READS_PER_SECOND = 100;
const ACCOUNTS = 10;
const PASSWORD = 'seven slow herons over a lake';
const SEED = 13;
/** Longer than what a login leaves behind takes. */
const SETTLE_MS = 600;
const CHECK_ACCOUNTS = 3;
/** At ten logins a second more than an isolate hashes, on a machine that keeps up. */
const CHECK_MS = 2_000;

export async function measureLogins(options: LoginsOptions): Promise<LoginsResult> {
  return withAccounts({ ...options, accounts: ACCOUNTS }, async (workerd, accounts) => {
    const cpuMs: number[] = [];
    for (let login = 0; login < options.logins; login += 1) {
      options.signal.throwIfAborted();
      const before = workerd.cpuMs();
      await signIn(workerd, accounts[login % accounts.length]);
      await sleep(SETTLE_MS);
      cpuMs.push(workerd.cpuMs().process - before.process);
    }
    const alone: ReadsOfRound[] = [];
    const besideLogins: ReadsOfRound[] = [];
    const outcomes: Outcomes = { signedIn: 0, rateLimited: 0 };
    await runBoth(workerd, accounts, options.warmUpMs);
    for (let round = 0; round < options.rounds; round += 1) {
      options.signal.throwIfAborted();
      alone.push(await runReads(workerd, options.durationMs));
      const { reads, signedIn, rateLimited } = await runBoth(workerd, accounts, options.durationMs);
      besideLogins.push(reads);
      outcomes.signedIn += signedIn;
      outcomes.rateLimited += rateLimited;
    }
    return {
      cpuMsOfLogin: spreadOf(cpuMs),
      loginsPerSecond: LOGINS_PER_SECOND,
      readsPerSecond: READS_PER_SECOND,
      readsAlone: spreadsOf(alone),
      readsBesideLogins: spreadsOf(besideLogins),
      ...outcomes,
    };
  });
}

/** @returns how many logins were answered: some signed in, and the others were refused if the isolate was busy. */
export async function checkLogins(script: string, signal: AbortSignal): Promise<number> {
  return withAccounts({ script, signal, accounts: CHECK_ACCOUNTS }, async (workerd, accounts) => {
    const { signedIn, rateLimited } = await runBoth(workerd, accounts, CHECK_MS);
    if (signedIn === 0) throw new Error('no login signed in');
    return signedIn + rateLimited;
  });
}

async function withAccounts<Result>(
  { script, signal, accounts: count }: Pick<LoginsOptions, 'script' | 'signal'> & { accounts: number },
  work: (workerd: Workerd, accounts: readonly Account[]) => Promise<Result>,
): Promise<Result> {
  const upstream = await startBenchUpstream();
  let workerd: Workerd | undefined;
  try {
    const vars = { ...upstream.gatewayVars, SIWE_ORIGIN: 'https://app.example' };
    workerd = await startWorkerd([
      { name: GATEWAY, script, storage: GATEWAY, vars, durableObjects: gatewayObjects() },
    ]);
    await migrateAndSync(workerd, GATEWAY, { afterTheNight: false });
    const accounts: Account[] = [];
    for (let account = 0; account < count; account += 1) {
      signal.throwIfAborted();
      accounts.push(await register(workerd, `user-${account}@example.com`));
    }
    return await work(workerd, accounts);
  } finally {
    await Promise.all([workerd?.stop(), upstream.close()]);
  }
}

/** Its logins come from a device that signed in before: nobody else's requests count against it. */
interface Account {
  email: string;
  deviceToken: string;
}

async function register(workerd: Workerd, email: string): Promise<Account> {
  const input = { email, password: PASSWORD };
  let deviceToken = '';
  await askOnce(workerd.urlOf(GATEWAY), authRequest('Register', input), (answer) => {
    deviceToken = signedInOf(answer, 'register');
  });
  return { email, deviceToken };
}

const loginRequest = (account: Account | undefined) =>
  authRequest('LogIn', { ...account, password: PASSWORD });

const signIn = (workerd: Workerd, account: Account | undefined) =>
  askOnce(workerd.urlOf(GATEWAY), loginRequest(account), (answer) => {
    signedInOf(answer, 'login');
  });

/** @returns the device token of whoever signed in. */
function signedInOf(answer: Answer, field: string): string {
  const { data } = JSON.parse(bodyText(answer)) as { data?: Record<string, { deviceToken?: string }> };
  const deviceToken = data?.[field]?.deviceToken;
  if (deviceToken === undefined) throw new Error(`${field}: ${answer.status} ${bodyText(answer)}`);
  return deviceToken;
}

const authRequest = (operation: string, input: object) =>
  postRequest(
    '/graphql',
    JSON.stringify({ documentId: operationId(operation), variables: { input } }),
    '',
    nextClientAddress(),
  );

let clients = 0;
/** Each login comes from a network of its own: the limit of one is not what is measured. */
function nextClientAddress(): string {
  clients += 1;
  return `10.${(clients >> 16) & 255}.${(clients >> 8) & 255}.${clients & 255}`;
}

const MARKET_LIST = operationByGet(operationId('MarketList'));
const CACHED_READ: Scenario = {
  key: 'cached-read',
  name: 'a cached read',
  list: 'prices',
  worker: GATEWAY,
  next: () => MARKET_LIST,
  expected: { status: 200, cache: 'HIT', body: isMarketList('prices') },
};

async function runReads(workerd: Workerd, durationMs: number) {
  await prime(workerd, CACHED_READ);
  const before = workerd.cpuMs();
  const startedAtMs = performance.now();
  const { latenciesMs, unanswered } = await runOpenLoop({
    url: workerd.urlOf(GATEWAY),
    ratePerSecond: READS_PER_SECOND,
    durationMs,
    random: drawsOf(SEED),
    next: () => ({ bytes: MARKET_LIST, request: undefined }),
    onAnswer: ({ status, head }) => {
      const cache = headerOf(head, 'x-cache');
      const isHit = cache === 'HIT' || cache === 'STALE';
      if (status !== 200 || !isHit) throw new Error(`a read: ${status} ${cache}`);
    },
  });
  if (unanswered > 0) throw new Error(`${unanswered} reads were not answered`);
  const elapsedMs = performance.now() - startedAtMs;
  const after = workerd.cpuMs();
  return {
    p50Ms: percentile(latenciesMs, 50),
    p99Ms: percentile(latenciesMs, 99),
    longestMs: latenciesMs.at(-1) ?? Number.NaN,
    workerdThreadBusy: (after.thread - before.thread) / elapsedMs,
    workerdThreadWaiting: (after.threadWaiting - before.threadWaiting) / elapsedMs,
  };
}

async function runLogins(
  workerd: Workerd,
  accounts: readonly Account[],
  durationMs: number,
): Promise<Outcomes> {
  let sent = 0;
  const outcomes: Outcomes = { signedIn: 0, rateLimited: 0 };
  const { unanswered } = await runOpenLoop({
    url: workerd.urlOf(GATEWAY),
    ratePerSecond: LOGINS_PER_SECOND,
    durationMs,
    random: drawsOf(SEED),
    next: () => {
      sent += 1;
      return { bytes: loginRequest(accounts[sent % accounts.length]), request: undefined };
    },
    keepBodies: true,
    onAnswer: (answer) => {
      if (answer.status === 429) outcomes.rateLimited += 1;
      else if (signedInOf(answer, 'login')) outcomes.signedIn += 1;
    },
  });
  if (unanswered > 0) throw new Error(`${unanswered} logins were not answered`);
  return outcomes;
}

async function runBoth(workerd: Workerd, accounts: readonly Account[], durationMs: number) {
  const [reads, outcomes] = await Promise.all([
    runReads(workerd, durationMs),
    runLogins(workerd, accounts, durationMs),
  ]);
  return { reads, ...outcomes };
}
