/** README's sections about accounts and investing, run as they are written. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { type RunningStart, runStart } from '../browser/running-start.ts';
import { openBash } from './bash-session.ts';
import { confirmPayments } from './confirm-payments.ts';

const run = promisify(execFile);
/** In the gateway's folder, as README has it. */
const WALLET_FILE = '.readme-wallet.js';

const NEW_ACCOUNT = { email: 'me@example.com', kycLevel: 1, permissions: ['READ', 'WRITE'] };
let start: RunningStart;
let readme: string;

before(async () => {
  start = await runStart({});
  const text = await readFile('README.md', 'utf8');
  readme = text.replaceAll('localhost:8787', new URL(start.gatewayUrl).host);
});

after(async () => {
  await start?.interrupt();
  await rm(WALLET_FILE, { force: true });
});

function blocksOf(heading: string, language: string): string[] {
  const [, section = ''] = new RegExp(`^## ${heading}\\n([\\s\\S]*?)^## `, 'm').exec(readme) ?? [];
  const blocks = section.matchAll(new RegExp(`^\`\`\`${language}\n([\\s\\S]*?)^\`\`\`$`, 'gm'));
  return [...blocks].map(([, block = '']) => block);
}

test('an account is opened, read, refreshed and signed out by curl', async () => {
  const [block = ''] = blocksOf('Accounts', 'sh');
  const { stdout } = await run('bash', ['-c', block]);
  const [viewer, loggedOut] = stdout.split(/(?<=\})(?=\{)/).map((answer) => JSON.parse(answer).data);
  const { email, kycLevel, permissions } = viewer.viewer;
  assert.deepEqual({ email, kycLevel, permissions }, NEW_ACCOUNT);
  assert.deepEqual(loggedOut, { logout: true });
});

test('a wallet signs in from a script', async () => {
  const [script = ''] = blocksOf('Accounts', 'js');
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

test('one of them invests by curl, and sees the payment confirmed', async (t) => {
  const [life = ''] = blocksOf('Accounts', 'sh');
  const [functions = ''] = life.split('\n\n');
  const [invest = '', look = ''] = blocksOf('Investing', 'sh');
  const bash = openBash();
  t.after(() => bash.close());
  const paid = await bash.answerTo(`${functions}\n${invest}`);
  assert.match(paid, /"submitPayment":/);
  assert.match(paid, /"status":"PENDING"/);
  await confirmPayments(start, 1);
  const confirmed = await bash.answerTo(look);
  assert.match(confirmed, /"status":"CONFIRMED"/);
  assert.doesNotMatch(confirmed, /"status":"PENDING"/);
});
