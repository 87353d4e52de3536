/** Each request that is refused before it runs, as the point of Analytics Engine shows it. */
import { beforeEach, expect, test } from 'vitest';
import { UNNAMED_ID_LOOKUPS_BURST } from '../../src/config.ts';
import { adminOf, sha256Of } from '../support/admin.ts';
import { IOS, type MeasuredGateway, OF_IOS, startMeasured } from '../support/measured-gateway.ts';

let serving: MeasuredGateway;
beforeEach(async () => {
  serving = await startMeasured();
});
const points = () => serving.points();

test('a request that is refused before it runs counts as what it asked for, or as unregistered', async () => {
  await serving.gateway.post({ documentId: `sha256:${'0'.repeat(64)}` }, IOS);
  await serving.gateway.post({ query: '{ viewer { id } }' });
  await serving.gateway.fetch('/graphql', { method: 'POST', body: 'x' });
  const refused = { operationId: 'unregistered', name: '', kind: '', outcome: 'refused', cache: 'bypass' };
  expect(points()).toMatchObject([
    { ...refused, client: 'ios', errorCode: 'PERSISTED_QUERY_NOT_IN_LIST', status: 404 },
    { ...refused, client: '', errorCode: 'PERSISTED_QUERY_ID_REQUIRED', status: 400 },
    { ...refused, status: 415 },
  ]);
  await adminOf(serving.gateway).retire('ios', ['5.2.0'], true);
  await serving.gateway.advance(61);
  await serving.gateway.post({ documentId: await sha256Of(OF_IOS) }, IOS);
  expect(points().at(-1)).toMatchObject({
    operationId: await sha256Of(OF_IOS),
    name: 'OfIos',
    outcome: 'refused',
    errorCode: 'PERSISTED_QUERY_RETIRED',
    status: 410,
  });
});

test('a request that is refused before it runs counts its fault where look-ups fail, and none where made-up ids are too many', async () => {
  serving.gateway.coldIsolate();
  for (const breakable of [serving.db, serving.cacheKv]) breakable.fail('gone');
  await serving.gateway.post({ documentId: await sha256Of(OF_IOS) });
  for (const breakable of [serving.db, serving.cacheKv]) breakable.fail(null);
  expect(points()).toMatchObject([{ outcome: 'error', errorCode: 'SERVICE_UNAVAILABLE', status: 503 }]);
  serving.gateway.coldIsolate();
  for (let number = 0; number <= UNNAMED_ID_LOOKUPS_BURST; number += 1)
    await serving.gateway.post({ documentId: await sha256Of(`made up ${number}`) });
  expect(points().at(-1)).toMatchObject({
    outcome: 'refused',
    errorCode: 'SERVICE_UNAVAILABLE',
    status: 503,
  });
});
