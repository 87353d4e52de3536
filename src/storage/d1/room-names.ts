/** The names that others may not have in rooms. */
import { type ChatFacts, OF_POOL, type RoomSubjectId, STAFF_SELECT, subjectIds } from './chat-facts.ts';

export interface NamesOfRooms {
  /** Of the project's name and symbol, and the pool's name; empty if they are not stored any more. */
  namesOf(room: RoomSubjectId): string[];
  /** Moderators and the team. */
  staff: ChatFacts['staff'];
}

interface NamesRow extends RoomSubjectId {
  /** A JSON list. */
  names: string;
}

/** One call of D1. */
export async function namesOfRooms(db: D1Database, rooms: readonly RoomSubjectId[]): Promise<NamesOfRooms> {
  const [staff, subjects] = await db.batch<never>([
    db.prepare(STAFF_SELECT),
    db
      .prepare(
        `SELECT 'project' AS subject, id, json_array(name, symbol) AS names FROM project_cache
           WHERE id IN (SELECT value FROM json_each(?1))
         UNION ALL
         SELECT 'pool', pool.id, json_array(project.name, project.symbol, pool.pool_name) ${OF_POOL}
           WHERE pool.id IN (SELECT value FROM json_each(?2))`,
      )
      .bind(...subjectIds(rooms)),
  ]);
  const byRoom = new Map(
    ((subjects?.results ?? []) as NamesRow[]).map(({ subject, id, names }) => [`${subject}:${id}`, names]),
  );
  return {
    namesOf: ({ subject, id }) =>
      (JSON.parse(byRoom.get(`${subject}:${id}`) ?? '[]') as (string | null)[]).filter(
        (name) => name !== null,
      ),
    staff: (staff?.results ?? []) as ChatFacts['staff'],
  };
}
