/** Calls of the endpoints of `/api`, good and bad, by their rows. */
import type { Endpoint } from '../../src/rest/endpoint.ts';
import { ENDPOINT_ROWS, type EndpointRow } from './rest-rows.ts';

export const nameOf = ({ method, path }: Pick<Endpoint, 'method' | 'path'>) => `${method} ${path}`;

export function rowOf(endpoint: Endpoint): EndpointRow {
  const row = ENDPOINT_ROWS[nameOf(endpoint)];
  if (row === undefined) throw new Error(`${nameOf(endpoint)} has no row`);
  return row;
}

export interface RestCall {
  path?: Record<string, string>;
  /** Pairs, so that a name may stand twice. */
  query?: readonly (readonly [string, string])[];
  headers?: Record<string, string>;
  /** Sent as it is where it is text or bytes. */
  body?: unknown;
  method?: string;
}

/** The good call: everything that is required, and nothing else. */
export function goodCall(endpoint: Endpoint): Required<Omit<RestCall, 'method'>> {
  const { path = {}, query = {}, headers = {}, body } = rowOf(endpoint);
  const required = <Row extends { isRequired?: boolean; good: unknown }>(rows: Record<string, Row>) =>
    Object.entries(rows).flatMap(([name, { isRequired, good }]) =>
      isRequired ? [[name, good] as const] : [],
    );
  return {
    path,
    query: required(query) as [string, string][],
    headers: Object.fromEntries(required(headers)) as Record<string, string>,
    body: body === undefined ? undefined : Object.fromEntries(required(body)),
  };
}

export const pathWith = (endpoint: Pick<Endpoint, 'path'>, path: Record<string, string>) =>
  endpoint.path.replace(/:(\w+)/g, (_, name: string) => path[name] ?? '');

/** Its URL without an origin. @param call in the place of parts of the good call. */
export function requestOf(
  endpoint: Endpoint,
  call: RestCall = {},
): [string, RequestInit & { method: string }] {
  const { method = endpoint.method, ...parts } = call;
  const { path, query, headers, body } = { ...goodCall(endpoint), ...parts };
  const pairs = query.map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`);
  const url = `${pathWith(endpoint, path)}${pairs.length === 0 ? '' : `?${pairs.join('&')}`}`;
  if (body === undefined) return [url, { method, headers }];
  const isText = typeof body === 'string' || body instanceof Uint8Array;
  const sent = isText ? (body as BodyInit) : JSON.stringify(body);
  return [url, { method, headers: { 'Content-Type': 'application/json', ...headers }, body: sent }];
}

/** Each bad value has it somewhere: nothing of an answer may. */
export const CANARY = 'canary-in-the-input';
const TOO_LONG = CANARY.repeat(600);

/** No parameter of any endpoint has one of them. */
const WRONG_NAMES = [
  '__proto__',
  'constructor',
  'toString',
  'hasOwnProperty',
  'nothing',
  'Limit',
  'limit[]',
  '',
];

export interface BadCall {
  call: RestCall;
  /** The parameters at fault, each as its place and its name: `query limit`. */
  atFault: readonly string[];
}

/** One for each way in which a parameter of the endpoint can be wrong. */
export const badCalls = (endpoint: Endpoint): BadCall[] => [
  ...badQueries(endpoint),
  ...badHeaders(endpoint),
  ...badBodies(endpoint),
];

function badQueries(endpoint: Endpoint): BadCall[] {
  const { query = {} } = rowOf(endpoint);
  const { query: good } = goodCall(endpoint);
  const ofQuery = (pairs: NonNullable<RestCall['query']>, ...names: string[]): BadCall => ({
    call: { query: pairs },
    atFault: names.map((name) => `query ${name}`),
  });
  const each = Object.entries(query).flatMap(([name, { bad, isRequired, good: value }]) => {
    const others = good.filter(([sent]) => sent !== name);
    const upperCase = name.toUpperCase();
    return [
      ...['', TOO_LONG, ...bad].map((wrong) => ofQuery([...others, [name, wrong]], name)),
      ...[value, '', 'nothing'].map((again) => ofQuery([...others, [name, value], [name, again]], name)),
      ...(isRequired ? [ofQuery(others, name)] : []),
      ofQuery([...others, [name, value], [upperCase, value]], upperCase),
    ];
  });
  const unknown = WRONG_NAMES.map((name) => ofQuery([...good, [name, '1']], name));
  const all = Object.keys(query);
  const everyOne =
    all.length === 0
      ? []
      : [
          ofQuery(
            all.map((name) => [name, '']),
            ...all,
          ),
        ];
  return [...each, ...unknown, ...everyOne];
}

function badHeaders(endpoint: Endpoint): BadCall[] {
  const { headers = {} } = rowOf(endpoint);
  const { headers: good } = goodCall(endpoint);
  return Object.entries(headers).flatMap(([name, { bad, isRequired, good: value }]) => {
    const { [name]: _, ...others } = good;
    const atFault = [`header ${name}`];
    // The last one came twice.
    const wrong = [...bad, `${value}, ${value}`].map((sent) => ({
      call: { headers: { ...others, [name]: sent } },
      atFault,
    }));
    return isRequired ? [...wrong, { call: { headers: others }, atFault }] : wrong;
  });
}

function badBodies(endpoint: Endpoint): BadCall[] {
  const { body } = rowOf(endpoint);
  if (body === undefined) return [];
  const good = goodCall(endpoint).body as Record<string, unknown>;
  const ofBody = (sent: unknown, ...names: string[]): BadCall => ({
    call: { body: sent },
    atFault: names.map((name) => `body ${name}`),
  });
  const each = Object.entries(body).flatMap(([name, { bad, isRequired }]) => {
    const { [name]: _, ...others } = good;
    const wrong = bad.map((value) => ofBody({ ...others, [name]: value }, name));
    return isRequired ? [...wrong, ofBody(others, name)] : wrong;
  });
  const named = (name: string) =>
    JSON.stringify({ ...good, replaced: 1 }).replace('"replaced"', JSON.stringify(name));
  const unknown = WRONG_NAMES.map((name) => ofBody(named(name), name));
  const required = Object.keys(body).filter((name) => body[name]?.isRequired);
  const deep = '['.repeat(20_000) + ']'.repeat(20_000);
  return [
    ...each,
    ...unknown,
    ofBody(`{"deep":${deep}}`, 'deep', ...required),
    ...[...NO_OBJECTS, ...NO_JSON, deep, ...NO_UTF_8].map((sent) => ofBody(sent, '')),
  ];
}

const NO_OBJECTS = ['[]', '"text"', '1', 'null', 'true', '[[1]]'];
const NO_JSON = [
  '{',
  '{"a":1',
  "{'a':1}",
  '{"a":1,}',
  '\ufeff\ufeff{}',
  'NaN',
  ' ',
  CANARY,
  '['.repeat(50_000),
  '{"a":'.repeat(15_000),
];
/** The second ends in the middle of a character; the third is half of a pair. */
const NO_UTF_8 = [
  [0x22, 0xff, 0x22],
  [0x22, 0xc3],
  [0x22, 0xed, 0xa0, 0x80, 0x22],
].map((bytes) => new Uint8Array(bytes));
