/** Answers queries of points by ClickHouse, for tests in workerd. A load is a process of its own, which ends with it. */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { execPath } from 'node:process';
import { text } from 'node:stream/consumers';
import type { TestProject } from 'vitest/node';

declare module 'vitest' {
  export interface ProvidedContext {
    /** Takes `{table, rows, queries}` and answers with the rows of each query. */
    clickhouseUrl: string;
  }
}

const FOLDER = path.resolve(import.meta.dirname, '../analytics');

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const server = createServer(async (request, response) => {
    try {
      response.end(await answersTo(await text(request)));
    } catch (error) {
      response.writeHead(500).end(String(error));
    }
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  project.provide('clickhouseUrl', `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  return async () => {
    server.closeAllConnections();
    await new Promise((resolve) => {
      server.close(resolve);
    });
  };
}

async function answersTo(load: string): Promise<string> {
  if (!existsSync(path.join(FOLDER, 'node_modules/chdb')))
    throw new Error('ClickHouse is not installed: npm ci --prefix test/analytics --ignore-scripts');
  const process = spawn(execPath, [path.join(FOLDER, 'query.mjs')], { stdio: ['pipe', 'pipe', 'inherit'] });
  const ended = new Promise<number | null>((resolve) => {
    process.on('exit', resolve);
  });
  process.stdin.end(load);
  const answers = await text(process.stdout);
  const exitCode = await ended;
  if (exitCode !== 0) throw new Error(`ClickHouse ended with code ${exitCode}`);
  return answers;
}
