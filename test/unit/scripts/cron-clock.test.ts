import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createCronRunner, isDue } from '../../../scripts/start/cron-clock.ts';

const at = (time: string) => new Date(`2026-11-22T${time}Z`);
const CRONS = ['* * * * *', '*/5 * * * *', '*/15 * * * *', '0 * * * *', '0 0 * * *'];

describe('a cron expression', () => {
  it.each([
    ['12:01:00', 1],
    ['12:05:00', 2],
    ['12:15:00', 3],
    ['12:00:00', 4],
    ['00:00:00', 5],
  ])('is due at %s as the first %i are', (time, count) => {
    expect(CRONS.filter((cron) => isDue(cron, at(time)))).toEqual(CRONS.slice(0, count));
  });

  it('that is not understood is refused', () => {
    expect(() => isDue('1-5 * * * *', at('12:00:00'))).toThrow('1-5');
    expect(() => isDue('* * * *', at('12:00:00'))).toThrow('five fields');
  });
});

describe('the cron runner', () => {
  beforeEach(() => vi.useFakeTimers({ now: at('11:58:20.500') }));
  afterEach(() => vi.useRealTimers());

  it('fires at full minutes, each when it is due, and never after it was stopped', async () => {
    const fired: string[] = [];
    const runner = createCronRunner();
    runner.follow(CRONS, async (cron) => {
      fired.push(`${new Date().toISOString().slice(11, 23)} ${cron}`);
    });
    await vi.advanceTimersByTimeAsync(150_000);
    runner.stop();
    await vi.advanceTimersByTimeAsync(160_000);
    expect(fired).toEqual([
      '11:59:00.000 * * * * *',
      '12:00:00.000 * * * * *',
      '12:00:00.000 */5 * * * *',
      '12:00:00.000 */15 * * * *',
      '12:00:00.000 0 * * * *',
    ]);
  });

  it('does not run the same expression twice at once', async () => {
    let runs = 0;
    const runner = createCronRunner();
    const ninetySeconds = async () => {
      runs += 1;
      await new Promise((resolve) => setTimeout(resolve, 90_000));
    };
    runner.follow(['* * * * *'], ninetySeconds);
    await vi.advanceTimersByTimeAsync(220_000);
    runner.stop();
    expect(runs).toBe(2);
  });
});
