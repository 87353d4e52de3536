/** Steps of a deployment and of a rollback: by class, the version whose code the objects run. Each step changes some classes. */
import type { Hosted } from './hosted.ts';

export const OLDER: Hosted = {
  ...{ PriceFeed: 'older', SaleFeed: 'older', SubscriptionHub: 'older' },
  ...{ Attempts: 'older', PoolLedger: 'older', RealtimeChat: 'older' },
};
const NEWER: Hosted = {
  ...{ PriceFeed: 'newer', SaleFeed: 'newer', SubscriptionHub: 'newer' },
  ...{ Attempts: 'newer', PoolLedger: 'newer', RealtimeChat: 'newer' },
};
const { PriceFeed, SaleFeed, SubscriptionHub, Attempts, PoolLedger, RealtimeChat } = NEWER;

export const HOSTINGS: readonly (readonly [string, Hosted])[] = [
  ['all objects have the older code', OLDER],
  ['feeds have the newer code, and hubs the older one', { ...OLDER, PriceFeed, SaleFeed }],
  ['hubs have the newer code, and feeds the older one', { ...OLDER, SubscriptionHub }],
  ['ledgers, rooms and attempts alone have the newer code', { ...OLDER, Attempts, PoolLedger, RealtimeChat }],
  [
    'ledgers, rooms and attempts alone have the older code',
    { ...OLDER, PriceFeed, SaleFeed, SubscriptionHub },
  ],
  ['all objects have the newer code', NEWER],
  ['all objects have the older code again, as after a rollback', OLDER],
];
