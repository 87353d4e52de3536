/** What a request about a room reads, in one call of D1. Times are in Unix seconds. */
import type { RightsRow } from './user-rights.ts';

/** The row of the user who asks. */
export interface ChatAccountRow extends RightsRow {
  id: string;
  display_name: string | null;
  avatar_url: string | null;
  created_at: number;
}

export interface ChatFacts {
  /** False if the project is delisted: nobody reads the room or posts to it. */
  isOpen: boolean;
  /** The project's name and symbol, and the pool's name. */
  names: string[];
  /** The contracts of the project's pools. */
  addresses: string[];
  /** Moderators and the team. */
  staff: { id: string; display_name: string | null }[];
  /** Null if there is no such account. */
  account: ChatAccountRow | null;
  /** True if there is such an account, or none was asked for. */
  hasTarget: boolean;
}

interface SubjectRow {
  status: string;
  name: string;
  symbol: string;
  pool_name: string | null;
  /** A JSON list. */
  addresses: string;
}

/** The name of a project's or pool's kind, and its id. */
export interface RoomSubjectId {
  subject: 'project' | 'pool';
  id: string;
}

const SUBJECT = `project.status, project.name, project.symbol,
  (SELECT json_group_array(contract_address) FROM ido_pool_cache
   WHERE project_id = project.id AND contract_address IS NOT NULL) AS addresses`;
export const OF_POOL =
  'FROM ido_pool_cache AS pool JOIN project_cache AS project ON project.id = pool.project_id';

/** The condition of the index: an account with either permission is of the staff. */
const IS_STAFF = `instr(permissions, '"moderate"') > 0 OR instr(permissions, '"team"') > 0`;
/** More than a platform has. The rows are few: names that look like theirs are compared with each one. */
const STAFF_MAX = 500;
export const STAFF_SELECT = `SELECT id, display_name FROM user_account INDEXED BY user_account_staff
  WHERE ${IS_STAFF} LIMIT ${STAFF_MAX}`;

export interface FactsOptions {
  userId: string;
  /** The account that something is done to. */
  targetId?: string | null;
}

/** Null if there is no such project or pool. */
export async function chatFacts(
  db: D1Database,
  subject: RoomSubjectId,
  options: FactsOptions,
): Promise<ChatFacts | null> {
  const [facts] = await chatFactsOfRooms(db, [subject], options);
  return facts ?? null;
}

/** Of several rooms, in their order: moderators and the account are read once. */
export async function chatFactsOfRooms(
  db: D1Database,
  rooms: readonly RoomSubjectId[],
  { userId, targetId = null }: FactsOptions,
): Promise<(ChatFacts | null)[]> {
  const [staff, accounts, targets, ...subjects] = await db.batch<never>([
    db.prepare(STAFF_SELECT),
    db
      .prepare(
        `SELECT id, display_name, avatar_url, created_at, user_level, kyc_level, permissions, refused_at
         FROM user_account WHERE id = ?1`,
      )
      .bind(userId),
    db.prepare('SELECT id FROM user_account WHERE id = ?1').bind(targetId),
    ...rooms.map((room) => subjectRead(db, room)),
  ]);
  const common = {
    staff: (staff?.results ?? []) as ChatFacts['staff'],
    account: ((accounts?.results ?? []) as ChatAccountRow[])[0] ?? null,
    hasTarget: targetId === null || targets?.results.length === 1,
  };
  return subjects.map(({ results }) => {
    const [row] = results as SubjectRow[];
    if (row === undefined) return null;
    return {
      ...common,
      isOpen: row.status !== 'delisted',
      names: [row.name, row.symbol, row.pool_name].filter((name) => name !== null),
      addresses: JSON.parse(row.addresses) as string[],
    };
  });
}

const subjectRead = (db: D1Database, { subject, id }: RoomSubjectId): D1PreparedStatement =>
  db
    .prepare(
      subject === 'project'
        ? `SELECT ${SUBJECT}, NULL AS pool_name FROM project_cache AS project WHERE project.id = ?1`
        : `SELECT ${SUBJECT}, pool.pool_name ${OF_POOL} WHERE pool.id = ?1`,
    )
    .bind(id);

/** The ids of the projects and of the pools, each as a JSON list. */
export const subjectIds = (rooms: readonly RoomSubjectId[]): [projects: string, pools: string] => {
  const idsOf = (kind: RoomSubjectId['subject']) =>
    JSON.stringify(rooms.filter(({ subject }) => subject === kind).map(({ id }) => id));
  return [idsOf('project'), idsOf('pool')];
};

/** Those of projects and pools whose room is open, by one call. */
export async function openRoomSubjects(
  db: D1Database,
  asked: readonly RoomSubjectId[],
): Promise<RoomSubjectId[]> {
  const { results } = await db
    .prepare(
      `SELECT 'project' AS subject, id FROM project_cache
         WHERE status <> 'delisted' AND id IN (SELECT value FROM json_each(?1))
       UNION ALL
       SELECT 'pool', pool.id ${OF_POOL}
         WHERE project.status <> 'delisted' AND pool.id IN (SELECT value FROM json_each(?2))`,
    )
    .bind(...subjectIds(asked))
    .all<RoomSubjectId>();
  return results;
}
