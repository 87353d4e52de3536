/**
 * The edge of the simulated platform: it serves the current deployment of a Worker on this machine, in one miniflare. Requests go
 * to the deployment's versions by their percentages, and by the header `Cloudflare-Workers-Version-Overrides`. All versions share
 * D1, KV, R2 and Durable Objects, and D1 is the one that the API asks.
 *
 * It does: HTTP, streams, WebSockets, `WORKER_VERSION`, cron events as a test sends them. A request that comes while a deployment is
 * new waits for its versions. Requests that are under way end before a new deployment, before a call of D1's API, and before the
 * clock is put forward. Shares are exact, by turns.
 * It does not: Workers Caching, several locations, KV values of the API. All objects run the code of the version with most requests.
 */

import { once } from 'node:events';
import { globSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, request as forward, type IncomingMessage } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Duplex } from 'node:stream';
import { convertV4MiniflareOptions, Log, LogLevel, Miniflare, type V4WorkerOptions } from 'miniflare';
import { unstable_readConfig } from 'wrangler';
import { CLOCK_PATH, edgeWorkers } from './edge-workers.ts';
import { provideBindings } from './provide-bindings.ts';
import type { PlatformApi } from './server.ts';
import type { VersionShare, Worker } from './worker.ts';

const HOST = '127.0.0.1';
const OVERRIDE = /^([\w-]+)="([^"]+)"$/;
const EMPTY: V4WorkerOptions = { name: 'empty', modules: true, script: 'export default {}' };

export interface EdgeOptions {
  /** The environment of `config`, whose bindings are made in the account. */
  env: 'staging' | 'production';
  /** A wrangler.toml; that of this project where left out. */
  config?: string;
  /** In the place of the vars and secrets of each version. */
  vars?: Readonly<Record<string, string>>;
}

export interface Edge {
  /** The address at which clients ask the Worker. */
  url: string;
  /** Lines that the versions have logged. */
  logs: readonly string[];
  /** Puts the clocks of all versions forward, also of those that come later. Minute rows are written by the next request. */
  advance(seconds: number): Promise<void>;
  /** The jobs of a cron expression, by the version with most requests. @throws if they fail */
  cron(cron: string): Promise<void>;
  close(): Promise<void>;
}

interface Loaded {
  /** The id of the deployment. */
  id: string;
  shares: readonly VersionShare[];
  /** The id of the version with most requests. */
  main: string;
  /** By version id. */
  urls: ReadonlyMap<string, URL>;
}

