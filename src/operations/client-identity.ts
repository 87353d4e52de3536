import type { ClientIdentity } from './registered-operation.ts';

export const CLIENT_NAME_HEADERS = ['graphql-client-name', 'apollographql-client-name'] as const;
const CLIENT_VERSION_HEADERS = ['graphql-client-version', 'apollographql-client-version'] as const;

/** It is stored and shown: short, and nothing that a terminal obeys. */
const SHOWABLE = /^[\x20-\x7e]{1,100}$/;

export const UNNAMED_CLIENT: ClientIdentity = { name: null, version: null };

/** Who calls, by its own account. What cannot be shown counts as not said. */
export function readClientIdentity(headers: Headers): ClientIdentity {
  const [name, apolloName] = CLIENT_NAME_HEADERS;
  const [version, apolloVersion] = CLIENT_VERSION_HEADERS;
  return {
    name: asShown(headers.get(name) ?? headers.get(apolloName)),
    version: asShown(headers.get(version) ?? headers.get(apolloVersion)),
  };
}

/** What has `readClientIdentity` read the same again. */
export function clientIdentityHeaders({ name, version }: ClientIdentity): Record<string, string> {
  return {
    ...(name === null ? {} : { [CLIENT_NAME_HEADERS[0]]: name }),
    ...(version === null ? {} : { [CLIENT_VERSION_HEADERS[0]]: version }),
  };
}

/** What an id says of the client that sends it, beside what another one said. */
export function orFromRelease(client: ClientIdentity, app: string, version: string): ClientIdentity {
  return orFrom(client, { name: asShown(app), version: asShown(version) });
}

/** The identity from the headers, and what they leave out from the id that an app sends. */
export function orFrom(client: ClientIdentity, release: ClientIdentity): ClientIdentity {
  return { name: client.name ?? release.name, version: client.version ?? release.version };
}

/** Who calls, where what its id says of it was read already. */
export function clientOf(headers: Headers, release: ClientIdentity): ClientIdentity {
  return orFrom(readClientIdentity(headers), release);
}

function asShown(sent: string | undefined | null): string | null {
  if (sent === null || sent === undefined) return null;
  const text = sent.trim();
  return SHOWABLE.test(text) ? text : null;
}
