/** `npm run alerts` against a gateway that runs, with e-mail as the local platform writes it: a file. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { glob, readFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, test } from 'node:test';
import { type RunningStart, runQuickStart } from '../browser/running-start.ts';
import { type Ran, runNode } from './running-operations.ts';

const ADMIN_KEY = 'an-admin-key-for-tests-of-32-chars';
const EMAIL_TEXTS = '.wrangler/tmp/email/*/email-text/*.txt';
const EMAIL_WITHIN_MS = 20_000;

let start: RunningStart;
let chat: Server;
/** What the chat answers from now on. */
let chatAnswer = { status: 200, text: 'ok' };
const chatBodies: string[] = [];

before(async () => {
  chat = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    chatBodies.push(body);
    response.writeHead(chatAnswer.status).end(chatAnswer.text);
  });
  chat.listen(0, '127.0.0.1');
  await once(chat, 'listening');
  const url = `http://127.0.0.1:${(chat.address() as AddressInfo).port}/secret-of-chat`;
  const channels = [
    { name: 'chat', kind: 'slack', url },
    { name: 'mail', kind: 'email', from: 'edge@com2000.example', to: ['ops@com2000.example'] },
  ];
  start = await runQuickStart({ ADMIN_KEY, ALERT_CHANNELS: JSON.stringify(channels) });
});

after(async () => {
  await start?.interrupt();
  chat?.closeAllConnections();
  chat?.close();
});

const alerts = (args: string, variables: Record<string, string> = { ADMIN_KEY }): Promise<Ran> =>
  runNode(['scripts/alerts/cli.ts', ...args.split(' '), '--url', start.gatewayUrl], { variables });

async function ok(args: string): Promise<string> {
  const { exitCode, out, err } = await alerts(args);
  assert.equal(exitCode, 0, `${args}\n${out}${err}`);
  return out;
}

/** The platform writes the file after it has taken the message. */
async function emailWith(id: string): Promise<string> {
  const deadlineMs = Date.now() + EMAIL_WITHIN_MS;
  do {
    for await (const file of glob(EMAIL_TEXTS)) {
      // Another gateway that ends takes its files along.
      const text = await readFile(file, 'utf8').catch(() => '');
      if (text.includes(id)) return text;
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  } while (Date.now() < deadlineMs);
  throw new Error(`no e-mail contains ${id}`);
}

test('an e-mail is written as a file', async () => {
  const { id, ...tested } = JSON.parse(await ok('test mail --json'));
  assert.deepEqual(tested, { channel: 'mail', isSent: true, reason: null });
  assert.equal(
    await emailWith(id),
    `The key ADMIN_KEY asked for this message. Nothing is wrong.\n\nNotice: ${id}\n`,
  );
});

test('a channel that fails is said so, without its secret', async () => {
  assert.equal(await ok('test chat'), 'chat has taken the message.\n');
  assert.match(chatBodies[0] ?? '', /"text":"Test \(development\)"/);
  chatAnswer = { status: 404, text: 'no_service' };
  const failed = await alerts('test chat');
  assert.deepEqual(failed, { exitCode: 1, out: '', err: 'chat did not take the message: HTTP 404\n' });
  assert.doesNotMatch((await alerts('list --json')).out, /secret-of-chat/);
  assert.doesNotMatch(start.output(), /secret-of-chat/);
});

test('a rule is silenced, and is so no more', async () => {
  assert.match(
    await ok('silence sync --for 2h'),
    /^sync is silenced until \d{4}-\d\d-\d\d \d\d:\d\d UTC\.\n$/,
  );
  const list = await ok('list');
  assert.match(list, /^Silenced\n.*rule.*\n +sync +\d{4}-\d\d-\d\d \d\d:\d\d +ADMIN_KEY$/m);
  assert.match(
    list,
    /^ +slow-operation +ticket +500 ms at the 95th percentile +3 min +10 min +30 requests of the operation$/m,
  );
  assert.match(list, /^ +sync +ticket +3\.0 intervals without a complete run +- +- +-$/m);
  assert.match(list, /^ +chat +slack +page ticket report /m);
  assert.match(list, /^ +mail +email +page ticket report /m);
  assert.equal(await ok('silence sync --for 0m'), 'sync is not silenced.\n');
  assert.match(await ok('list'), /^No rule is silenced\.$/m);
});

test('wrong use, a wrong key and an unknown rule have exit codes of their own', async () => {
  assert.equal((await alerts('silence sync')).exitCode, 2);
  assert.equal((await alerts('silence sync --for soon')).exitCode, 2);
  assert.equal((await alerts('list', { ADMIN_KEY: '', OPERATIONS_KEY: '' })).exitCode, 2);
  assert.equal((await alerts('list', { ADMIN_KEY: 'wrong' })).exitCode, 3);
  const unknown = await alerts('silence nothing --for 2h');
  assert.equal(unknown.exitCode, 1);
  assert.match(unknown.err, /No rule is named so; the rules are .*sync/);
  assert.match((await alerts('test nowhere')).err, /it has chat, mail\./);
});
