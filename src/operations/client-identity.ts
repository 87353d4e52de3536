import { ownCopy } from '../storage/bounded-memory.ts';
import type { ClientIdentity } from './registered-operation.ts';

export const CLIENT_NAME_HEADERS = ['graphql-client-name', 'apollographql-client-name'] as const;
export const CLIENT_VERSION_HEADERS = ['graphql-client-version', 'apollographql-client-version'] as const;

/** Names are stored and printed, so they must be short and without control characters. */
const PRINTABLE = /^[\x20-\x7e]{1,100}$/;

export const UNNAMED_CLIENT: ClientIdentity = { name: null, version: null };

/** The client as it names itself. A name that is not printable counts as absent. */
export function readClientIdentity(headers: Headers): ClientIdentity {
  const [name, apolloName] = CLIENT_NAME_HEADERS;
  const [version, apolloVersion] = CLIENT_VERSION_HEADERS;
  return {
    name: printable(headers.get(name) ?? headers.get(apolloName)),
    version: printable(headers.get(version) ?? headers.get(apolloVersion)),
  };
}

/** The headers from which `readClientIdentity` reads the same identity. */
export function clientIdentityHeaders({ name, version }: ClientIdentity): Record<string, string> {
  return {
    ...(name === null ? {} : { [CLIENT_NAME_HEADERS[0]]: name }),
    ...(version === null ? {} : { [CLIENT_VERSION_HEADERS[0]]: version }),
  };
}

/** Fills gaps of `client` from the parts of an id `<app>~<version>~<id>`. */
export function identityOrRelease(client: ClientIdentity, app: string, version: string): ClientIdentity {
  return identityOr(client, { name: printable(ownCopy(app)), version: printable(ownCopy(version)) });
}

/** Fills gaps of `client` from `release`. */
export function identityOr(client: ClientIdentity, release: ClientIdentity): ClientIdentity {
  return { name: client.name ?? release.name, version: client.version ?? release.version };
}

/** The identity from the headers; `release` is the one that the operation's id names. */
export function clientOf(headers: Headers, release: ClientIdentity): ClientIdentity {
  return identityOr(readClientIdentity(headers), release);
}

function printable(sent: string | undefined | null): string | null {
  if (sent === null || sent === undefined) return null;
  const text = sent.trim();
  return PRINTABLE.test(text) ? text : null;
}
