import type { Notice } from '../observability/notice.ts';
import type { AlertChannel } from '../settings/alert-settings.ts';

/** The names of the channels that receive a notice, for `notificationInserts`. */
export function receiversOf(
  channels: readonly AlertChannel[],
  notice: Exclude<Notice, { kind: 'test' }>,
): string[] {
  const received = notice.kind === 'alert' ? notice.severity : notice.kind;
  return channels.filter(({ receives }) => receives.includes(received)).map(({ name }) => name);
}
