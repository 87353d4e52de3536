/** Alerts from their firing to their end. Times are in Unix seconds. */
import * as z from 'zod';
import type { Severity } from '../../observability/notice.ts';
import { parseJson } from '../parse-json.ts';

export interface Incident {
  id: string;
  /** The rule's own name; `runbook` is that of its page, and of its notices and silences. */
  rule: string;
  runbook: string;
  severity: Severity;
  subject: string;
  summary: string;
  /** With their unit. */
  value: string;
  threshold: string;
  /** Clients choose the names. Null where nothing has the greatest part in it. */
  worst: IncidentWorst | null;
  startedAt: number;
  /** Null while it goes on. */
  endedAt: number | null;
}

const WORST = z.object({
  operationId: z.string(),
  operationName: z.string(),
  client: z.string(),
  version: z.string(),
});
export type IncidentWorst = z.infer<typeof WORST>;

const COLUMNS = `id, rule, runbook, severity, subject, summary, value, threshold, worst, started_at AS startedAt,
  ended_at AS endedAt`;
const ROWS_MAX = 1_000;

type Row = Omit<Incident, 'worst'> & { worst: string | null };

/** Those that were open at a time in `[from, to)`, the latest first, and the latest thousand at most. */
export async function readIncidents(
  db: D1Database,
  { from, to }: { from: number; to: number },
): Promise<Incident[]> {
  const { results } = await db
    .prepare(
      `SELECT ${COLUMNS} FROM incident
       WHERE started_at < ?2 AND (ended_at IS NULL OR ended_at >= ?1)
       ORDER BY started_at DESC, id LIMIT ${ROWS_MAX}`,
    )
    .bind(from, to)
    .all<Row>();
  return results.map(incidentOf);
}

/** Those that go on, the latest first. */
export async function openIncidents(db: D1Database): Promise<Incident[]> {
  const { results } = await db
    .prepare(
      `SELECT ${COLUMNS} FROM incident WHERE ended_at IS NULL ORDER BY started_at DESC, id LIMIT ${ROWS_MAX}`,
    )
    .all<Row>();
  return results.map(incidentOf);
}

function incidentOf({ worst, ...row }: Row): Incident {
  return { ...row, worst: worst === null ? null : (parseJson(worst, WORST) ?? null) };
}

/** One that is there already stays as it is. */
export const incidentInsert = (db: D1Database, incident: Omit<Incident, 'endedAt'>): D1PreparedStatement =>
  db
    .prepare(
      `INSERT INTO incident (id, rule, runbook, severity, subject, summary, value, threshold, worst, started_at)
       VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10) ON CONFLICT (id) DO NOTHING`,
    )
    .bind(
      ...[incident.id, incident.rule, incident.runbook, incident.severity, incident.subject],
      ...[incident.summary, incident.value, incident.threshold],
      incident.worst && JSON.stringify(incident.worst),
      incident.startedAt,
    );

export const incidentEnd = (db: D1Database, id: string, endedAt: number): D1PreparedStatement =>
  db.prepare('UPDATE incident SET ended_at = ?2 WHERE id = ?1 AND ended_at IS NULL').bind(id, endedAt);

/** Those that go on stay, however old they are. */
export const expiredIncidentsDelete = (db: D1Database, beforeSeconds: number): D1PreparedStatement =>
  db.prepare('DELETE FROM incident WHERE started_at < ?1 AND ended_at IS NOT NULL').bind(beforeSeconds);
