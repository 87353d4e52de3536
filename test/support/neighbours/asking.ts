/** Operations by id, as an app asks one of the Workers, and the admin endpoint. */
import { createHash } from 'node:crypto';
import { createClient } from 'graphql-ws';
import { ADMIN_KEY } from './neighbours.ts';

export interface Answer {
  // biome-ignore lint/suspicious/noExplicitAny: a test says what it expects of it.
  data?: any;
  errors?: unknown;
}

export type Ask = (
  origin: URL,
  documentId: string,
  variables?: Record<string, unknown>,
  accessToken?: string,
) => Promise<Answer>;

export const askOverHttp: Ask = async (origin, documentId, variables = {}, accessToken) => {
  const response = await fetch(new URL('/graphql', origin), {
    method: 'POST',
    headers: {
      'Content-Type': 'application/json',
      ...(accessToken === undefined ? {} : { Authorization: `Bearer ${accessToken}` }),
    },
    body: JSON.stringify({ documentId, variables }),
  });
  return (await response.json()) as Answer;
};

export const askOverSocket: Ask = async (origin, documentId, variables = {}, accessToken) => {
  const client = createClient({
    url: new URL('/graphql', origin).href.replace('http', 'ws'),
    retryAttempts: 0,
    ...(accessToken === undefined ? {} : { connectionParams: { authorization: `Bearer ${accessToken}` } }),
  });
  try {
    const payload = { query: '', documentId, variables };
    for await (const result of client.iterate(payload)) return result as Answer;
    throw new Error('the socket answered nothing');
  } finally {
    await client.dispose();
  }
};

/** Asks an operation by its name. */
export type AskByName = (
  operation: string,
  variables?: Record<string, unknown>,
  accessToken?: string,
) => Promise<Answer>;

/** An account of its own, and the tokens of its first session. */
export async function registered(
  ask: AskByName,
  email: string,
): Promise<{ accessToken: string; refreshToken: string }> {
  const { data, errors } = await ask('Register', { input: { email, password: PASSWORD } });
  if (!data?.register?.accessToken) throw new Error(JSON.stringify({ data, errors }));
  return data.register;
}
const PASSWORD = 'correct horse battery staple';

/** @throws if it is refused */
export async function askAdmin<Body>(
  origin: URL,
  method: string,
  path: string,
  body?: object,
): Promise<Body> {
  const response = await fetch(new URL(`/admin${path}`, origin), {
    method,
    headers: { Authorization: `Bearer ${ADMIN_KEY}`, 'Content-Type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  if (response.status !== 200)
    throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
  return (await response.json()) as Body;
}

/** Publishes a release of a client with one operation. @returns its id */
export async function publish(origin: URL, client: string, document: string): Promise<string> {
  const id = `sha256:${createHash('sha256').update(document).digest('hex')}`;
  await askAdmin(origin, 'PUT', '/operations', { operations: [{ id, document }] });
  await askAdmin(origin, 'PUT', `/releases/${client}/1.0.0`, { operationIds: [id] });
  return id;
}
