/**
 * Starts one server with receivers of notices for a whole test run, in the shapes of Slack, Discord, PagerDuty, a webhook and a
 * heartbeat monitor. Each test has an inbox of its own, `/<inbox>/<kind>`, and reads and drives it at `/control/<inbox>`.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TestProject } from 'vitest/node';

declare module 'vitest' {
  export interface ProvidedContext {
    alertReceiversUrl: string;
  }
}

export interface ReceivedCall {
  kind: string;
  method: string;
  headers: Record<string, string>;
  body: string;
  /** False where the receiver has refused it, or has met its fault before it took the message. */
  isTaken: boolean;
}

/** `lost`: the message is taken, and its answer is lost. */
export interface ReceiverFault {
  kind: string;
  fault: 'status' | 'hang' | 'reset' | 'lost' | 'garbage' | 'huge' | 'stall';
  status?: number;
  headers?: Record<string, string>;
  times: number;
}

interface Inbox {
  calls: ReceivedCall[];
  faults: ReceiverFault[];
}

interface Answer {
  status: number;
  text?: string;
}

/** By kind: the answer of the real one to a body. Above 299 the message is refused. */
const RECEIVERS: Record<string, (body: string) => Answer> = {
  slack: (body) => {
    const { text, blocks } = JSON.parse(body);
    if (typeof text !== 'string' || text.length > 40_000) return { status: 400, text: 'invalid_payload' };
    const areValid = blocks.length <= 50 && blocks.every(isSlackBlock);
    return areValid ? { status: 200, text: 'ok' } : { status: 400, text: 'invalid_blocks' };
  },
  discord: (body) => {
    const { embeds } = JSON.parse(body);
    return embeds.length <= 10 && embeds.every(isDiscordEmbed)
      ? { status: 204 }
      : { status: 400, text: '{"code": 50035}' };
  },
  pagerduty: (body) => {
    const { routing_key, event_action, dedup_key, payload } = JSON.parse(body);
    const isValid =
      /^\w{32}$/.test(routing_key) &&
      ['trigger', 'resolve'].includes(event_action) &&
      dedup_key.length <= 255 &&
      payload.summary.length <= 1_024 &&
      ['critical', 'error', 'warning', 'info'].includes(payload.severity) &&
      !Number.isNaN(Date.parse(payload.timestamp));
    return isValid
      ? { status: 202, text: JSON.stringify({ status: 'success', message: 'Event processed', dedup_key }) }
      : { status: 400, text: JSON.stringify({ status: 'invalid event' }) };
  },
  webhook: () => ({ status: 200 }),
  heartbeat: () => ({ status: 200, text: 'OK' }),
};

interface SlackText {
  type: string;
  text: string;
}

function isSlackBlock(block: { type: string; text?: SlackText; fields?: SlackText[] }): boolean {
  const isText = ({ text }: SlackText, max: number) => text.length > 0 && text.length <= max;
  if (block.type === 'header') return block.text?.type === 'plain_text' && isText(block.text, 150);
  const { text, fields = [] } = block;
  if (block.type !== 'section' || (text === undefined && fields.length === 0)) return false;
  return (
    (text === undefined || isText(text, 3_000)) &&
    fields.length <= 10 &&
    fields.every((field) => isText(field, 2_000))
  );
}

interface DiscordEmbed {
  title: string;
  description: string;
  fields: { name: string; value: string }[];
  footer: { text: string };
}

function isDiscordEmbed({ title, description, fields, footer }: DiscordEmbed): boolean {
  const texts = fields.flatMap(({ name, value }) => [name, value]);
  const all = [title, description, footer.text, ...texts].join('').length;
  return (
    title.length <= 256 &&
    description.length <= 4_096 &&
    fields.length <= 25 &&
    fields.every(({ name, value }) => name.length <= 256 && value.length >= 1 && value.length <= 1_024) &&
    all <= 6_000
  );
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const inboxes = new Map<string, Inbox>();
  const server = createServer((request, response) => void serve(inboxes, request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  project.provide('alertReceiversUrl', `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  return () =>
    new Promise((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
}

async function serve(
  inboxes: Map<string, Inbox>,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const [first = '', second = ''] = (request.url ?? '/').split('/').slice(1);
  let body = '';
  for await (const chunk of request) body += chunk;
  const name = first === 'control' ? second : first;
  const inbox = inboxes.get(name) ?? { calls: [], faults: [] };
  inboxes.set(name, inbox);
  if (first === 'control') {
    if (request.method === 'PUT') inbox.faults = JSON.parse(body);
    response.end(JSON.stringify(inbox.calls));
    return;
  }
  const fault = inbox.faults.find(({ kind, times }) => kind === second && times > 0);
  if (fault !== undefined) fault.times -= 1;
  const answer = answerOf(second, body);
  const isTaken = answer.status < 300 && (fault === undefined || fault.fault === 'lost');
  const headers = Object.fromEntries(
    Object.entries(request.headers).map(([header, value]) => [header, String(value)]),
  );
  inbox.calls.push({ kind: second, method: request.method ?? '', headers, body, isTaken });
  if (fault === undefined) send(response, answer);
  else fail(request, response, fault);
}

function answerOf(kind: string, body: string): Answer {
  try {
    return RECEIVERS[kind]?.(body) ?? { status: 404 };
  } catch {
    return { status: 400, text: 'invalid_payload' };
  }
}

function send(
  response: ServerResponse,
  { status, text }: Answer,
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, headers).end(text);
}

function fail(request: IncomingMessage, response: ServerResponse, fault: ReceiverFault): void {
  const { status = 500, headers } = fault;
  switch (fault.fault) {
    case 'status':
      send(response, { status, text: 'a secret of the receiver' }, headers);
      break;
    case 'reset':
    case 'lost':
      request.socket.destroy();
      break;
    case 'garbage':
      send(response, { status: 200, text: '<html>\u0000ok?</html>' });
      break;
    case 'huge':
      send(response, { status: 200, text: 'ok'.repeat(1_000_000) });
      break;
    case 'stall':
      response.writeHead(200).write('o');
      break;
    case 'hang':
      break;
    default:
      fault.fault satisfies never;
  }
}
