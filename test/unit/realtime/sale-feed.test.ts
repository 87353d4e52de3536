/** Many hubs ask the sale feed at once, and D1 is slow. A test drives the clock. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { SALE_READ_TIMEOUT_MS, SALE_RETRY_MS } from '../../../src/config.ts';
import { investorTopic, SaleFeedReader } from '../../../src/realtime/sale-feed.ts';
import { ObjectStorage } from '../../support/object-storage.ts';

const NOW_MS = 1_700_000_000_000;
const HUBS = 40;
const TOPICS = [investorTopic('alice')];

/** An outbox of investments, whose readings a test can hold. */
class Outbox {
  readonly investments: { id: string; user_id: string }[] = [];
  readings = 0;
  /** By reading, what it waits for. */
  readonly holds = new Map<number, Promise<void>>();

  readonly db = {
    prepare: (sql: string) => this.#statement(sql),
    batch: async () => {
      this.readings += 1;
      const rows = this.investments.map(({ id }, at) => ({
        change_id: at + 1,
        kind: 'investment',
        row_id: id,
      }));
      await this.holds.get(this.readings);
      return [{ results: rows }, { results: [] }];
    },
  } as unknown as D1Database;

  #statement(sql: string) {
    const statement = {
      sql,
      bind: () => statement,
      first: async () => null,
      all: async () => ({ results: this.investments }),
      run: async () => undefined,
    };
    return statement;
  }
}

let outbox: Outbox;
let storage: ObjectStorage;
let feed: SaleFeedReader;

beforeEach(async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  vi.spyOn(console, 'warn').mockImplementation(() => undefined);
  outbox = new Outbox();
  storage = new ObjectStorage();
  feed = new SaleFeedReader({
    storage: storage as unknown as DurableObjectStorage,
    db: outbox.db,
    nowMs: () => NOW_MS,
    publish: async () => undefined,
  });
  // The first reading only notes where the outbox ends.
  await feed.watch('first', TOPICS);
});

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

/** Holds the next reading until the function that is returned is called. */
function holdNextReading(): () => void {
  const { promise, resolve } = Promise.withResolvers<void>();
  outbox.holds.set(outbox.readings + 1, promise);
  return resolve;
}

/** Lets everything happen that needs no time. */
const settled = () => vi.advanceTimersByTimeAsync(0);

const known = async (watching: ReturnType<SaleFeedReader['watch']>) =>
  (await watching).topics.map(({ changes }) => changes.map(({ entity }) => entity));

test('hubs that ask during a reading share the next one, and have what was written before they asked', async () => {
  const release = holdNextReading();
  const running = feed.watch('hub', TOPICS);
  await settled();
  outbox.investments.push({ id: 'i', user_id: 'alice' });
  const others = Array.from({ length: HUBS }, (_, at) => known(feed.watch(`hub-${at}`, TOPICS)));
  await settled();
  expect(outbox.readings).toBe(1);
  release();
  expect(await known(running)).toEqual([[]]);
  for (const entities of await Promise.all(others)) expect(entities).toEqual([['investment:i']]);
  expect(outbox.readings).toBe(2);
});

test('a reading that D1 does not answer keeps no other hub waiting, and what it finds too late changes nothing', async () => {
  outbox.investments.push({ id: 'early', user_id: 'alice' });
  const release = holdNextReading();
  const unanswered = feed.watch('hub', TOPICS).catch(({ name }: Error) => name);
  await settled();
  outbox.investments.push({ id: 'late', user_id: 'alice' });
  const others = Array.from({ length: HUBS }, (_, at) => known(feed.watch(`hub-${at}`, TOPICS)));
  await vi.advanceTimersByTimeAsync(SALE_READ_TIMEOUT_MS);
  expect(await unanswered).toBe('TimeoutError');
  for (const entities of await Promise.all(others))
    expect(entities).toEqual([['investment:early', 'investment:late']]);
  const before = await feed.watch('hub', TOPICS);
  release();
  await settled();
  expect(await feed.watch('hub', TOPICS)).toEqual(before);
});

test('an alarm whose reading D1 does not answer ends, and is set again', async () => {
  const release = holdNextReading();
  const alarm = feed.alarm();
  await vi.advanceTimersByTimeAsync(SALE_READ_TIMEOUT_MS);
  await alarm;
  expect(storage.alarmMs).toBe(NOW_MS + SALE_RETRY_MS);
  release();
});
