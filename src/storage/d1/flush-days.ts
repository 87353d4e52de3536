/**
 * Counts of isolates beside requests, by day: clients that no release bears, and sockets. A flush counts in the day in
 * which it was written.
 */
import { OTHER_CLIENTS_MAX, OTHER_CLIENTS_WATCHED } from '../../config.ts';
import { eachFlush, type FoldedFlush, type OtherClient } from './flushes.ts';
import { readUnmoved } from './read-unmoved.ts';

const DAY_SECONDS = 86_400;

interface Hub {
  sockets: number;
  operations: number;
  writtenAt: number;
}

interface LiveDay {
  /** The last state of each. */
  hubs: Record<string, Hub>;
  opened: number;
  events: number;
  resumes: number;
  gaps: number;
  closes: Record<string, number>;
}

export interface FlushDay {
  /** The most frequent first. Beyond a number, the rarest are forgotten, so a count is a lower bound. */
  others: OtherClient[];
  live: LiveDay;
}

const emptyDay = (): FlushDay => ({
  others: [],
  live: { hubs: {}, opened: 0, events: 0, resumes: 0, gaps: 0, closes: {} },
});

/** Pure; neither of both is changed. */
export function addedDays(one: FlushDay, other: FlushDay): FlushDay {
  const clients = Map.groupBy([...one.others, ...other.others], ({ client, version }) =>
    JSON.stringify([client, version]),
  );
  const others = [...clients.values()].flatMap(([first, ...same]) =>
    first === undefined ? [] : { ...first, count: same.reduce((sum, { count }) => sum + count, first.count) },
  );
  const hubs = Object.entries(other.live.hubs).filter(
    ([id, { writtenAt }]) => writtenAt >= (one.live.hubs[id]?.writtenAt ?? Number.NEGATIVE_INFINITY),
  );
  const closes = Object.entries(other.live.closes).map(([code, count]) => [
    code,
    count + (one.live.closes[code] ?? 0),
  ]);
  return {
    others: others.sort((left, right) => right.count - left.count).slice(0, OTHER_CLIENTS_WATCHED),
    live: {
      hubs: { ...one.live.hubs, ...Object.fromEntries(hubs) },
      opened: one.live.opened + other.live.opened,
      events: one.live.events + other.live.events,
      resumes: one.live.resumes + other.live.resumes,
      gaps: one.live.gaps + other.live.gaps,
      closes: { ...one.live.closes, ...Object.fromEntries(closes) },
    },
  };
}

function dayOfFlush({
  writtenAt,
  others,
  live,
}: Pick<FoldedFlush, 'writtenAt' | 'others' | 'live'>): FlushDay {
  const { hubs = [], ...counts } = live ?? {};
  const states = hubs.map(({ hubId, ...state }) => [hubId, { ...state, writtenAt }]);
  return { others, live: { ...emptyDay().live, ...counts, hubs: Object.fromEntries(states) } };
}

/** Adds up flushes by day. Most have nothing beside requests, and leave no day. */
export class FlushDays {
  readonly #days = new Map<number, FlushDay>();

  add(flush: Pick<FoldedFlush, 'writtenAt' | 'others' | 'live'>): void {
    if (flush.others.length === 0 && flush.live === null) return;
    this.addDay(Math.floor(flush.writtenAt / DAY_SECONDS), dayOfFlush(flush));
  }

  addDay(day: number, added: FlushDay): void {
    this.#days.set(day, addedDays(this.#days.get(day) ?? emptyDay(), added));
  }

  entries(): [day: number, FlushDay][] {
    return [...this.#days];
  }

  /** All of them as one. */
  total(): FlushDay {
    return this.#days.values().reduce(addedDays, emptyDay());
  }
}

interface DayRow {
  day: number;
  others: string;
  live: string;
}

const dayOfRow = ({ others, live }: DayRow) =>
  ({ others: JSON.parse(others), live: JSON.parse(live) }) as FlushDay;

/** Writes that add to the days. They hold what the rows are now: nothing else may write these rows before them. */
export async function flushDayWrites(db: D1Database, added: FlushDays): Promise<D1PreparedStatement[]> {
  const given = added.entries();
  if (given.length === 0) return [];
  const { results } = await db
    .prepare('SELECT day, others, live FROM flush_day WHERE day IN (SELECT value FROM json_each(?1))')
    .bind(JSON.stringify(given.map(([day]) => day)))
    .all<DayRow>();
  for (const row of results) added.addDay(row.day, dayOfRow(row));
  const upsert = db.prepare(
    `INSERT INTO flush_day (day, others, live) VALUES (?1, ?2, ?3)
     ON CONFLICT (day) DO UPDATE SET others = excluded.others, live = excluded.live`,
  );
  return added
    .entries()
    .map(([day, { others, live }]) => upsert.bind(day, JSON.stringify(others), JSON.stringify(live)));
}

export interface LiveSummary extends Omit<LiveDay, 'hubs'> {
  /** Open, and operations that run, as each hub last wrote it. */
  sockets: number;
  operations: number;
}

/** Sums up each day of which a part lies in `[from, to)`, in Unix seconds. */
export async function readFlushDays(
  db: D1Database,
  { from, to }: { from: number; to: number },
): Promise<{ otherClients: OtherClient[]; live: LiveSummary }> {
  const [first, end] = [Math.floor(from / DAY_SECONDS), Math.ceil(to / DAY_SECONDS)];
  const days = await readUnmoved(db, async (lastFlushId, readBatch) => {
    const found = new FlushDays();
    for await (const flush of eachFlush(db, lastFlushId)) {
      const day = Math.floor(flush.writtenAt / DAY_SECONDS);
      if (day >= first && day < end) found.add(flush);
    }
    const rows = db.prepare('SELECT day, others, live FROM flush_day WHERE day >= ?1 AND day < ?2');
    const [results] = await readBatch([rows.bind(first, end)]);
    for (const row of (results?.results ?? []) as DayRow[]) found.addDay(row.day, dayOfRow(row));
    return found;
  });
  const { others, live } = days.total();
  const { hubs, ...counts } = live;
  const sumOf = (value: (hub: Hub) => number) =>
    Object.values(hubs).reduce((sum, hub) => sum + value(hub), 0);
  return {
    otherClients: others.slice(0, OTHER_CLIENTS_MAX),
    live: {
      sockets: sumOf(({ sockets }) => sockets),
      operations: sumOf(({ operations }) => operations),
      ...counts,
    },
  };
}
