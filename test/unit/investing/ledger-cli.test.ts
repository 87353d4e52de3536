import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import spawn, { SubprocessError } from 'nano-spawn';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { investmentName, ledgerOf, SALE, sha256 } from '../../support/investing/written-ledger.ts';

const LINES = ledgerOf(SALE);
const HEAD = `${LINES.length}:${sha256(LINES.at(-1) ?? '')}`;
const OWN_ID = btoa('Investment:one').replace(/=+$/, '');
const PAGE_ENTRIES = 5;

let folder: string;
let server: Server;
let address: string;
/** The `after` of each request. */
let asked: (string | null)[] = [];
/** Answers that come before all others. */
let answers: { status: number; headers?: Record<string, string> }[] = [];

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'com2000-ledger-'));
  server = createServer((request, response) => {
    const after = new URL(request.url ?? '', address).searchParams.get('after');
    asked.push(after);
    const { status, headers } = answers.shift() ?? { status: 200 };
    response.writeHead(status, headers);
    const page = LINES.slice(Number(after), Number(after) + PAGE_ENTRIES).map((line) => `${line}\n`);
    response.end(status === 200 ? page.join('') : '{"errors":[{"message":"No such pool."}]}');
  });
  await new Promise<void>((resolve) => server.listen(0, resolve));
  address = `http://localhost:${(server.address() as AddressInfo).port}/ledger/pool-1.jsonl`;
});

afterAll(async () => {
  server.close();
  await rm(folder, { recursive: true });
});

async function verify(source: string, ...args: string[]) {
  const command = ['scripts/ledger/cli.ts', 'verify', source, ...args];
  const ended = await spawn(process.execPath, command).catch((error: unknown) => {
    if (error instanceof SubprocessError) return error;
    throw error;
  });
  const exitCode = ended instanceof SubprocessError ? ended.exitCode : 0;
  return { exitCode, out: ended.stdout, err: ended.stderr };
}

async function verifyLines(lines: readonly string[], ...args: string[]) {
  const file = path.join(folder, `${crypto.randomUUID()}.jsonl`);
  await writeFile(file, lines.map((line) => `${line}\n`).join(''));
  const { err, ...rest } = await verify(file, ...args);
  return { ...rest, err: err.replace(file, 'FILE') };
}

describe('npm run ledger -- verify', () => {
  test('passes over a file, and prints its head, sums and adjusts', async () => {
    const { exitCode, out } = await verifyLines(LINES);
    expect(out).toContain('The ledger holds.');
    expect(out).toMatch(/entries +16\n/);
    expect(out).toMatch(/investments +3\n/);
    expect(out).toContain(HEAD);
    expect(out).toMatch(/tokens:sold +30\n/);
    expect(out).toMatch(/14 .* 5 +tokens outside→elsewhere +main-api +sold elsewhere beyond the total/);
    expect(exitCode).toBe(0);
  });

  test('passes over an address, page by page, to its end', async () => {
    asked = [];
    const { exitCode, out } = await verify(address, '--head', HEAD);
    expect(out).toContain(HEAD);
    expect(asked).toEqual(['0', '5', '10', '15', '16']);
    expect(exitCode).toBe(0);
  });

  test('asks again where the gateway is busy', async () => {
    answers = [
      { status: 200 },
      { status: 503, headers: { 'retry-after': '0.01' } },
      { status: 429, headers: { 'retry-after': '0.01' } },
    ];
    expect(await verify(address, '--head', HEAD)).toMatchObject({ exitCode: 0 });
  });

  test('exits with 3 where the gateway refuses', async () => {
    answers = [{ status: 404 }];
    const { exitCode, err } = await verify(address);
    expect(err).toContain('answered 404');
    expect(exitCode).toBe(3);
  });

  test('exits with 2 where there is no such file, or a name of an entry is none', async () => {
    expect(await verify(path.join(folder, 'none.jsonl'))).toMatchObject({ exitCode: 2 });
    expect(await verifyLines(LINES, '--head', '16')).toMatchObject({ exitCode: 2 });
  });

  test('prints the entries of an investment whose id somebody holds', async () => {
    const receipt = `2:${sha256(LINES[1] ?? '')}`;
    const { exitCode, out } = await verifyLines(LINES, '--receipt', receipt, '--investment', OWN_ID);
    const own = out.slice(out.indexOf('Entries of the investment'));
    for (const kind of ['reserve', 'submit', 'pay', 'claim']) expect(own).toContain(` ${kind} `);
    expect(own.match(/[0-9a-f]{64}/g)).toHaveLength(5);
    expect(exitCode).toBe(0);
    expect(await verifyLines(LINES, '--investment', 'somebody')).toMatchObject({ exitCode: 1 });
  });

  test('exits with 1 and says where: a line that is none, and a ledger without the entry of a receipt', async () => {
    const broken = await verifyLines([...LINES.slice(0, 3), 'not JSON', ...LINES.slice(4)]);
    expect(broken.err).toBe('FILE breaks at line 4, where entry 4 belongs: it is not JSON in UTF-8.');
    expect(broken.exitCode).toBe(1);
    const receipt = `7:${sha256('another entry')}`;
    const known = await verifyLines(LINES, '--receipt', receipt, '--receipt', HEAD);
    expect(known.err).toMatch(/^FILE breaks at line 7, where entry 7 belongs: its hash is/);
    expect(known.exitCode).toBe(1);
    expect(investmentName('one')).toBe(sha256(OWN_ID));
  });
});
