/** GraphQL over HTTP, as the `graphql-http` package audits a server. */
import { serverAudits } from 'graphql-http';
import { describe, expect, test } from 'vitest';
import { startWire } from '../support/wire-bench.ts';

function auditsOfGateway(headers: Record<string, string>) {
  return serverAudits({
    url: 'https://gateway.test/graphql',
    fetchFn: async (url: string, init?: RequestInit) => {
      const wire = await startWire('open');
      const request = new Request(url, init);
      for (const [name, value] of Object.entries(headers)) request.headers.set(name, value);
      return wire.fetch(request);
    },
  });
}

test('the suite has every kind of audit', () => {
  const kinds = auditsOfGateway({}).map(({ name }) => name.split(' ')[0]);
  expect(kinds.length).toBeGreaterThan(50);
  expect(new Set(kinds)).toEqual(new Set(['MUST', 'SHOULD', 'MAY']));
});

describe('without any header of ours', () => {
  test.each(auditsOfGateway({}).filter(({ name }) => !name.startsWith('MAY')))(
    '$id $name',
    async ({ fn }) => {
      const result = await fn();
      expect('reason' in result ? result.reason : result.status).toBe('ok');
    },
  );
});

describe('with the header that keeps other sites out', () => {
  test.each(auditsOfGateway({ 'x-graphql-csrf': '1' }))('$id $name', async ({ fn }) => {
    const result = await fn();
    expect('reason' in result ? result.reason : result.status).toBe('ok');
  });
});
