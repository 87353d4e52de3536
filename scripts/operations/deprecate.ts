/** `deprecate`: tells the clients of old releases until when they run. */
import { releaseChange } from './admin-answers.ts';
import type { Command } from './command.ts';
import { wrongUse } from './command-failure.ts';
import { changeResult, rangeOptions, versionsInRange } from './releases-in-range.ts';

const DATE = /^\d{4}-\d{2}-\d{2}$/;

export const deprecate: Command = {
  summary: 'Says that releases end, and when; they still run',
  options: {
    ...rangeOptions,
    sunset: { type: 'string', value: '<date>', help: 'when they end: 2027-06-01', required: true },
  },
  details: [
    'Answers to operations that only deprecated releases carry have Deprecation and Sunset headers.',
    'The sunset is a promise, not a timer: retire ends a release. A release that is retired stays so.',
  ].join('\n'),
  async run(call) {
    const sunset = sunsetOf(call.text('sunset'), Date.now());
    const client = call.text('client');
    const gateway = call.gateway();
    const versions = await versionsInRange(gateway, client, call.text('version'));
    const change = await gateway.send(
      'POST',
      '/admin/releases/deprecate',
      { client, versions, sunset },
      releaseChange,
    );
    return changeResult(`Deprecated until ${call.text('sunset')}:`, change);
  },
};

/** The start of that day in UTC. */
export function sunsetOf(text: string, nowMs: number): string {
  const sunset = new Date(`${text}T00:00:00Z`);
  // Date takes the 31st of June for the 1st of July.
  if (!DATE.test(text) || Number.isNaN(sunset.getTime()) || !sunset.toISOString().startsWith(text))
    throw wrongUse(`--sunset: ${text} is no date such as 2027-06-01`);
  if (sunset.getTime() <= nowMs) throw wrongUse(`--sunset: ${text} is past; retire ends a release now`);
  return sunset.toISOString();
}
