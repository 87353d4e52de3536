import { beforeEach, expect, test } from 'vitest';
import { ask, type Caching, PROJECT_NAMES, startCaching } from '../../support/cache-bench.ts';

let caching: Caching;
beforeEach(async () => {
  caching = await startCaching();
});

const conditional = (ifNoneMatch: string) =>
  ask(caching.gateway, { ...PROJECT_NAMES, headers: { 'If-None-Match': ifNoneMatch } });

async function rename(name: string) {
  const { projects } = await caching.market.records();
  for (const { id } of projects) await caching.market.patchProject(id, { name });
  await caching.gateway.advance(60);
  await caching.gateway.scheduled('*/5 * * * *');
}

test('304 says that the bytes are the same, with the headers of the answer and without its body', async () => {
  const { etag, headers } = await ask(caching.gateway, PROJECT_NAMES);
  await caching.gateway.advance(7);
  const unchanged = await conditional(etag);
  expect([unchanged.status, unchanged.text, unchanged.age, unchanged.etag]).toEqual([304, '', 7, etag]);
  for (const name of ['cache-control', 'vary', 'cache-tag', 'access-control-allow-origin']) {
    expect(unchanged.headers.get(name)).toBe(headers.get(name));
  }
  expect(unchanged.headers.get('content-type')).toBeNull();
  expect(unchanged.headers.get('x-request-id')).not.toBeNull();
  expect(unchanged.cacheStatus).toEqual({ cache: 'gateway', hit: true, ttl: 293 });
});

test('a 304 takes nothing from the answers after it, nor a signed-in client from one without credentials', async () => {
  const { etag } = await ask(caching.gateway, PROJECT_NAMES);
  const answersTo = async (credentials: Record<string, string>) => {
    const headers = { ...credentials, 'x-requested-with': 'app' };
    const asked = [{}, { 'If-None-Match': etag }, {}].map((condition) => ({ ...headers, ...condition }));
    const answers = [];
    for (const each of asked) answers.push(await ask(caching.gateway, { ...PROJECT_NAMES, headers: each }));
    return answers.map(({ status, xCache, text, headers: got }) => ({
      answer: [status, xCache, text === ''],
      names: [...got.keys()].sort(),
      scope: got.get('cache-control')?.split(',')[0],
    }));
  };
  for (const [credentials, scope] of [
    [{}, 'public'],
    [{ Authorization: 'Bearer token' }, 'private'],
    [{}, 'public'],
  ] as const) {
    const [before, held, after] = await answersTo(credentials);
    expect(before).toMatchObject({ answer: [200, 'HIT', false], scope });
    expect(after).toEqual(before);
    const names = before?.names.filter((name) => name !== 'content-type' && name !== 'content-length');
    expect(held).toEqual({ answer: [304, 'HIT', true], names, scope });
  }
});

test('tags are compared weakly, in lists, and * is any', async () => {
  const { etag } = await ask(caching.gateway, PROJECT_NAMES);
  for (const held of [
    etag,
    `W/${etag}`,
    `"x", ${etag}`,
    `W/"x",W/${etag},"y"`,
    `"a,b" ,${etag}`,
    '*',
    ' * ',
  ]) {
    expect([held, (await conditional(held)).status]).toEqual([held, 304]);
  }
  const bare = etag.slice(1, -1);
  for (const other of [
    '"x"',
    bare,
    `w/${etag}`,
    `"${bare} "`,
    `"W/${bare}"`,
    '',
    '"*"',
    `${etag.toUpperCase()}"`,
  ]) {
    const { status, text } = await conditional(other);
    expect([other, status, text === '']).toEqual([other, 200, false]);
  }
});

test('an answer that was made just now may be what the client holds', async () => {
  const { etag } = await ask(caching.gateway, PROJECT_NAMES);
  caching.gateway.coldIsolate();
  expect(await conditional(etag)).toMatchObject({ status: 304, xCache: 'MISS' });
});

test('once it is stale, whether it has changed is found out first', async () => {
  const { etag } = await ask(caching.gateway, PROJECT_NAMES);
  await caching.gateway.advance(300);
  caching.executions();
  const unchanged = await conditional(etag);
  expect([unchanged.status, unchanged.age, unchanged.cacheStatus.fwd]).toEqual([304, null, 'stale']);
  expect(caching.executions()).toBe(1);
});

test('after a change it gets the new body, fresh as the old one may be', async () => {
  const { etag, text } = await ask(caching.gateway, PROJECT_NAMES);
  await rename('Renamed');
  const changed = await conditional(etag);
  expect([changed.status, changed.xCache]).toEqual([200, 'MISS']);
  expect(changed.text).toContain('Renamed');
  expect(changed.text).not.toBe(text);
  expect(changed.etag).not.toBe(etag);
  expect(await conditional(changed.etag)).toMatchObject({ status: 304, xCache: 'HIT' });
  expect(await conditional(etag)).toMatchObject({ status: 200, xCache: 'HIT' });
});

test('where the source fails, it gets the old body, and never that it is current', async () => {
  const { etag, text } = await ask(caching.gateway, PROJECT_NAMES);
  await rename('Renamed');
  caching.db.fail('D1 is down');
  for (const detail of ['source-failed', 'revalidating']) {
    const answer = await conditional(etag);
    expect([answer.status, answer.xCache, answer.text]).toEqual([200, 'STALE', text]);
    expect(answer.cacheStatus.detail).toBe(detail);
  }
});

test('while the source fails, conditional requests ask it no more often than others', async () => {
  const { etag } = await ask(caching.gateway, PROJECT_NAMES);
  await caching.gateway.advance(300);
  caching.db.fail('D1 is down');
  caching.executions();
  for (let time = 0; time < 10; time += 1) await conditional(etag);
  expect(caching.executions()).toBe(1);
  await caching.gateway.advance(5);
  await conditional(etag);
  expect(caching.executions()).toBe(1);
});

test('by POST a condition says nothing', async () => {
  const { etag } = await ask(caching.gateway, PROJECT_NAMES);
  const question = { ...PROJECT_NAMES, method: 'POST' as const, headers: { 'If-None-Match': etag } };
  expect(await ask(caching.gateway, question)).toMatchObject({ status: 200, xCache: 'HIT' });
  await caching.gateway.advance(300);
  expect(await ask(caching.gateway, question)).toMatchObject({ status: 200, xCache: 'STALE' });
});
