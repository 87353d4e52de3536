/** Parses each record of an upstream answer by itself: a bad record is reported, and the others are used. */
import type * as z from 'zod';

export interface SkippedRecord {
  /** Its position in the answer. */
  index: number;
  /** The beginning of its id, if it has one. */
  id?: string;
  /** The bad field and the error, without the value. */
  reason: string;
}

export interface ParsedRecords<Parsed> {
  records: Parsed[];
  skipped: SkippedRecord[];
}

const ID_MAX_CHARACTERS = 64;
const REASON_MAX_CHARACTERS = 160;

/** @param idField names the field that identifies a record in a report. */
export function parseRecords<Schema extends z.ZodType>(
  schema: Schema,
  items: readonly unknown[],
  idField: string,
): ParsedRecords<z.output<Schema>> {
  const records: z.output<Schema>[] = [];
  const skipped: SkippedRecord[] = [];
  items.forEach((item, index) => {
    const parsed = schema.safeParse(item);
    if (parsed.success) records.push(parsed.data);
    else skipped.push({ index, ...reportedId(item, idField), reason: reasonOf(parsed.error) });
  });
  return { records, skipped };
}

/** The first issue as `path: message`. Messages of zod contain types and choices, but not the received value. */
export function reasonOf(error: z.ZodError): string {
  const issue = error.issues[0];
  if (issue === undefined) return 'invalid';
  const path = issue.path.map(String).join('.');
  return `${path === '' ? '' : `${path}: `}${issue.message}`.slice(0, REASON_MAX_CHARACTERS);
}

function reportedId(item: unknown, idField: string): { id?: string } {
  if (typeof item !== 'object' || item === null) return {};
  const id = (item as Record<string, unknown>)[idField];
  return typeof id === 'string' || typeof id === 'number'
    ? { id: String(id).slice(0, ID_MAX_CHARACTERS) }
    : {};
}
