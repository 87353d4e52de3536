import { describe, expect, it } from 'vitest';
import { ask, useUpstream } from './upstream-caller.ts';

const { market, control } = useUpstream();
const POOLS = '/internal/ido/pools/sync';
const PROJECTS = '/internal/projects/sync';

describe('faults', () => {
  it.each([
    ['429', 429],
    ['500', 500],
    ['503', 503],
  ])('answer %s where asked, as often as asked, and nowhere else', async (kind, status) => {
    const one = market();
    const fault = { route: 'pools-sync', kind, retryAfterSeconds: 7, times: 2 };
    expect((await control('PUT', `/markets/${one.id}/faults`, fault)).status).toBe(200);
    const first = await ask(one, POOLS);
    expect([first.status, first.headers.get('retry-after')]).toEqual([status, '7']);
    expect((await ask(one, PROJECTS)).status).toBe(200);
    expect((await ask(one, POOLS)).status).toBe(status);
    expect((await ask(one, POOLS)).status).toBe(200);
  });

  it('make answers slow', async () => {
    const one = market();
    one.setFault({ route: 'price', kind: 'latency', latencyMs: 120 });
    const started = performance.now();
    expect((await ask(one, '/prices/BTC')).status).toBe(200);
    expect(performance.now() - started).toBeGreaterThan(100);
  });

  it('break the connection', async () => {
    const one = market();
    one.setFault({ route: '*', kind: 'reset', times: 1 });
    await expect(ask(one, '/prices/BTC')).rejects.toThrow();
    expect((await ask(one, '/prices/BTC')).status).toBe(200);
  });

  it('cut an answer in the middle but end it properly', async () => {
    const one = market();
    const whole = await ask(one, PROJECTS);
    one.setFault({ route: 'projects-sync', kind: 'truncated' });
    const cut = await ask(one, PROJECTS);
    expect([cut.status, cut.headers.get('content-type'), cut.body]).toEqual([
      200,
      'application/json; charset=utf-8',
      undefined,
    ]);
    expect(whole.text.startsWith(cut.text.slice(0, 1_000))).toBe(true);
  });

  it('give JSON of another shape', async () => {
    const one = market();
    one.setFault({ route: '*', kind: 'wrong-shape' });
    expect((await ask(one, PROJECTS)).body).toEqual({ unexpected: true });
    expect((await ask(one, '/prices/batch?symbols=BTC')).body).toBeNull();
  });

  it('spoil one record and leave the others as they are', async () => {
    const one = market();
    const good = (await ask(one, PROJECTS)).body;
    one.setFault({ route: 'projects-sync', kind: 'bad-record', recordId: 'prj_solana' });
    const bad = (await ask(one, PROJECTS)).body;
    const different = good.filter(
      (project: unknown, index: number) => JSON.stringify(project) !== JSON.stringify(bad[index]),
    );
    expect(different.map((project: { id: string }) => project.id)).toEqual(['prj_solana']);
    expect(bad.find((project: { id: string }) => project.id === 'prj_solana').name).toBe(42);
    one.setFault({ route: 'prices-batch', kind: 'bad-record', recordId: 'eth' });
    const prices = (await ask(one, '/prices/batch?symbols=BTC,ETH')).body;
    expect([prices.BTC.price, prices.ETH.price]).toEqual([expect.any(Number), 'abc']);
    for (const [route, url] of [
      ['pools-sync', POOLS],
      ['investments-sync', '/internal/ido/investments/sync'],
      ['price-history', '/prices/BTC/history'],
      ['user-stats', '/internal/users/usr_0001/stats'],
      ['project-detail', '/internal/projects/prj_bitcoin/detail'],
    ] as const) {
      const before = (await ask(one, url)).text;
      one.setFault({ route, kind: 'bad-record' });
      expect((await ask(one, url)).text, route).not.toBe(before);
    }
  });

  it('go away when told to', async () => {
    const one = market();
    const path = `/markets/${one.id}/faults`;
    await control('PUT', path, { route: '*', kind: '500' });
    await control('PUT', path, { route: 'pools-sync', kind: '503' });
    expect((await ask(one, POOLS)).status).toBe(503);
    await control('PUT', path, { route: 'pools-sync', kind: null });
    expect((await ask(one, POOLS)).status).toBe(500);
    await control('DELETE', path);
    expect((await ask(one, POOLS)).status).toBe(200);
    expect((await control('PUT', path, { route: 'nothing', kind: '500' })).status).toBe(400);
    expect((await control('PUT', path, { route: '*', kind: 'fire' })).status).toBe(400);
  });
});
