/** `deprecate`: tells the clients of old releases until when they run. */
import { Command, InvalidArgumentError } from '@commander-js/extra-typings';
import { releaseChange } from './admin-answers.ts';
import { changeResult } from './change-result.ts';
import { nonEmpty, type Run } from './command.ts';
import { RANGE_HELP, releasesInRange } from './releases-in-range.ts';

const DATE = /^\d{4}-\d{2}-\d{2}$/;

export const deprecate = (run: Run) =>
  new Command('deprecate')
    .summary('Says that releases end, and when; they still run')
    .description(
      [
        'Answers to operations that only deprecated releases carry have Deprecation and Sunset headers.',
        'The sunset is a promise, not a timer: retire ends a release. A retired release stays retired; restore undoes both.',
      ].join('\n'),
    )
    .requiredOption('--client <name>', 'the app: ios', nonEmpty)
    .requiredOption('--version <range>', RANGE_HELP, nonEmpty)
    .requiredOption('--sunset <date>', 'when they end: 2027-06-01', parseSunset)
    .action(({ client, version, sunset }) =>
      run(async (session) => {
        const gateway = session.gateway();
        const inRange = await releasesInRange(gateway, client, version);
        const body = { client, versions: inRange.versions, sunset };
        const change = await gateway.send('POST', '/admin/releases/deprecate', body, releaseChange);
        return changeResult(`Deprecated until ${sunset.slice(0, 'YYYY-MM-DD'.length)}:`, change, inRange);
      }),
    );

/** Returns the start of that day in UTC. */
function parseSunset(text: string): string {
  const sunset = new Date(`${text}T00:00:00Z`);
  // Date accepts the 31st of June and makes it the 1st of July.
  if (!DATE.test(text) || Number.isNaN(sunset.getTime()) || !sunset.toISOString().startsWith(text))
    throw new InvalidArgumentError('It is not a date such as 2027-06-01.');
  if (sunset.getTime() <= Date.now())
    throw new InvalidArgumentError('It is in the past; retire ends a release now.');
  return sunset.toISOString();
}
