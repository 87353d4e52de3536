/** The releases that `deprecate`, `retire` and `restore` change. */
import semver from 'semver';
import { type ListedRelease, releaseList } from './admin-answers.ts';
import type { AdminClient } from './admin-client.ts';
import { refusal, wrongUse } from './command-failure.ts';

export const RANGE_HELP = "its releases: 4.9.1, or a semver range in quotes: '<5.0'";

/**
 * The releases that a range contains: https://github.com/npm/node-semver#ranges.
 *
 * Every comparator takes a prerelease for the version that it leads to: `<5.0.0` and `<5.0` contain 4.9.0-beta.1 and
 * not 5.0.0-beta.1, `>=5.0.0` contains it. Only a comparator that names a prerelease itself, such as `<5.0.0-beta.2`,
 * tells the prereleases of a version apart. A full version names that version alone, and the exact version of a release
 * that release alone: so versions that are not semver can be named too.
 *
 * @throws CommandFailure where it is neither a range nor the version of a release.
 */
export function inRange<Release extends { version: string }>(
  releases: readonly Release[],
  range: string,
): Release[] {
  const named = releases.filter(({ version }) => version === range);
  if (named.length > 0) return named;
  const full = semver.parse(range);
  if (full !== null) return releases.filter(({ version }) => semver.parse(version)?.compare(full) === 0);
  const alternatives = comparatorsOf(range);
  return releases.filter(({ version: text }) => {
    const version = semver.parse(text);
    return (
      version !== null &&
      alternatives.some((comparators) => comparators.every((each) => meets(version, each)))
    );
  });
}

const NO_SEMVER = 'A version that is not semver is in no range: name it exactly.';

/** One warning if no range can contain the version. */
export const semverWarnings = (version: string) =>
  isInRanges(version)
    ? []
    : [
        `${version} is not a semver version such as 5.2.0, so no range of deprecate, retire and restore contains it.`,
      ];

const isInRanges = (version: string) => semver.parse(version) !== null;

/** Lists of comparators. A version is in the range if it meets every comparator of one list. */
function comparatorsOf(range: string) {
  try {
    return new semver.Range(range).set;
  } catch {
    throw wrongUse(
      `--version: ${range} is neither the version of a release nor a semver range such as '<5.0'`,
    );
  }
}

function meets(version: semver.SemVer, comparator: semver.Comparator): boolean {
  const { operator, semver: bound } = comparator;
  // `*` has no bound.
  if (!(bound instanceof semver.SemVer)) return true;
  const { major, minor, patch } = version;
  const compared = bound.prerelease.length > 0 ? version : `${major}.${minor}.${patch}`;
  return semver.cmp(compared, operator, bound);
}

export interface ReleasesInRange {
  versions: string[];
  /** As they were before the change. */
  releases: ListedRelease[];
  /** Sentences for the user about releases that no range can contain. */
  notes: string[];
}

/**
 * A client's releases in a range. Those that already have the wanted state are among them: the repeated request
 * completes a change that reached D1 and not KV.
 *
 * @throws CommandFailure where there are none: a typing error must not look like success.
 */
export async function releasesInRange(
  gateway: AdminClient,
  client: string,
  range: string,
): Promise<ReleasesInRange> {
  const { releases } = await gateway.get('/admin/releases', releaseList);
  const ofClient = releases.filter((release) => release.client === client);
  if (ofClient.length === 0) throw refusal('NO_SUCH_RELEASE', `There are no releases of ${client}.`);
  const matching = inRange(ofClient, range);
  const versions = matching.map(({ version }) => version);
  const inNoRange = ofClient.map(({ version }) => version).filter((version) => !isInRanges(version));
  const notes =
    inNoRange.length === 0 || versions.includes(range)
      ? []
      : [`In no range: ${inNoRange.join(', ')}. ${NO_SEMVER}`];
  if (versions.length > 0) return { versions, releases: matching, notes };
  const all = ofClient.map(({ version }) => version).join(', ');
  const message = [`No release of ${client} is ${range}; there are ${all}.`, ...notes].join(' ');
  throw refusal('NO_SUCH_RELEASE', message);
}
