/** README's section about accounts, run as it is written: an account's life by curl, and a wallet that signs in. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { type RunningStart, runStart } from '../browser/running-start.ts';

const run = promisify(execFile);
/** Beside the project's own node_modules, where viem is. */
const WALLET_FILE = 'test/cli/.readme-wallet.js';

let start: RunningStart;
let section: string;

before(async () => {
  start = await runStart({});
  const readme = await readFile('README.md', 'utf8');
  const [, text = ''] = /^## Accounts\n([\s\S]*?)^## /m.exec(readme) ?? [];
  section = text.replaceAll('localhost:8787', new URL(start.gatewayUrl).host);
});

after(async () => {
  await start?.interrupt();
  await rm(WALLET_FILE, { force: true });
});

const blockOf = (language: string) =>
  new RegExp(`^\`\`\`${language}\n([\\s\\S]*?)^\`\`\`$`, 'm').exec(section)?.[1] ?? '';

test('an account is opened, read, refreshed and signed out by curl', async () => {
  const { stdout } = await run('bash', ['-c', blockOf('sh')]);
  assert.equal(
    stdout,
    JSON.stringify({
      data: { viewer: { email: 'me@example.com', kycLevel: 1, permissions: ['READ', 'WRITE'] } },
    }) + JSON.stringify({ data: { logout: true } }),
  );
});

test('a wallet signs in from a script', async () => {
  await writeFile(WALLET_FILE, blockOf('js'));
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
