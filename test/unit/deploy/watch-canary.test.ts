/** The ends of a step of a deployment that is watched. */
import { beforeEach, describe, expect, test } from 'vitest';
import { failed, MARKET, market, NEW, OLD, watchedCanary } from '../../support/watched-canary.ts';

const { empty, watch, plant, healthyMinute, register } = watchedCanary();

beforeEach(() => empty());

describe('a step', () => {
  test('is promoted when enough requests are as before, and not before its least time', async () => {
    const { verdict, looks, counted, lines } = await watch({ meanwhile: (_, now) => healthyMinute(now) });
    expect([verdict, looks]).toEqual([{ kind: 'promote' }, 5]);
    expect(counted).toBe('1,000 requests by the new version, 9,010 by the old one');
    expect(lines).toHaveLength(5);
    const slow = await watch({
      meanwhile: (_, now) => healthyMinute(now),
      thresholds: { minimumRequests: 3_000 },
    });
    expect(slow.looks).toBe(15);
  });

  test('ends with a regression at the first look that finds one, and names the operation and its releases', async () => {
    register(MARKET, 'MarketList', 'ios', '5.2.0');
    const { verdict, looks } = await watch({
      async meanwhile(look, now) {
        if (look < 3) return healthyMinute(now);
        await plant(OLD, [market(1_800)], now);
        await plant(NEW, [market(140), failed(60)], now);
      },
    });
    expect(looks).toBe(3);
    expect(verdict).toEqual({
      kind: 'regress',
      findings: [
        'MarketList (sha256:aaaaaaaaaaaa), executed requests: share of requests with faults 10% (of 600) now, 0.07% (of 5,404) before, which ios 5.2.0 may ask for',
      ],
    });
  });

  test('is held at the end of its time, with the operations that lack requests', async () => {
    register(`sha256:${'b'.repeat(64)}`, 'Pools', 'web', '7');
    const pools = (count: number) => market(count, { operationId: `sha256:${'b'.repeat(64)}` });
    const { verdict, looks } = await watch({
      async meanwhile(_, now) {
        await plant(OLD, [market(180), pools(20)], now);
        await plant(NEW, [market(20), pools(1)], now);
      },
    });
    expect(looks).toBe(20);
    expect(verdict).toEqual({
      kind: 'hold',
      reasons: [
        'The new version has counted 420 of the 1,000 requests that are needed.',
        'Pools (sha256:bbbbbbbbbbbb), executed requests: the new version has counted 20 of the 30 that are needed.',
      ],
    });
  });

  test('is held where the new version writes no row although requests should come', async () => {
    const { verdict } = await watch({
      meanwhile: (_, now) => plant(OLD, [market(1_800)], now),
      thresholds: { minimumRequests: 0 },
    });
    expect(verdict).toEqual({
      kind: 'hold',
      reasons: [
        'The new version has counted no request, and the old one 36,000: it may end before it counts.',
      ],
    });
  });

  test('is held where the new version counts much less than its share of the traffic', async () => {
    register(MARKET, 'MarketList', 'ios', '5.2.0');
    const others = (count: number) => market(count, { operationId: 'route:/files' });
    const { verdict, counted } = await watch({
      async meanwhile(_, now) {
        await plant(OLD, [market(900), others(900)], now);
        await plant(NEW, [market(5), others(100)], now);
      },
    });
    expect(counted).toBe('2,100 requests by the new version, 36,000 by the old one');
    expect(verdict).toEqual({
      kind: 'hold',
      reasons: [
        'MarketList (sha256:aaaaaaaaaaaa): the new version has counted 100 requests. By its share of the traffic and the 18,000 of the old one they should be about 2,000: it may end before it counts.',
      ],
    });
  });

  test('is promoted although its hubs are all of the old version: few hubs have the sockets of all', async () => {
    const operationId = `sha256:${'c'.repeat(64)}`;
    register(operationId, 'Prices', 'ios', '5.2.0', 'subscription');
    const { verdict, looks } = await watch({
      async meanwhile(_, now) {
        await healthyMinute(now);
        await plant(OLD, [market(900, { operationId, cache: 'bypass' })], now);
      },
    });
    expect([verdict, looks]).toEqual([{ kind: 'promote' }, 5]);
  });

  test('is not promoted by health checks, smoke tests and jobs alone', async () => {
    const { verdict } = await watch({
      async meanwhile(_, now) {
        const others = ['route:/health', 'route:/admin/metrics', 'job:prices'].map((operationId) =>
          market(1_000, { operationId, cache: 'bypass' }),
        );
        await plant(NEW, [...others, market(5)], now);
        await plant(OLD, others, now);
      },
    });
    expect(verdict).toMatchObject({
      kind: 'hold',
      reasons: [
        'The old version has counted 0 of the 1,000 requests that are needed.',
        'The new version has counted 100 of the 1,000 requests that are needed.',
      ],
    });
  });

  test('is promoted although upstream failed while the new version alone had a cold cache', async () => {
    const hits = (count: number) => market(count, { cache: 'hit', takesMs: 0 });
    const { verdict } = await watch({
      async meanwhile(look, now) {
        if (look > 1) return healthyMinute(now);
        await plant(OLD, [hits(1_700), market(50), failed(50)], now);
        await plant(NEW, [hits(30), market(100), failed(100)], now);
      },
    });
    expect(verdict.kind).toBe('promote');
  });

  test('of staging is promoted without a request, after its least time', async () => {
    const thresholds = { minimumRequests: 0, lookSeconds: 15, minimumWatchSeconds: 90, watchSeconds: 180 };
    expect(await watch({ thresholds })).toMatchObject({ verdict: { kind: 'promote' }, looks: 6 });
  });
});
