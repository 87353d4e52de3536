import { describe, expect, test } from 'vitest';
import { type AnsweredCall, problemsOf } from '../../support/described-responses.ts';

const OF_ALL = {
  'x-request-id': 'the-request',
  'x-trace-id': '4bf92f3577b34da6a3ce929d0e0e4736',
  'Cache-Status': 'gateway; fwd=bypass',
  'X-Cache': 'BYPASS',
  'Cache-Control': 'private, no-store',
  'Content-Type': 'application/json; charset=utf-8',
};

const refusal = (changed: Partial<AnsweredCall> = {}, headers: Record<string, string | null> = {}) => {
  const sent = Object.entries({ ...OF_ALL, ...headers }).filter(([, value]) => value !== null);
  const error = {
    code: 'NOT_FOUND',
    message: 'Nothing is there.',
    details: [],
    requestId: 'the-request',
    traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
  };
  return {
    method: 'GET',
    path: '/api/projects/nothing',
    status: 404,
    headers: new Headers(sent as [string, string][]),
    body: { error },
    ...changed,
  };
};

describe('a response that the description has', () => {
  test.each<[string, AnsweredCall]>([
    ['a refusal of a route', refusal()],
    ['no route at all', refusal({ path: '/api/nothing' })],
    ['a method that the route lacks', refusal({ method: 'PUT', status: 405 }, { Allow: 'GET, HEAD' })],
    ['HEAD, without a body', refusal({ method: 'HEAD', body: null })],
  ])('%s', (_, call) => {
    expect(problemsOf(call)).toEqual([]);
  });
});

describe('a response that it has not', () => {
  const other = { code: 'NOT_FOUND', message: '', details: [], requestId: 'another', traceId: '0' };
  test.each<[string, AnsweredCall, string]>([
    ['a status', refusal({ status: 418 }), 'no response 418 is described'],
    ['a status where no route is', refusal({ path: '/api/nothing', status: 200 }), 'no such route'],
    ['405 without Allow', refusal({ method: 'PUT', status: 405 }), 'which methods are allowed'],
    ['another shape', refusal({ body: { errors: [] } }), 'errors'],
    ['no body', refusal({ body: null }), 'type'],
    ['a missing header', refusal({}, { 'X-Cache': null }), 'the header X-Cache is missing'],
    ['a wrong header', refusal({}, { 'X-Cache': 'MAYBE' }), 'X-Cache: MAYBE is wrong'],
    ['a header more', refusal({}, { 'Set-Cookie': 'a=b' }), 'set-cookie is not described'],
    ['another media type', refusal({}, { 'Content-Type': 'text/html' }), 'text/html'],
    ['a refusal that caches keep', refusal({}, { 'Cache-Control': 'public, max-age=1' }), 'keep the refusal'],
    ['the id of another request', refusal({ body: { error: other } }), 'requestId'],
    ['the trace of another request', refusal({ body: { error: other } }), 'traceId'],
  ])('%s', (_, call, problem) => {
    expect(problemsOf(call).join()).toContain(problem);
  });
});
