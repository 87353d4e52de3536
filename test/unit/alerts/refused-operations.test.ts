/** The rule about ids and documents that are refused, on traffic that is made up. */
import { describe, expect, test } from 'vitest';
import { eventsOf, type WatchedGateway, watchOnly } from '../../support/watched-gateway.ts';

describe('refused operations', () => {
  const REFUSED = 'PERSISTED_QUERY_NOT_IN_LIST';
  /** Of a thousand requests. Cells name a version that no release has `other`, and refusals name it as it was sent. */
  const minute = (
    gateway: WatchedGateway,
    refused: number,
    { client = 'ios', version = '5.2', sent = '5.2', reason = REFUSED, operationId = 'unregistered' } = {},
  ) =>
    gateway.found(
      gateway.flush(
        [
          { count: 1_000 - refused, client, version },
          { count: refused, client, version, operationId, outcome: 'refused' },
        ],
        {
          refusals: [
            ...[0.4, 0.3].map((share) => ({ documentId: 'sha256:forgotten', count: share * refused })),
            { documentId: 'sha256:else', count: 0.3 * refused },
          ].map((refusal) => ({
            ...refusal,
            ...{ reason, client, version: sent, day: 1, lastSeen: gateway.now },
          })),
        },
      ),
    );

  test('of more than 1 % of a release make a ticket that names the release and the id, and end', () => {
    const gateway = watchOnly(['refused-operations']);
    gateway.minutes(10, () => minute(gateway, 30));
    expect(gateway.decisions).toMatchObject([
      {
        ...{ event: 'fired', subject: 'ios 5.2', value: '3.0 % of its requests' },
        worst: { operationId: 'sha256:forgotten', client: 'ios', version: '5.2' },
      },
    ]);
    gateway.minutes(30, () => minute(gateway, 0));
    expect(eventsOf(gateway)).toEqual(['fired refused-operations', 'resolved refused-operations']);
  });

  test('of a version that is not published name it as the app sends it', () => {
    const gateway = watchOnly(['refused-operations']);
    gateway.minutes(10, () => minute(gateway, 30, { version: 'other', sent: '5.3' }));
    expect(gateway.decisions).toMatchObject([
      {
        ...{ event: 'fired', subject: 'ios, unpublished version' },
        worst: { operationId: 'sha256:forgotten', client: 'ios', version: '5.3' },
      },
    ]);
  });

  test('of a release that is retired and still runs make a ticket', () => {
    const gateway = watchOnly(['refused-operations']);
    gateway.minutes(10, () =>
      minute(gateway, 30, { operationId: 'sha256:forgotten', reason: 'PERSISTED_QUERY_RETIRED' }),
    );
    expect(gateway.decisions).toMatchObject([
      { subject: 'ios 5.2', worst: { operationId: 'sha256:forgotten', client: 'ios', version: '5.2' } },
    ]);
  });

  test('of few, of clients that no release bears, or for other reasons are silent', () => {
    const gateway = watchOnly(['refused-operations']);
    gateway.minutes(20, () => minute(gateway, 5));
    gateway.minutes(20, () => minute(gateway, 1_000, { client: 'other', version: '', sent: '1' }));
    gateway.minutes(20, () => minute(gateway, 1_000, { client: '', version: '', sent: '' }));
    gateway.minutes(20, () => minute(gateway, 30, { reason: 'PERSISTED_QUERY_ID_REQUIRED' }));
    gateway.minutes(20, () =>
      gateway.requests({ count: 100, operationId: 'unregistered', outcome: 'refused' }),
    );
    gateway.minutes(20, () => gateway.requests({ count: 1_000, outcome: 'refused' }));
    expect(gateway.decisions).toEqual([]);
  });
});
