/**
 * Which releases a range means. Ranges are semver's; betas count as what they lead to: `<5.0` has 4.9.0-beta.1
 * in it and not 5.0.0-beta.1. https://github.com/npm/node-semver#ranges
 *
 * A version that stands there to the letter is meant alone, so that those that are no semver can be named too.
 */
import semver from 'semver';
import { wrongUse } from './command-failure.ts';

/** @throws CommandFailure where the range is none, and no version to the letter either. */
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
  return releases.filter(
    ({ version }) =>
      semver.valid(version) !== null && semver.satisfies(version, range, { includePrerelease: true }),
  );
}
