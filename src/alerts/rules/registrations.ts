import type { AlertRule } from '../rule.ts';
import { HOUR_SECONDS } from '../watched-time.ts';
import { HOURS_KEPT, MINUTES_KEPT, sumOfMinutes, type Windows, watchedHourOf } from '../windows.ts';

/** Without a day of watched hours nobody knows what is usual. */
const KNOWN_HOURS_MIN = 24;

/** Few accounts are opened in an hour, where more than `minimum` are usual: the median of the hours of seven days. */
export const registrations: AlertRule = {
  name: 'registrations',
  runbook: 'registrations',
  severity: 'ticket',
  windowSeconds: HOUR_SECONDS,
  holdSeconds: 600,
  recoverySeconds: 1_800,
  minimum: 200,
  counted: 'new accounts in the median hour of seven days',
  inWords: (value) => `${Math.round(value)} new accounts an hour`,
  breaches({ accounts, watchedSeconds }, { threshold, minimum }) {
    if (accounts === null) return null;
    const median = usual(accounts, watchedSeconds);
    if (median === null || median <= minimum) return [];
    const { registrations: value } = sumOfMinutes(accounts, watchedSeconds, MINUTES_KEPT);
    if (value >= threshold) return [];
    const summary = `${value} accounts were opened in the last hour; in the median hour of seven days it was ${median}.`;
    return [{ subject: '', value, summary }];
  },
};

/** Null while it is unknown. An hour without a slot was watched too, and nothing happened in it. */
function usual(windows: Windows, watchedSeconds: number): number | null {
  const running = watchedHourOf(watchedSeconds);
  const known = Math.min(running, HOURS_KEPT - 1);
  if (known < KNOWN_HOURS_MIN) return null;
  const counts = windows.hours.filter(({ at }) => at < running).map((hour) => hour.registrations);
  while (counts.length < known) counts.push(0);
  counts.sort((left, right) => left - right);
  const [below = 0, above = 0] = [counts[Math.floor((known - 1) / 2)], counts[Math.ceil((known - 1) / 2)]];
  return (below + above) / 2;
}
