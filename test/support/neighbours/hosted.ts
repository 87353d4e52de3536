/** The calls from a test to the Worker that has the Durable Objects of both versions. */
export type Version = 'older' | 'newer';

export const OBJECT_CLASSES = [
  ...(['PriceFeed', 'SaleFeed', 'SubscriptionHub', 'Attempts', 'PoolLedger', 'RealtimeChat'] as const),
] as const;
export type ObjectClass = (typeof OBJECT_CLASSES)[number];

/** By class, the version whose code its objects run. */
export type Hosted = Record<ObjectClass, Version>;

export const CONTROL_PATH = {
  /** POST what of `Hosted` changes. */
  host: '/neighbours/host',
  /** POST the name of a class: all of its objects do what their alarm does. */
  alarms: '/neighbours/alarms',
} as const;
