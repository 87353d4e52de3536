import type { CommandCall, CommandOption } from './command.ts';
import { wrongUse } from './command-failure.ts';

const DAYS_DEFAULT = 30;
/** What the gateway takes. */
const DAYS_MAX = 400;

export const daysOption: CommandOption = {
  type: 'string',
  value: '<number>',
  help: `how far back to look (default ${DAYS_DEFAULT})`,
};

export function daysOf(call: Pick<CommandCall, 'optionalText'>): number {
  const text = call.optionalText('days') ?? String(DAYS_DEFAULT);
  const days = /^\d{1,3}$/.test(text) ? Number(text) : 0;
  if (days < 1 || days > DAYS_MAX) throw wrongUse(`--days: ${text} is no whole number from 1 to ${DAYS_MAX}`);
  return days;
}
