/** The releases that `deprecate`, `retire` and `restore` change. */
import semver from 'semver';
import { releaseList } from './admin-answers.ts';
import type { AdminClient } from './admin-client.ts';
import { refusal, wrongUse } from './command-failure.ts';

export const RANGE_HELP = "its releases: 4.9.1, or a semver range in quotes: '<5.0'";

/**
 * The releases that a range contains: https://github.com/npm/node-semver#ranges. A prerelease counts as the version
 * that it precedes: `<5.0` contains 4.9.0-beta.1 and not 5.0.0-beta.1.
 *
 * A range that is the exact version of a release means that release only, so that versions that are not semver can be
 * named too.
 *
 * @throws CommandFailure where it is neither a range nor the version of a release.
 */
export function inRange<Release extends { version: string }>(
  releases: readonly Release[],
  range: string,
): Release[] {
  const named = releases.filter(({ version }) => version === range);
  if (named.length > 0) return named;
  if (semver.validRange(range) === null)
    throw wrongUse(
      `--version: ${range} is neither the version of a release nor a semver range such as '<5.0'`,
    );
  return releases.filter(({ version }) => semver.satisfies(version, range, { includePrerelease: true }));
}

/**
 * The versions of a client's releases in a range. Releases that already have the wanted state are among them: the
 * repeated request completes a change that reached D1 and not KV.
 *
 * @throws CommandFailure where there are none: a typing error must not look like success.
 */
export async function versionsInRange(
  gateway: AdminClient,
  client: string,
  range: string,
): Promise<string[]> {
  const { releases } = await gateway.get('/admin/releases', releaseList);
  const ofClient = releases.filter((release) => release.client === client);
  if (ofClient.length === 0) throw refusal('NO_SUCH_RELEASE', `There are no releases of ${client}.`);
  const matching = inRange(ofClient, range);
  if (matching.length > 0) return matching.map(({ version }) => version);
  const versions = ofClient.map(({ version }) => version).join(', ');
  throw refusal('NO_SUCH_RELEASE', `No release of ${client} is ${range}; there are ${versions}.`);
}
