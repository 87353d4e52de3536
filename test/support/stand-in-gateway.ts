/**
 * A stand-in for a deployed gateway, over HTTP and WebSocket: it answers what smoke tests and monitors ask, as one version of the
 * Worker or another by the override header, and fails as a test wishes.
 */
import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { WebSocketServer } from 'ws';
import { securityHeaders } from '../../src/http/answer.ts';

export interface StandInAnswer {
  status: number;
  body: unknown;
  headers?: Record<string, string>;
}

export interface AskedRequest {
  method: string;
  path: string;
  version: string;
  headers: IncomingMessage['headers'];
  body: string;
}

export interface StandInGateway {
  url: string;
  /** Each request and handshake, in order. */
  asked: AskedRequest[];
  /** The version without an override, and those that an override reaches. */
  traffic: { main: string; versions: string[] };
  mode: string;
  /** Replaces an answer; undefined leaves it. */
  answer(asked: AskedRequest): StandInAnswer | undefined;
  /** The status of a refused handshake; null accepts it. */
  handshake: number | null;
  close(): Promise<void>;
}

const OVERRIDE = /^[\w-]+="([^"]+)"$/;
const QUERIED = { data: { projects: { nodes: [] } } };

export async function startStandInGateway(main: string): Promise<StandInGateway> {
  const note = (request: IncomingMessage, body: string): AskedRequest => {
    const wanted = OVERRIDE.exec(String(request.headers['cloudflare-workers-version-overrides']))?.[1];
    const { traffic } = gateway;
    const version = wanted !== undefined && traffic.versions.includes(wanted) ? wanted : traffic.main;
    const { method = '', url: path = '', headers } = request;
    const asked = { method, path, version, headers, body };
    gateway.asked.push(asked);
    return asked;
  };
  const server = createServer(async (request, response) => {
    const asked = note(request, await text(request));
    const { status, body, headers } = gateway.answer(asked) ?? usual(asked, gateway.mode);
    const safe = securityHeaders({}, { strictTransport: false });
    for (const [name, value] of Object.entries({ ...safe, ...headers })) response.setHeader(name, value);
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(typeof body === 'string' ? body : JSON.stringify(body));
  });
  const sockets = new WebSocketServer({ noServer: true });
  server.on('upgrade', (request, socket, head) => {
    note(request, '');
    if (gateway.handshake !== null) {
      socket.end(`HTTP/1.1 ${gateway.handshake} Refused\r\nconnection: close\r\n\r\n`);
      return;
    }
    sockets.handleUpgrade(request, socket, head, (accepted) => {
      accepted.on('message', (data) => {
        const { type, id } = JSON.parse(String(data)) as { type: string; id?: string };
        if (type === 'connection_init') accepted.send(JSON.stringify({ type: 'connection_ack' }));
        if (type === 'subscribe') accepted.send(JSON.stringify({ type: 'next', id, payload: QUERIED }));
      });
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const gateway: StandInGateway = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked: [],
    traffic: { main, versions: [main] },
    mode: 'id_only',
    answer: () => undefined,
    handshake: null,
    async close() {
      for (const socket of sockets.clients) socket.terminate();
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
  return gateway;
}

function usual({ method, path, version, body }: AskedRequest, mode: string): StandInAnswer {
  if (path === '/health') return { status: 200, body: healthOf(version, mode) };
  if (path.startsWith('/api/projects')) return { status: 200, body: { data: [{ symbol: 'BTC' }] } };
  if (path.startsWith('/api/prices')) return { status: 200, body: { prices: {} } };
  if (method === 'POST' && body.includes('"query"')) {
    return { status: 400, body: { errors: [{ extensions: { code: 'PERSISTED_QUERY_ID_REQUIRED' } }] } };
  }
  return { status: 200, body: QUERIED };
}

export const healthOf = (worker: string, mode: string) => ({
  version: { worker, operations: '0a1b2c3d4e5f' },
  mode,
  checks: { d1: 'ok', kv: 'ok' },
  milliseconds: { d1: 1, kv: 1 },
  jobs: {},
  ledgerNotices: {},
});
