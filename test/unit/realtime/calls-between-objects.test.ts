/**
 * Every method that one object of the platform calls on another, and the time limit that its caller sets. The tests of
 * the callers let each call hang: `silent-hub`, `lost-calls`, `price-feed`, `sync-effects` and `ledger-client`.
 */
import { globSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import {
  CHAT_CALL_TIMEOUT_MS,
  FEED_WATCH_TIMEOUT_MS,
  HUB_HANDSHAKE_TIMEOUT_MS,
  HUB_PUBLISH_TIMEOUT_MS,
  HUB_WATCHERS_TIMEOUT_MS,
  LEDGER_CALL_TIMEOUT_MS,
  PRICE_FEED_READ_TIMEOUT_MS,
  SALE_FEED_NOTIFY_TIMEOUT_MS,
} from '../../../src/config.ts';

const LIMITS_MS = {
  CHAT_CALL_TIMEOUT_MS,
  FEED_WATCH_TIMEOUT_MS,
  HUB_HANDSHAKE_TIMEOUT_MS,
  HUB_PUBLISH_TIMEOUT_MS,
  HUB_WATCHERS_TIMEOUT_MS,
  LEDGER_CALL_TIMEOUT_MS,
  PRICE_FEED_READ_TIMEOUT_MS,
  SALE_FEED_NOTIFY_TIMEOUT_MS,
};

const LEDGER_CALL = ['LEDGER_CALL_TIMEOUT_MS', 'src/investing/ledger-client.ts'] as const;

const ROOM_CALL = ['CHAT_CALL_TIMEOUT_MS', 'src/chat/rooms.ts'] as const;

/** By object and method: the limit, and the file that sets it. */
const CALLS = {
  'SubscriptionHub.fetch': ['HUB_HANDSHAKE_TIMEOUT_MS', 'src/http/socket-route.ts'],
  'SubscriptionHub.publish': ['HUB_PUBLISH_TIMEOUT_MS', 'src/realtime/topic-log.ts'],
  'SubscriptionHub.endSessions': ['HUB_PUBLISH_TIMEOUT_MS', 'src/realtime/ended-sessions.ts'],
  'SubscriptionHub.watchers': ['HUB_WATCHERS_TIMEOUT_MS', 'src/app/subscription-hub-object.ts'],
  'PoolLedger.invest': LEDGER_CALL,
  'PoolLedger.register': LEDGER_CALL,
  'PoolLedger.submit': LEDGER_CALL,
  'PoolLedger.claim': LEDGER_CALL,
  'PoolLedger.applyTerms': LEDGER_CALL,
  'PoolLedger.applyRecords': LEDGER_CALL,
  'PoolLedger.poke': LEDGER_CALL,
  'PoolLedger.compare': LEDGER_CALL,
  'PoolLedger.head': LEDGER_CALL,
  'PoolLedger.exportEntries': LEDGER_CALL,
  'PriceFeed.watch': ['FEED_WATCH_TIMEOUT_MS', 'src/realtime/watched-topics.ts'],
  'PriceFeed.refreshed': ['FEED_WATCH_TIMEOUT_MS', 'src/realtime/watched-topics.ts'],
  'PriceFeed.prices': ['PRICE_FEED_READ_TIMEOUT_MS', 'src/sync/prices.ts'],
  'SaleFeed.watch': ['FEED_WATCH_TIMEOUT_MS', 'src/realtime/watched-topics.ts'],
  'RealtimeChat.post': ROOM_CALL,
  'RealtimeChat.remove': ROOM_CALL,
  'RealtimeChat.react': ROOM_CALL,
  'RealtimeChat.report': ROOM_CALL,
  'RealtimeChat.moderate': ROOM_CALL,
  'RealtimeChat.read': ROOM_CALL,
  'RealtimeChat.applyAuthors': ROOM_CALL,
  'RealtimeChat.acts': ROOM_CALL,
  'RealtimeChat.exportRows': ROOM_CALL,
  'RealtimeChat.watch': ['FEED_WATCH_TIMEOUT_MS', 'src/realtime/watched-topics.ts'],
  'SaleFeed.changed': ['SALE_FEED_NOTIFY_TIMEOUT_MS', 'src/sync/sale-feed-effects.ts'],
} as const;

/** The only files that get hold of another object, each with the number of times. */
const STUBS = {
  'src/app/subscription-hub-object.ts': 1,
  'src/auth/attempts.ts': 1,
  'src/chat/rooms.ts': 1,
  'src/http/socket-route.ts': 1,
  'src/investing/ledger-client.ts': 1,
  'src/realtime/chat-events.ts': 1,
  'src/realtime/ended-sessions.ts': 1,
  'src/realtime/price-events.ts': 1,
  'src/realtime/sale-events.ts': 1,
};

/** The platform calls these. */
const PLATFORM = ['constructor', 'webSocketMessage', 'webSocketClose', 'webSocketError', 'alarm'];

const sourceOf = (file: string) => readFileSync(file, 'utf8');
const count = (text: string, pattern: RegExp) => [...text.matchAll(pattern)].length;

test('every method of an object is called within a time limit', () => {
  const methods = globSync('src/app/*-object.ts').flatMap((file) => {
    const source = sourceOf(file);
    const [, name = ''] = /class (\w+) extends DurableObject/.exec(source) ?? [];
    return [...source.matchAll(/^ {4}(?:override )?(?:async )?(\w+)\(/gm)]
      .map(([, method = '']) => method)
      .filter((method) => !PLATFORM.includes(method))
      .map((method) => `${name}.${method}`);
  });
  expect(methods.sort()).toEqual(Object.keys(CALLS).sort());
  for (const call of Object.values(CALLS)) {
    const [limit, file] = call;
    expect(LIMITS_MS[limit]).toBeGreaterThan(0);
    expect(sourceOf(file)).toMatch(new RegExp(`answerWithin\\(${limit}, |limitMs: ${limit},`));
  }
});

test('no other file gets hold of an object', () => {
  const found = globSync('src/**/*.ts')
    .map(
      (file) =>
        [file, count(sourceOf(file), /\.(getByName|idFromString|idFromName|newUniqueId)\(/g)] as const,
    )
    .filter(([, times]) => times > 0)
    .sort();
  expect(Object.fromEntries(found)).toEqual(STUBS);
});
