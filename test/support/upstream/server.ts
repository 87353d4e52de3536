/**
 * The simulated upstream: both APIs of test/contracts/upstream.md over HTTP, for any number of markets side by side, each
 * under a path of its own. By hand: `node test/support/upstream/server.ts --port 9000 --live`.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { answerApi, answerFile } from './api-answer.ts';
import { answerControl, type Markets } from './control-routes.ts';
import type { Fault } from './faults.ts';
import { Market, type MarketOptions } from './market.ts';
import { parseJson } from './parse-json.ts';
import type { SimulatedFile } from './project-files.ts';
import { badRequest, conflict, notFound, Refusal, type Reply } from './reply.ts';

const BODY_LIMIT_BYTES = 5_000_000;
/** The blanks behind a huge answer, in megabytes. */
const HUGE_MEGABYTES = 50;
const ENDLESS_PART_BYTES = 1_000_000;
/** Longer than a test pauses between calls, so that no call meets a connection that is just being closed. */
const KEEP_ALIVE_MS = 120_000;

export interface Upstream {
  url: string;
  port: number;
  createMarket(options?: MarketOptions): Market;
  close(): Promise<void>;
}

export async function startUpstream({ port = 0, host = '127.0.0.1' } = {}): Promise<Upstream> {
  const server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS }, (request, response) => {
    void serve(markets, request, response);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  });
  const { port: boundPort } = server.address() as AddressInfo;
  const url = `http://${host}:${boundPort}`;
  const markets = marketsAt(url);
  return {
    url,
    port: boundPort,
    createMarket: (options = {}) => markets.create(options),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function marketsAt(url: string): Markets {
  const byId = new Map<string, Market>();
  let created = 0;
  const nextId = (): string => {
    created += 1;
    const id = `market-${created}`;
    return byId.has(id) ? nextId() : id;
  };
  return {
    create(options) {
      const id = options.id ?? nextId();
      if (!/^[\w-]{1,64}$/.test(id) || id === 'control')
        throw badRequest('a market id is letters, digits, - and _');
      if (byId.has(id)) throw conflict('there is a market with this id');
      const market = new Market(id, url, options);
      byId.set(id, market);
      return market;
    },
    find: (id) => byId.get(id),
    remove: (id) => {
      byId.delete(id);
    },
  };
}

async function serve(markets: Markets, request: IncomingMessage, response: ServerResponse): Promise<void> {
  try {
    const url = new URL(request.url ?? '/', 'http://upstream');
    const [first = '', ...rest] = url.pathname.split('/').slice(1).map(decodeURIComponent);
    const body = await readBody(request);
    if (first === 'control')
      return send(response, answerControl(markets, request.method ?? 'GET', rest, parseJson(body)));
    const market = markets.find(first);
    if (market === undefined) throw notFound('there is no such market');
    if (rest[0] === 'files') {
      const answer = await answerFile(market, request, url);
      return 'reply' in answer ? send(response, answer.reply) : sendFile(response, answer.file, answer.fault);
    }
    const answer = await answerApi(market, request, url, body);
    if (answer.fault === 'reset') request.socket.destroy();
    else if (answer.fault === 'huge') sendHuge(response, answer.reply);
    else send(response, answer.reply, answer.fault === 'truncated');
  } catch (error) {
    send(response, refusalOf(error).reply());
  }
}

function refusalOf(error: unknown): Refusal {
  if (error instanceof Refusal) return error;
  if (error instanceof URIError) return badRequest('the path is not well encoded');
  return new Refusal(500, 'SIMULATOR_BROKEN', String(error));
}

function send(response: ServerResponse, reply: Reply, cutInTheMiddle = false): void {
  const whole = Buffer.from(reply.json ?? JSON.stringify(reply.body));
  const bytes = cutInTheMiddle ? whole.subarray(0, Math.max(1, Math.floor(whole.length / 2))) : whole;
  response.writeHead(reply.status, {
    'content-type': 'application/json; charset=utf-8',
    'content-length': bytes.length,
    ...reply.headers,
  });
  response.end(bytes);
}

function sendFile(response: ServerResponse, file: SimulatedFile, fault: Fault | null): void {
  const { bytes, status, headers, isEndless, stalls } = file;
  if (fault?.kind === 'reset') return void response.socket?.destroy();
  const length = isEndless || stalls ? {} : { 'content-length': bytes.length };
  response.writeHead(status, { ...length, ...headers });
  if (fault?.kind === 'truncated') {
    response.write(bytes.subarray(0, bytes.length / 2), () => response.socket?.destroy());
  } else if (isEndless) {
    const parts = function* () {
      yield bytes;
      for (;;) yield Buffer.alloc(ENDLESS_PART_BYTES, ' ');
    };
    const body = Readable.from(parts());
    response.once('close', () => body.destroy());
    body.pipe(response);
  } else if (stalls) response.write(bytes);
  else response.end(bytes);
}

/** Valid JSON, of no announced length. It ends when the client reads no more. */
function sendHuge(response: ServerResponse, reply: Reply): void {
  const blanks = Buffer.alloc(1_000_000, ' ');
  const parts = function* () {
    yield Buffer.from(JSON.stringify(reply.body));
    for (let megabyte = 0; megabyte < HUGE_MEGABYTES; megabyte += 1) yield blanks;
  };
  response.writeHead(reply.status, { 'content-type': 'application/json; charset=utf-8' });
  const body = Readable.from(parts());
  response.once('close', () => body.destroy());
  body.pipe(response);
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > BODY_LIMIT_BYTES) throw badRequest('the body is too long');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { values } = parseArgs({
    options: {
      port: { type: 'string', default: '9000' },
      host: { type: 'string' },
      live: { type: 'boolean' },
    },
  });
  const host = values.host === undefined ? {} : { host: values.host };
  const upstream = await startUpstream({ port: Number(values.port), ...host });
  const market = upstream.createMarket({ id: 'main', live: values.live === true });
  console.log(`MAIN_API_URL=${market.mainApiUrl} PRICE_API_URL=${market.priceApiUrl}`);
}
