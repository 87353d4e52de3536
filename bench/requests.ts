/** Requests as bytes, with the headers that an app sends. */
import manifest from '../operations/manifest.json' with { type: 'json' };
import restManifest from '../operations/rest/manifest.json' with { type: 'json' };
import { encodeBase64Url } from '../schema/global-ids.ts';

/** Gives the bytes of the next request; must cost little beside sending them. */
export type RequestSource = () => Uint8Array;

const APP_HEADERS =
  'Host: gateway.example\r\n' +
  'Accept: application/graphql-response+json, application/json;q=0.9\r\n' +
  'User-Agent: COM2000/5.2.0 (iOS 26.1)\r\n' +
  'graphql-client-name: ios\r\n' +
  'graphql-client-version: 5.2.0\r\n';

/** The platform adds it. */
const addressHeader = (address: string) => `CF-Connecting-IP: ${address}\r\n`;
const ADDRESS = '203.0.113.7';

export function getRequest(path: string, headers = ''): Uint8Array {
  return Buffer.from(`GET ${path} HTTP/1.1\r\n${APP_HEADERS}${addressHeader(ADDRESS)}${headers}\r\n`);
}

/** @param address of the client */
export function postRequest(path: string, body: string, headers = '', address = ADDRESS): Uint8Array {
  const length = Buffer.byteLength(body);
  return Buffer.from(
    `POST ${path} HTTP/1.1\r\n${APP_HEADERS}${addressHeader(address)}${headers}Content-Type: application/json\r\n` +
      `Content-Length: ${length}\r\n\r\n${body}`,
  );
}

export type Variables = Record<string, unknown>;

const OPERATIONS = [...manifest.operations, ...restManifest.operations];

export function operationId(name: string): string {
  const operation = OPERATIONS.find((candidate) => candidate.name === name);
  if (operation === undefined) throw new Error(`no manifest of the build has ${name}`);
  return operation.id;
}

export const operationByGet = (documentId: string, variables: Variables = {}, headers = '') =>
  getRequest(operationPath(documentId, variables), headers);

/** No variables are sent where there are none, as by the apps' own clients. */
export function operationPath(documentId: string, variables: Variables = {}): string {
  const search =
    Object.keys(variables).length === 0 ? '' : `&variables=${encodeURIComponent(JSON.stringify(variables))}`;
  return `/graphql?documentId=${encodeURIComponent(documentId)}${search}`;
}

/** Of a user who is signed in. No public answer depends on the token, so it need not be valid. */
export const BEARER = `Authorization: Bearer ${'x'.repeat(300)}\r\n`;

export const operationByPost = (documentId: string, variables: Variables = {}) =>
  postRequest('/graphql', JSON.stringify({ documentId, variables }));

/** As Yoga's persisted operations take it: Apollo's form, the hash without our prefix. */
export function yogaOperationByGet(documentId: string, variables: Variables = {}): Uint8Array {
  const sha256Hash = documentId.replace('sha256:', '');
  const extensions = JSON.stringify({ persistedQuery: { version: 1, sha256Hash } });
  const parameters = new URLSearchParams({ extensions });
  if (Object.keys(variables).length > 0) parameters.set('variables', JSON.stringify(variables));
  return getRequest(`/graphql?${parameters}`);
}

/** More than any project's market cap, and nine digits of it left to count with. */
const ABOVE_EVERY_MARKET_CAP = 1e15;
let distinctCursors = 0;

/**
 * Variables of the market list that nobody has sent yet, for its first page and nothing less: the cursor of a project
 * that would stand before all others. Each is another cache key with the same projects behind it.
 */
export function distinctMarketListVariables(): { after: string } {
  distinctCursors += 1;
  return { after: distinctCursor(distinctCursors) };
}

const distinctCursor = (number: number) =>
  encodeBase64Url(JSON.stringify(['MARKET_CAP:DESC', ABOVE_EVERY_MARKET_CAP + number, 'prj']));

/** Few enough to be looked up by an isolate, which refuses others without an answer (`UNNAMED_ID_LOOKUPS_BURST`). */
const UNKNOWN_IDS = Array.from({ length: 40 }, () => {
  const bytes = crypto.getRandomValues(new Uint8Array(32));
  return `sha256:${Buffer.from(bytes.buffer).toString('hex')}`;
});
let unknownIdsSent = 0;

/** An id that nobody registered. An isolate remembers for a minute that it is unknown. */
export function unknownId(): string {
  unknownIdsSent += 1;
  return UNKNOWN_IDS[unknownIdsSent % UNKNOWN_IDS.length] ?? '';
}