/** To be started before anything is deployed: it makes what the environment binds. */
export async function startEdge(
  api: PlatformApi,
  { env, config = 'wrangler.toml', vars = {} }: EdgeOptions,
): Promise<Edge> {
  const { name: workerName = '', d1_databases } = unstable_readConfig(
    { config, env },
    { hideWarnings: true },
  );
  const folder = await mkdtemp(path.join(tmpdir(), 'com2000-edge-'));
  const logs: string[] = [];
  const optionsOf = (workers: V4WorkerOptions[]) =>
    convertV4MiniflareOptions({
      ...{ cf: false, host: HOST, resourcePersistencePath: folder, log: new Log(LogLevel.ERROR), workers },
      handleStructuredLogs: ({ message }) => logs.push(message.trimEnd()),
    });
  const databases: Record<string, string> = {};
  for (const { binding, database_id } of d1_databases) databases[binding] = database_id ?? '';
  const miniflare = new Miniflare(optionsOf([{ ...EMPTY, d1Databases: databases }]));
  for (const binding of Object.keys(databases)) {
    const db = await miniflare.getD1Database(binding);
    await db.prepare('SELECT 1').run();
  }
  provideBindings(api, env, config, databaseFile(folder));

  let loaded: Loaded | null = null;
  let waiting: Promise<unknown> = Promise.resolve();
  let aheadMs = 0;
  const underWay = new Set<Promise<unknown>>();
  const turns = new Map<string, number>();

  async function load(): Promise<Loaded | null> {
    const worker = api.workers.find(workerName);
    const deployment = worker?.deployments[0];
    if (worker === undefined || deployment === undefined) return null;
    if (loaded?.id === deployment.id) return loaded;
    await Promise.allSettled(underWay);
    const shares = deployment.versions;
    const versions = shares.map(({ version_id }) => worker.version(version_id));
    const main = mostAsked(shares, worker);
    await miniflare.setOptions(optionsOf(edgeWorkers(versions, worker.version(main), vars)));
    const urls = new Map<string, URL>();
    for (const { id } of versions) urls.set(id, await miniflare.unsafeGetDirectURL(id));
    loaded = { id: deployment.id, shares, main, urls };
    turns.clear();
    await setClocks();
    return loaded;
  }

  /** One after another. */
  function inTurn<Answer>(work: () => Promise<Answer>): Promise<Answer> {
    const turn = waiting.then(work);
    waiting = turn.catch(() => undefined);
    return turn;
  }

  /** While no request is under way; those that come wait. */
  const exclusively = <Answer>(work: () => Answer | Promise<Answer>): Promise<Answer> =>
    inTurn(async () => {
      await Promise.allSettled(underWay);
      return work();
    });
  api.databases.exclusively = exclusively;

  const current = () => inTurn(load);

  async function setClocks(): Promise<void> {
    const urls = [
      ...(loaded?.urls.values() ?? []),
      ...(loaded === null ? [] : [await miniflare.unsafeGetDirectURL('objects')]),
    ];
    await Promise.all(
      urls.map((url) => fetch(new URL(CLOCK_PATH, url), { method: 'POST', body: String(aheadMs) })),
    );
  }

  /** Null where nothing is deployed. */
  function urlFor({ headers }: IncomingMessage, deployed: Loaded | null): URL | null {
    if (deployed === null) return null;
    const [, name, wanted = ''] =
      OVERRIDE.exec(String(headers['cloudflare-workers-version-overrides'] ?? '')) ?? [];
    const overridden = name === workerName ? deployed.urls.get(wanted) : undefined;
    return overridden ?? deployed.urls.get(nextByShare(deployed.shares, turns)) ?? null;
  }

  const server = createServer(async (request, response) => {
    const url = urlFor(request, await current());
    if (url === null) return void response.writeHead(404).end('There is nothing here yet');
    const { method = '', url: target = '', headers } = request;
    const ended = once(response, 'close');
    underWay.add(ended);
    void ended.finally(() => underWay.delete(ended));
    const asked = forward(new URL(target, url), { method, headers });
    asked.on('response', (answer) => {
      // A stream of events has no end of its own: a new deployment ends it.
      if (answer.headers['content-type'] === 'text/event-stream') underWay.delete(ended);
      response.writeHead(answer.statusCode ?? 502, answer.rawHeaders);
      answer.pipe(response);
    });
    asked.on('error', () => response.destroy());
    response.on('close', () => asked.destroy());
    request.pipe(asked);
  });
  server.on('upgrade', async (request, socket: Duplex, head) => {
    const url = urlFor(request, await current());
    if (url === null) return void socket.end('HTTP/1.1 404 Not Found\r\nconnection: close\r\n\r\n');
    pipeUpgrade(request, socket, head, url);
  });
  server.listen(0, HOST);
  await once(server, 'listening');
  return {
    logs,
    url: `http://${HOST}:${(server.address() as AddressInfo).port}`,
    async advance(seconds) {
      aheadMs += seconds * 1_000;
      // A request that is under way would seem to take so long.
      await exclusively(setClocks);
    },
    async cron(cron) {
      const deployed = await current();
      if (deployed === null) throw new Error('nothing is deployed');
      const worker = (await miniflare.getWorker(deployed.main)) as unknown as {
        scheduled(options: { cron: string }): Promise<{ outcome: string }>;
      };
      const { outcome } = await worker.scheduled({ cron });
      if (outcome !== 'ok') throw new Error(`the jobs of ${cron} ended with ${outcome}`);
    },
    async close() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
      await miniflare.dispose();
      await rm(folder, { recursive: true });
    },
  };
}

/** The file in which workerd keeps the one database. */
function databaseFile(folder: string): string {
  const pattern = '**/miniflare-D1DatabaseObject/*.sqlite';
  const files = globSync(pattern, { cwd: folder }).filter((file) => !file.includes('metadata'));
  const [file] = files;
  if (file === undefined || files.length > 1) throw new Error(`one database was expected: ${files.join()}`);
  return path.join(folder, file);
}

/** The older one where two have as many. */
function mostAsked(shares: readonly VersionShare[], worker: Worker): string {
  const numberOf = ({ version_id }: VersionShare) => worker.version(version_id).number;
  const [most] = [...shares].sort((a, b) => b.percentage - a.percentage || numberOf(a) - numberOf(b));
  return most?.version_id ?? '';
}

/** The version that is the furthest behind its share. @param turns by version, counted on */
function nextByShare(shares: readonly VersionShare[], turns: Map<string, number>): string {
  const total = [...turns.values()].reduce((sum, count) => sum + count, 1);
  const behind = ({ version_id, percentage }: VersionShare) =>
    (percentage / 100) * total - (turns.get(version_id) ?? 0);
  const asked = shares.filter(({ percentage }) => percentage > 0);
  const next = asked.sort((a, b) => behind(b) - behind(a))[0]?.version_id ?? '';
  turns.set(next, (turns.get(next) ?? 0) + 1);
  return next;
}

function pipeUpgrade(request: IncomingMessage, client: Duplex, head: Buffer, url: URL): void {
  const target = connect(Number(url.port), url.hostname);
  const { rawHeaders } = request;
  const lines = rawHeaders.flatMap((name, at) => (at % 2 === 0 ? [`${name}: ${rawHeaders[at + 1]}`] : []));
  target.write(`${request.method} ${request.url} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`);
  target.write(head);
  client.on('error', () => target.destroy());
  target.on('error', () => client.destroy());
  client.on('close', () => target.destroy());
  target.on('close', () => client.destroy());
  client.pipe(target).pipe(client);
}
