import { expect, test, vi } from 'vitest';
import { TOPIC_LOG_MAX_BYTES } from '../../../src/config.ts';
import { TopicLog } from '../../../src/realtime/topic-log.ts';
import { ObjectStorage } from '../../support/object-storage.ts';

const logOver = <Value = string>(storage: ObjectStorage) =>
  new TopicLog<Value>({
    storage: storage as unknown as DurableObjectStorage,
    isComplete: true,
    publish: async () => undefined,
    nowMs: () => 1_700_000_000_000,
  });

test('who watches takes nothing of the room of what has changed', () => {
  const log = logOver(new ObjectStorage());
  for (let hub = 0; hub < 4; hub += 1)
    log.watch(
      `${hub}`,
      Array.from({ length: 6_000 }, (_, at) => `investor:a-user-with-an-id-of-some-length-${hub}-${at}`),
    );
  const { position } = log.states(['pool:a']);
  log.append([{ topic: 'pool:a', entity: 'pool:a', value: 'sold' }]);
  expect(log.states(['pool:a']).topics).toMatchObject([{ floor: position, changes: [{ value: 'sold' }] }]);
});

test('beyond its room the oldest changes are forgotten, which the floor says, also after a restart', () => {
  const storage = new ObjectStorage();
  const log = logOver(storage);
  const value = 'x'.repeat(TOPIC_LOG_MAX_BYTES / 4);
  for (const topic of ['a', 'b', 'c', 'd', 'e']) log.append([{ topic, entity: topic, value }]);
  const { topics, position } = log.states(['a', 'b', 'c', 'd', 'e']);
  const kept = topics.filter(({ changes }) => changes.length > 0);
  expect(kept.map(({ topic }) => topic)).toEqual(['c', 'd', 'e']);
  expect(topics[0]?.floor).toBe(position - 3);
  expect(logOver(storage).states(['a', 'b', 'c', 'd', 'e'])).toEqual({ topics, position });
});

test('what is held is serialised once for each write', () => {
  const log = logOver<{ toJSON(): string }>(new ObjectStorage());
  const toJSON = vi.fn(() => 'a');
  log.append([{ topic: 'a', entity: 'a', value: { toJSON } }]);
  expect(toJSON).toHaveBeenCalledTimes(1);
});

test('a call that arrives after a later one of its hub is refused', () => {
  const storage = new ObjectStorage();
  const log = logOver(storage);
  log.watch('hub', ['a'], 5);
  log.watch('hub', [], 7);
  expect(() => log.watch('hub', ['a', 'b'], 6)).toThrow();
  expect(log.watched()).toEqual(new Set());
  log.watch('hub', [], 9);
  expect(() => logOver(storage).watch('hub', ['a'], 8)).toThrow();
  log.watch('other', ['b'], 6);
  expect(log.watched()).toEqual(new Set(['b']));
  log.watch('hub', ['c'], 10);
  // Hubs of earlier deployments number no calls.
  log.watch('hub', ['d']);
  expect(log.watched()).toEqual(new Set(['b', 'd']));
});

test('a call that changes no topic writes its number alone', () => {
  const storage = new ObjectStorage();
  const log = logOver(storage);
  log.append([{ topic: 'a', entity: 'a', value: 'x'.repeat(TOPIC_LOG_MAX_BYTES / 2) }]);
  log.watch('hub', ['a', 'b'], 5);
  storage.rowsWritten = 0;
  const exec = vi.spyOn(storage.sql, 'exec');
  log.watch('hub', ['b', 'a'], 6);
  expect(storage.rowsWritten).toBe(1);
  expect(exec.mock.calls.map(([, ...values]) => values)).toEqual([['hub', 6]]);
  const restarted = logOver(storage);
  expect(restarted.watched()).toEqual(new Set(['a', 'b']));
  expect(() => restarted.watch('hub', ['a'], 5)).toThrow();
});

test('the number that an earlier deployment stored in the log still refuses an earlier call', () => {
  const storage = new ObjectStorage();
  const stored = {
    position: 7,
    floor: 2,
    cursor: null,
    hubs: { hub: { topics: ['a'], owed: [], callNumber: 9 } },
    entries: {},
  };
  storage.sql.exec('CREATE TABLE topic_log (part INTEGER PRIMARY KEY, text TEXT NOT NULL)');
  storage.sql.exec('INSERT INTO topic_log (part, text) VALUES (?, ?)', 0, JSON.stringify(stored));
  const log = logOver(storage);
  expect(() => log.watch('hub', ['b'], 8)).toThrow();
  log.watch('hub', ['b'], 9);
  expect(logOver(storage).watched()).toEqual(new Set(['b']));
});

test('a log that an earlier deployment stored is read, with its pending changes', async () => {
  const storage = new ObjectStorage();
  const entry = { topic: 'a', entity: 'a', value: 'sold', position: 7, since: 3, atMs: 1_700_000_000_000 };
  const stored = {
    position: 7,
    floor: 2,
    cursor: null,
    hubs: { hub: { topics: ['a'], owed: ['a'] } },
    entries: { a: entry },
  };
  storage.sql.exec('CREATE TABLE topic_log (part INTEGER PRIMARY KEY, text TEXT NOT NULL)');
  storage.sql.exec('INSERT INTO topic_log (part, text) VALUES (?, ?)', 0, JSON.stringify(stored));
  const publish = vi.fn(async () => undefined);
  const log = new TopicLog<string>({
    storage: storage as unknown as DurableObjectStorage,
    isComplete: true,
    publish,
    nowMs: () => 1_700_000_000_000,
  });
  expect(log.hasPending()).toBe(true);
  expect(await log.deliver()).toBe(true);
  expect(publish.mock.calls).toEqual([['hub', [{ topic: 'a', entity: 'a', value: 'sold', position: 7 }]]]);
  log.watch('hub', ['a', 'b'], 1);
  expect(log.watched()).toEqual(new Set(['a', 'b']));
});
