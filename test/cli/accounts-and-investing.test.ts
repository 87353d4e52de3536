/**
 * Accounts and investing as README and docs/rest.md say it, run as written beside one `npm start`, a typed client that is
 * generated from the description of `/api`, and files by `curl`
 * and an S3 client.
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { type RunningStart, runQuickStart } from '../browser/running-start.ts';
import { openBash } from './bash-session.ts';
import { confirmPayments } from './confirm-payments.ts';
import { testFileWalks } from './file-walks.ts';
import { testFilesByCurl } from './files-by-curl.ts';
import { testFilesByS3Client } from './files-by-s3-client.ts';
import { type Ran, runNode } from './running-operations.ts';

const run = promisify(execFile);
/** In the gateway's folder, as README has it. */
const WALLET_FILE = '.readme-wallet.js';
const CLIENTS = 'test/clients';
const APP_FOLDER = `${CLIENTS}/.rest`;

const NEW_ACCOUNT = { email: 'me@example.com', kycLevel: 1, permissions: ['READ', 'WRITE'] };
let start: RunningStart;

before(async () => {
  start = await runQuickStart({});
  await mkdir(APP_FOLDER, { recursive: true });
});

after(async () => {
  await start?.interrupt();
  await rm(WALLET_FILE, { force: true });
  await rm(APP_FOLDER, { recursive: true, force: true });
});

type Page = 'README.md' | 'docs/rest.md' | 'docs/files.md';

/** The code of a section, a block each, for the gateway that runs. */
async function blocksOf(page: Page, heading: string, language: string): Promise<string[]> {
  const written = await readFile(page, 'utf8');
  const text = written.replaceAll('localhost:8787', new URL(start.gatewayUrl).host);
  const [, section = ''] = new RegExp(`^## ${heading}\\n([\\s\\S]*?)^## `, 'm').exec(`${text}\n## `) ?? [];
  const blocks = section.matchAll(new RegExp(`^\`\`\`${language}\n([\\s\\S]*?)^\`\`\`$`, 'gm'));
  return [...blocks].map(([, block = '']) => block);
}

test('an account is opened, read, refreshed and signed out by curl', async () => {
  const [block = ''] = await blocksOf('README.md', 'Accounts', 'sh');
  const { stdout } = await run('bash', ['-c', block]);
  const [viewer, loggedOut] = stdout.split(/(?<=\})(?=\{)/).map((answer) => JSON.parse(answer).data);
  const { email, kycLevel, permissions } = viewer.viewer;
  assert.deepEqual({ email, kycLevel, permissions }, NEW_ACCOUNT);
  assert.deepEqual(loggedOut, { logout: true });
});

test('a wallet signs in from a script', async () => {
  const [script = ''] = await blocksOf('README.md', 'Accounts', 'js');
  await writeFile(WALLET_FILE, script);
  const { stdout } = await run(process.execPath, [path.resolve(WALLET_FILE)]);
  assert.match(stdout, /walletAddresses: \[ '0x[0-9a-fA-F]{40}' \]/);
});

