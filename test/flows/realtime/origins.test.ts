/** Which pages may open a socket. */
import { env } from 'cloudflare:workers';
import { expect, test } from 'vitest';
import { TRANSPORT_SUBPROTOCOL } from '../../../src/realtime/transport-messages.ts';
import { handshake } from '../../support/client-socket.ts';

const [LISTED = ''] = env.CORS_ORIGINS.split(',');

async function statusOf(origin: string | null): Promise<number> {
  const response = await handshake(TRANSPORT_SUBPROTOCOL, origin === null ? {} : { Origin: origin });
  response.webSocket?.accept();
  response.webSocket?.close();
  return response.status;
}

test.each([
  ['an app, which names no origin', null],
  ["a page of the gateway's own origin", 'https://gateway.test'],
  ['a page of a listed origin', LISTED],
])('%s opens a socket', async (_, origin) => {
  expect(await statusOf(origin)).toBe(101);
});

test.each([
  'https://elsewhere.example',
  'http://gateway.test',
  'https://gateway.test:8443',
  'https://app.gateway.test',
  'https://gateway.test.elsewhere.example',
  'https://gateway.testing',
  `${LISTED}/`,
  `${LISTED}.elsewhere.example`,
  LISTED.toUpperCase(),
  'null',
  '',
  '*',
])('a page of %j opens none', async (origin) => {
  expect(await statusOf(origin)).toBe(403);
});

test('the refusal is an error of GraphQL, and the page cannot read it', async () => {
  const refused = await handshake(TRANSPORT_SUBPROTOCOL, {
    Origin: 'https://elsewhere.example',
    Authorization: 'Bearer x',
  });
  expect(await refused.json()).toMatchObject({ errors: [{ extensions: { code: 'FORBIDDEN' } }] });
  expect(refused.headers.get('Access-Control-Allow-Origin')).toBeNull();
  expect(refused.headers.get('Cache-Control')).toBe('private, no-store');
});
