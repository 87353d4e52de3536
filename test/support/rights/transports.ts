/** One document, sent as each kind of client sends it, and the answer to it. */
import { expect } from 'vitest';
import type { ClientSocket } from '../client-socket.ts';
import { EventStreamParser } from '../event-stream-parser.ts';
import type { TestGateway } from '../gateway.ts';
import type { FieldAnswer } from './outcome.ts';
import { clientAddress } from './people.ts';

/** @param accessToken null for a stranger */
export type Send = (document: string, accessToken: string | null) => Promise<FieldAnswer>;

const JSON_ALONE = { Accept: 'application/graphql-response+json' };
const EVENTS = { Accept: 'text/event-stream' };
/** Browsers send it to another origin only after a preflight. */
export const PREFLIGHT = { 'apollo-require-preflight': '1' };

const headersFor = (accessToken: string | null): Record<string, string> => ({
  'CF-Connecting-IP': clientAddress(),
  ...(accessToken === null ? {} : { Authorization: `Bearer ${accessToken}` }),
});

const bodyOf = (query: string) => ({
  method: 'POST',
  body: JSON.stringify({ query }),
});

export const byPost =
  (gateway: TestGateway): Send =>
  async (document, accessToken) => {
    const headers = { 'Content-Type': 'application/json', ...JSON_ALONE, ...headersFor(accessToken) };
    return (await gateway.fetch('/graphql', { ...bodyOf(document), headers })).json();
  };

export const byGet =
  (gateway: TestGateway, extra: Record<string, string> = PREFLIGHT): Send =>
  async (document, accessToken) => {
    const headers = { ...JSON_ALONE, ...extra, ...headersFor(accessToken) };
    return (await gateway.fetch(`/graphql?${new URLSearchParams({ query: document })}`, { headers })).json();
  };

/** Of a query or a mutation: one event, and the end. */
export const byEventStream =
  (gateway: TestGateway): Send =>
  async (document, accessToken) => {
    const headers = { 'Content-Type': 'application/json', ...EVENTS, ...headersFor(accessToken) };
    const answer = await gateway.fetch('/graphql', { ...bodyOf(document), headers });
    if (answer.headers.get('content-type') !== 'text/event-stream') return answer.json();
    const parser = new EventStreamParser();
    parser.push(await answer.text());
    expect(parser.events.map(({ type }) => type)).toEqual(['next', 'complete']);
    return JSON.parse(parser.events[0]?.data ?? 'null');
  };

/** @param socketOf the asker's, which is open and has nothing unread */
export const bySocket = (socketOf: (accessToken: string | null) => Promise<ClientSocket>): Send => {
  let sent = 0;
  return async (document, accessToken) => {
    const socket = await socketOf(accessToken);
    sent += 1;
    const id = String(sent);
    socket.subscribe(id, document);
    const first = await socket.next();
    expect(first.id).toBe(id);
    if (first.type === 'error') return { errors: first.payload };
    expect(await socket.next()).toEqual({ type: 'complete', id });
    return first.payload;
  };
};
