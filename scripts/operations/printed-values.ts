/** Short forms of ids, times, releases and lifetimes for tables and sentences. */
import { styleText } from 'node:util';
import { JOB_PREFIX, ROUTE_PREFIX } from '../../src/observability/request-metrics.ts';
import type { LastChange, OperationNames, PurgeOutcome, Steering } from './admin-answers.ts';
import { type StyledCell, table } from './table.ts';

const SHORT_HEX = 12;
const SHORT_OPAQUE = 24;

/** The beginning of an id; `show` accepts it where no other id begins with it. */
export function shortId(id: string): string {
  const hash = /^sha256:([0-9a-f]{64})$/.exec(id)?.[1];
  return hash === undefined ? id.slice(0, SHORT_OPAQUE) : `sha256:${hash.slice(0, SHORT_HEX)}`;
}

/** A registered id in short; the ids of jobs and routes as they are. */
export const shortMetricsId = (id: string): string =>
  id.startsWith(JOB_PREFIX) || id.startsWith(ROUTE_PREFIX) ? id : shortId(id);

const isoTime = (unixSeconds: number | null, format: string) =>
  unixSeconds === null
    ? '-'
    : new Date(unixSeconds * 1000).toISOString().slice(0, format.length).replace('T', ' ');

/** In UTC. */
export const minute = (unixSeconds: number | null) => isoTime(unixSeconds, 'YYYY-MM-DDTHH:MM');
export const day = (unixSeconds: number | null) => isoTime(unixSeconds, 'YYYY-MM-DD');

export const second = (unixSeconds: number) => isoTime(unixSeconds, 'YYYY-MM-DDTHH:MM:SS');

export const lifetime = (maxAgeSeconds: number | null) =>
  maxAgeSeconds === null ? 'never' : `${maxAgeSeconds} s`;

interface Release {
  client: string;
  version: string;
  state?: string | undefined;
}

/** Leaves out the state of published releases. */
export const releaseNames = (releases: readonly Release[]) =>
  releases
    .map(({ client, version, state = 'published' }) =>
      state === 'published' ? `${client} ${version}` : `${client} ${version} (${state})`,
    )
    .join(', ');

const STATE_STYLES: Record<string, 'green' | 'yellow'> = { published: 'green', deprecated: 'yellow' };

export const stateCell = (state: string): StyledCell => ({
  text: state,
  style: STATE_STYLES[state] ?? 'red',
});

/** `retire by ci`; the gateway changes the release of its own build itself. */
export const changeAndKey = (change: LastChange) =>
  change === null ? '-' : `${change.kind} by ${change.keyName ?? 'the gateway'}`;

/** `switched off since 2026-11-26 17:20 by ci`, and the time limit. */
export function steeringText(steering: Steering | null): string[] {
  if (steering === null) return [];
  const { offSince, timeLimitMs, changedBy } = steering;
  return [
    ...(offSince === null ? [] : [`switched off since ${minute(offSince)} UTC`]),
    ...(timeLimitMs === null ? [] : [`limited to ${timeLimitMs} ms`]),
    `changed by ${changedBy ?? 'the gateway'}`,
  ];
}

const PURGES: Record<PurgeOutcome, string> = {
  purged: 'Caches in front have dropped the answers, and drop them again once every location has the change.',
  refused:
    'Caches in front refused to drop the answers: the gateway asks them again once every location has the change.',
  none: 'No cache in front of this gateway can be purged: one keeps an answer for its max-age.',
};

/** @param lifetime of the answers, if it is one for all. */
export const purgeText = (purge: PurgeOutcome, lifetime = 'their max-age') =>
  `${PURGES[purge]} Browsers keep answers for ${lifetime}.`;

/** A heading and the operations by name; nothing if there are none. */
export function operationList(heading: string, ids: readonly string[], names: OperationNames): string[] {
  if (ids.length === 0) return [];
  const nameOf = new Map(names.map(({ id, name }) => [id, name]));
  const rows = ids.map((id) => [nameOf.get(id) ?? '-', id]).sort(([a = ''], [b = '']) => (a < b ? -1 : 1));
  return [`${heading}:\n${table(['name', 'id'], rows)}`];
}

/** A sentence about a release that does not run as a published one does. */
export const stateNotes = (state: string) =>
  state === 'published'
    ? []
    : [styleText('yellow', `It is ${state}, as before: restore makes it published again.`)];

/** Isolates write what they have counted once a minute. */
export const unknownUses = (usesUnknownSince: number) =>
  `Uses since ${second(usesUnknownSince)} UTC are unknown in part, and so are earlier ones of an isolate that has had no request since.`;
