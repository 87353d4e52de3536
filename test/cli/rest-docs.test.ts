/** docs/rest.md, run as it is written, and a typed client that is generated from the description of `/api`. */
import assert from 'node:assert/strict';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { type RunningStart, runStart } from '../browser/running-start.ts';
import { openBash } from './bash-session.ts';
import { confirmPayments } from './confirm-payments.ts';
import { type Ran, runNode } from './running-operations.ts';

const CLIENTS = 'test/clients';
const APP_FOLDER = `${CLIENTS}/.rest`;

let start: RunningStart;
let page: string;

before(async () => {
  start = await runStart({});
  const text = await readFile('docs/rest.md', 'utf8');
  page = text.replaceAll('localhost:8787', new URL(start.gatewayUrl).host);
  await mkdir(APP_FOLDER, { recursive: true });
});

after(async () => {
  await start?.interrupt();
  await rm(APP_FOLDER, { recursive: true, force: true });
});

function blocksOf(heading: string, language: string): string[] {
  const [, section = ''] = new RegExp(`^## ${heading}\\n([\\s\\S]*?)^## `, 'm').exec(page) ?? [];
  const blocks = section.matchAll(new RegExp(`^\`\`\`${language}\n([\\s\\S]*?)^\`\`\`$`, 'gm'));
  return [...blocks].map(([, block = '']) => block);
}

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

test('the curl commands open an account, sign in, invest and show the portfolio', async (t) => {
  const [open = '', invest = '', look = ''] = blocksOf('From an account to a portfolio', 'sh');
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

test('types are generated as the page says, and its client runs', async () => {
  const [commands = ''] = blocksOf('A typed client', 'sh');
  const [client = ''] = blocksOf('A typed client', 'ts');
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