test('the three users that npm start prints can sign in', async () => {
  const users = [...start.output().matchAll(/^ {2}(\S+@example\.com) +(.+?) {2,}\S/gm)];
  assert.equal(users.length, 3);
  for (const [, email, password] of users) {
    const response = await fetch(`${start.gatewayUrl}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        query:
          'mutation ($input: LoginInput!) { login(input: $input) { ... on AuthPayload { viewer { email } } ... on Rejection { code } } }',
        variables: { input: { email, password } },
      }),
    });
    assert.deepEqual(await response.json(), { data: { login: { viewer: { email } } } });
  }
});

test('the curl commands of /api open an account, sign in, invest and show the portfolio', async (t) => {
  const [open = '', invest = '', look = ''] = await blocksOf(
    'docs/rest.md',
    'From an account to a portfolio',
    'sh',
  );
  const bash = openBash();
  t.after(() => bash.close());
  const [registered, profile] = parsed(await bash.answerTo(open));
  assert.equal(registered.user.email, 'you@example.com');
  assert.deepEqual(profile, registered.user);
  const [paid] = parsed(await bash.answerTo(invest));
  assert.equal(paid.status, 'pending', JSON.stringify(paid));
  assert.match(paid.transactionHash, /^0x\d{64}$/);
  await confirmPayments(start, 1);
  const [portfolio, transactions] = parsed((await bash.answerTo(look)).replace(/^.*?(?=\{)/s, ''));
  assert.deepEqual(portfolio.invested, [{ token: paid.paymentToken, amount: paid.amount }]);
  assert.deepEqual(
    transactions.data.map(({ kind, investmentId }: Record<string, string>) => [kind, investmentId]),
    [['payment', paid.id]],
  );
});

/** JSON texts, one after another. */
const parsed = (printed: string) =>
  printed
    .split(/(?<=\})\s*(?=\{"(?:accessToken|id|invested|currentValueUsd|data)")/)
    .map((text) => JSON.parse(text));

test('one of the three invests by curl, and sees the payment confirmed', async (t) => {
  const [life = ''] = await blocksOf('README.md', 'Accounts', 'sh');
  const [functions = ''] = life.split('\n\n');
  const [invest = '', look = ''] = await blocksOf('README.md', 'Investing', 'sh');
  const bash = openBash();
  t.after(() => bash.close());
  const paid = await bash.answerTo(`${functions}\n${invest}`);
  assert.match(paid, /"submitPayment":/);
  assert.match(paid, /"status":"PENDING"/);
  // The one of the walk by `/api` before, and this one.
  await confirmPayments(start, 2);
  const confirmed = await bash.answerTo(look);
  assert.match(confirmed, /"status":"CONFIRMED"/);
  assert.doesNotMatch(confirmed, /"status":"PENDING"/);
});

/** A binary of the clients' packages, in a folder of its own: their TypeScript is another than the project's. */
async function runClientTool(name: string, args: readonly string[]): Promise<Ran> {
  const { bin } = JSON.parse(await readFile(`${CLIENTS}/node_modules/${name}/package.json`, 'utf8'));
  const file = bin[name === 'typescript' ? 'tsc' : name];
  return runNode([`${CLIENTS}/node_modules/${name}/${file}`, ...args]);
}

const typeCheck = async (file: string) => {
  const strict = ['--noEmit', '--strict', '--target', 'esnext', '--module', 'nodenext', '--skipLibCheck'];
  const types = ['--types', 'node', '--allowImportingTsExtensions', '--noUncheckedIndexedAccess'];
  const { exitCode, out } = await runClientTool('typescript', [...strict, ...types, file]);
  assert.equal(exitCode, 0, out);
};

test('types are generated as the page says, and its client runs', async () => {
  const [commands = ''] = await blocksOf('docs/rest.md', 'A typed client', 'sh');
  const [client = ''] = await blocksOf('docs/rest.md', 'A typed client', 'ts');
  const [install = '', generate = ''] = commands.trim().split('\n');
  const { dependencies } = JSON.parse(await readFile(`${CLIENTS}/package.json`, 'utf8'));
  const packages = install.match(/(?<=\s)(?!npm|install|&&|--)[\w-]+(?:@\d+)?/g) ?? [];
  assert.deepEqual(packages, ['openapi-fetch', 'openapi-typescript', 'typescript@5']);
  for (const name of packages) assert.ok(name.replace(/@.*/, '') in dependencies, name);
  const [, url = '', file = ''] = /^npx openapi-typescript (\S+) -o (\S+)$/.exec(generate) ?? [];
  const types = await runClientTool('openapi-typescript', [url, '-o', path.join(APP_FOLDER, file)]);
  assert.equal(types.exitCode, 0, types.err);

  await writeFile(`${APP_FOLDER}/client.ts`, client);
  await typeCheck(`${APP_FOLDER}/client.ts`);
  const { exitCode, out, err } = await runNode([`${APP_FOLDER}/client.ts`]);
  assert.equal(exitCode, 0, err);
  assert.equal(out, 'BTC ETH USDT\n');
});

test('the types hold for lists, details, errors, accounts and investing', async () => {
  await typeCheck(`${CLIENTS}/rest-client.ts`);
  const { exitCode, out, err } = await runNode([`${CLIENTS}/rest-client.ts`, start.gatewayUrl]);
  assert.equal(exitCode, 0, err);
  assert.deepEqual(out.trim().split('\n'), [
    'list {"symbols":["BTC","ETH","USDT"],"page":1}',
    'detail {"id":"prj_bitcoin","hasMarketCap":true,"tags":true}',
    'error {"status":404,"code":"NOT_FOUND"}',
    'register {"email":"typed@example.com","kycLevel":1}',
    'invest {"statuses":[201,200],"status":"pending","isSame":true}',
  ]);
});

testFileWalks(() => ({ start, blocksOf }));
testFilesByCurl(() => start);
testFilesByS3Client(() => start);
