import { OTHER_CLIENT } from '../../observability/request-metrics.ts';
import { CountedReleases } from '../counted-releases.ts';
import type { AlertRule, Breach } from '../rule.ts';
import { MINUTE_SECONDS } from '../watched-time.ts';
import { RECENT_MINUTES } from '../windows.ts';

/**
 * A client release sends ids or documents that nobody has registered, or whose releases are all retired: perhaps it went out
 * before it was published.
 */
export const refusedOperations: AlertRule = {
  name: 'refused-operations',
  runbook: 'refused-operations',
  severity: 'ticket',
  windowSeconds: RECENT_MINUTES * MINUTE_SECONDS,
  holdSeconds: 300,
  recoverySeconds: 600,
  minimum: 100,
  counted: 'requests of the client release',
  inWords: (value) => `${(value * 100).toFixed(1)} % of its requests`,
  breaches({ recent }, { threshold, minimum }) {
    if (recent === null) return null;
    const breaches: Breach[] = [];
    const releases = new CountedReleases(recent.cells);
    const named = recent.cells.filter(({ client }) => client !== '' && client !== OTHER_CLIENT);
    for (const cells of Map.groupBy(named, ({ client, version }) =>
      JSON.stringify([client, version]),
    ).values()) {
      const { client = '', version = '' } = cells[0] ?? {};
      const requests = cells.reduce((sum, { count }) => sum + count, 0);
      const unknown = cells.reduce((sum, cell) => sum + cell.unknown, 0);
      if (requests < minimum || unknown / requests <= threshold) continue;
      const worst = recent.refusedDocuments
        .filter((each) => {
          const release = releases.of(each);
          return release?.client === client && release.version === version;
        })
        .toSorted((left, right) => right.count - left.count)[0];
      breaches.push({
        subject: version === OTHER_CLIENT ? `${client}, unpublished version` : `${client} ${version}`,
        value: unknown / requests,
        summary: `${unknown} of ${requests} requests of the release that reached the Worker asked for unknown or retired ids or documents in the last ${RECENT_MINUTES} minutes.`,
        worst: { operationId: worst?.documentId ?? '', client, version: worst?.version ?? version },
      });
    }
    return breaches.sort((left, right) => right.value - left.value);
  },
};
