import { expect, test } from 'vitest';
import type { FanOutRound } from '../../../../bench/live/fan-out.ts';
import { ratiosOf } from '../../../../bench/live/measure-fan-out.ts';

const round = (framesPerSecond: number, framesPerThreadSecond: number): FanOutRound => ({
  frames: 0,
  framesPerSecond,
  framesPerThreadSecond,
  cpuMicrosecondsPerFrame: 0,
  serverBusy: 0,
  serverWaiting: 0,
  generatorBusy: 0,
  firstMs: [],
  lastMs: [],
});

test('the gateway is compared round by round, and has a target beside the bare object alone', () => {
  const ratios = ratiosOf(1_000, [
    [{ key: 'gateway', name: 'gateway' }, [round(90, 80), round(40, 85), round(30, 90)]],
    [{ key: 'bare', name: 'bare' }, [round(100, 100), round(50, 100), round(60, 100)]],
    [{ key: 'yoga', name: 'Yoga' }, [round(45, 40)]],
    [{ key: 'hubs-2', name: 'two hubs' }, [round(1, 1)]],
  ]);
  expect(ratios).toMatchObject([
    {
      name: 'gateway over bare',
      sockets: 1_000,
      ratio: { median: 0.8, least: 0.5, greatest: 0.9 },
      byThread: { median: 0.85 },
      atLeast: 0.8,
    },
    { name: 'gateway over Yoga', ratio: { median: 2 }, byThread: { median: 2 }, atLeast: null },
  ]);
});
