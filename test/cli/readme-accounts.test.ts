/** README's sections about accounts and investing, run as they are written. */
import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { type RunningStart, runStart } from '../browser/running-start.ts';

const run = promisify(execFile);
/** In the gateway's folder, as README has it. */
const WALLET_FILE = '.readme-wallet.js';

const NEW_ACCOUNT = { email: 'me@example.com', kycLevel: 1, permissions: ['READ', 'WRITE'] };
/** The simulated main API confirms a payment after two minutes. */
const CONFIRMED_AFTER_SECONDS = 121;
const HANDED_OVER_WITHIN_MS = 30_000;

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

test('one of them invests by curl, and sees the payment confirmed', async () => {
  const [life = ''] = blocksOf('Accounts', 'sh');
  const [functions = ''] = life.split('\n\n');
  const [invest = '', look = ''] = blocksOf('Investing', 'sh');
  const bash = spawn('bash', { stdio: ['pipe', 'pipe', 'inherit'] });
  const closed = once(bash, 'close');
  const answers = bash.stdout.setEncoding('utf8').iterator();
  const answerTo = async (commands: string): Promise<string> => {
    bash.stdin.write(`${commands}\necho; echo end of answer\n`);
    let printed = '';
    while (!printed.endsWith('end of answer\n')) {
      const { value, done } = await answers.next();
      if (done) break;
      printed += value;
    }
    return printed;
  };

  const paid = await answerTo(`${functions}\n${invest}`);
  assert.match(paid, /"submitPayment":/);
  assert.match(paid, /"status":"PENDING"/);
  const [, upstreamUrl = ''] = /^ {2}Main API +(http:\/\/[^/]+)/m.exec(start.output()) ?? [];
  const control = (route: string, init?: RequestInit) =>
    fetch(`${upstreamUrl}/control/markets/main/${route}`, init);
  await handedOver(control, 2);
  await control('clock', {
    method: 'POST',
    body: JSON.stringify({ advanceSeconds: CONFIRMED_AFTER_SECONDS }),
  });
  const confirmed = await answerTo(look);
  assert.match(confirmed, /"status":"CONFIRMED"/);
  assert.doesNotMatch(confirmed, /"status":"PENDING"/);
  bash.stdin.end();
  await closed;
});

/** Waits until an investment has arrived at the main API with so many of its changes. */
async function handedOver(control: (route: string) => Promise<Response>, changes: number): Promise<void> {
  const deadlineMs = Date.now() + HANDED_OVER_WITHIN_MS;
  while (Date.now() < deadlineMs) {
    const { investments = {} } = (await (await control('handovers')).json()) as Record<
      string,
      Record<string, { applied: number[] }>
    >;
    if (Object.values(investments).some(({ applied }) => applied.length === changes)) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error('the gateway has not handed the investment over');
}
