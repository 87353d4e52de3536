/**
 * Tells rooms of authors whose name, picture, role or account has changed. `src/storage/d1/chat-authors.ts` says who is due.
 *
 * A row stays due until its room has answered: the room may have taken the change or not, and takes it again. A room that
 * fails is left alone for longer after each attempt, and holds up no other one.
 */
import pLimit from 'p-limit';
import { authorChange } from '../chat/author-change.ts';
import { parseRoomKey, type RoomKey } from '../chat/room-key.ts';
import { CHAT_AUTHORS_PER_CALL, CHAT_AUTHORS_PER_RUN, CHAT_AUTHORS_RUN_MS } from '../config.ts';
import {
  type DueAuthorRow,
  dueAuthors,
  postponedAuthorsWrite,
  toldAuthorsWrites,
} from '../storage/d1/chat-authors.ts';
import { namesOfRooms } from '../storage/d1/room-names.ts';
import {
  errorText,
  everyMinute,
  type JobDefinition,
  type JobDeps,
  type JobReport,
  type JobRun,
  nothingDone,
} from './job.ts';

/** The platform allows 6 connections. */
const ROOMS_AT_ONCE = 6;

export const chatAuthorsJob: JobDefinition = {
  name: 'chat-authors',
  schedule: everyMinute,
  leaseSeconds: 300,
  run: tellRooms,
};

async function tellRooms(deps: JobDeps, { startedAt, lease }: JobRun): Promise<JobReport> {
  const { db } = deps;
  const report: JobReport = nothingDone();
  try {
    const { due, waiting } = await dueAuthors(db, { nowSeconds: startedAt, limit: CHAT_AUTHORS_PER_RUN });
    report.read = due.length + waiting.count;
    // A run without an attempt is not complete while rooms fail, or nobody would learn of it between two attempts.
    if (waiting.count > 0) report.firstError = `${waiting.room} has failed and is tried again later`;
    if (due.length === 0) return report;
    const { told, failed } = await toldRows(deps, due, lease);
    const writes = [
      ...toldAuthorsWrites(db, told),
      ...(failed.size > 0 ? [postponedAuthorsWrite(db, [...failed.keys()], startedAt)] : []),
    ];
    if (writes.length > 0) await lease.write(writes);
    report.written = told.length;
    for (const { rows, error } of failed.values()) {
      report.skipped += rows;
      report.firstError ??= errorText(error);
    }
  } catch (failure) {
    report.failure = failure;
  }
  return report;
}

interface ToldRows {
  told: DueAuthorRow[];
  /** By room: how many of its rows it has not taken, and why. */
  failed: Map<string, { rows: number; error: unknown }>;
}

/** Rows that no time is left for are neither told nor failed. */
async function toldRows(
  { db, rooms, shownAvatarUrl, nowMs }: JobDeps,
  due: readonly DueAuthorRow[],
  lease: JobRun['lease'],
): Promise<ToldRows> {
  const untilMs = nowMs() + CHAT_AUTHORS_RUN_MS;
  const byRoom = Map.groupBy(due, ({ room }) => room);
  const subjects = [...byRoom.keys()].map(parseRoomKey).filter((subject) => subject !== null);
  const { namesOf, staff } = await namesOfRooms(db, subjects);
  const result: ToldRows = { told: [], failed: new Map() };

  async function tellRoom([room, rows]: [string, DueAuthorRow[]]): Promise<void> {
    const subject = parseRoomKey(room);
    const facts = { names: subject === null ? [] : namesOf(subject), staff };
    for (let start = 0; start < rows.length; start += CHAT_AUTHORS_PER_CALL) {
      if (nowMs() >= untilMs) return;
      await lease.keep();
      const told = rows.slice(start, start + CHAT_AUTHORS_PER_CALL);
      try {
        await rooms
          .of(room as RoomKey)
          .applyAuthors(told.map((row) => authorChange(row, facts, shownAvatarUrl)));
      } catch (error) {
        result.failed.set(room, { rows: rows.length - start, error });
        return;
      }
      result.told.push(...told);
    }
  }

  await pLimit(ROOMS_AT_ONCE).map(byRoom, tellRoom);
  return result;
}
