import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createCronRunner } from '../../../scripts/start/cron-clock.ts';

const at = (time: string) => new Date(`2026-11-22T${time}Z`);
const CRONS = ['* * * * *', '*/5 * * * *', '*/15 * * * *', '0 * * * *', '0 0 * * *'];

describe('the cron runner', () => {
  beforeEach(() => vi.useFakeTimers({ now: at('11:58:20.500') }));
  afterEach(() => vi.useRealTimers());

  it.each([
    ['12:01:00', 1],
    ['12:05:00', 2],
    ['12:15:00', 3],
    ['12:00:00', 4],
    ['00:00:00', 5],
  ])('takes at %s the first %i for due', async (time, count) => {
    vi.setSystemTime(at(time).getTime() - 1_000);
    const fired: string[] = [];
    const runner = createCronRunner();
    runner.follow(CRONS, async (cron) => {
      fired.push(cron);
    });
    await vi.advanceTimersByTimeAsync(2_000);
    runner.stop();
    expect(fired).toEqual(CRONS.slice(0, count));
  });

  it.each(['* * * *', '* * * * * *', 'hourly', '61 * * * *'])('refuses %s', (cron) => {
    expect(() => createCronRunner().follow([cron], async () => undefined)).toThrow(cron.split(' ')[0]);
  });

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

  it('runs once what was due while the machine slept', async () => {
    let runs = 0;
    const runner = createCronRunner();
    runner.follow(['*/5 * * * *'], async () => {
      runs += 1;
    });
    vi.setSystemTime(at('13:02:00'));
    await vi.advanceTimersByTimeAsync(60_000);
    runner.stop();
    expect(runs).toBe(1);
  });
});
