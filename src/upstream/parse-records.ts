/**
 * Parses each record of an upstream answer by itself, and each field of a record by itself: a bad value costs that
 * value, and the rest of its record and the other records are used.
 */
import type * as z from 'zod';

/** A value that was refused. */
export interface RefusedValue {
  /** The position of its record in the answer. */
  index: number;
  /** The beginning of its record's id, if it has one. */
  id?: string;
  /** The field's path and the error, without the value. */
  reason: string;
}

/** A record that lacks a required field, because its value was refused. `reason` is that of its first such field. */
export interface SkippedRecord<Parsed = unknown> extends RefusedValue {
  /** Its other fields. Absent if the item is no object. */
  rest?: Partial<Parsed>;
}

export interface ParsedRecords<Parsed> {
  /** Records with every required field. An optional field is null or absent where its value was refused. */
  records: Parsed[];
  skipped: SkippedRecord<Parsed>[];
  /** All values that were refused, those of skipped records too; absent if there are none. */
  refused?: RefusedValue[];
}

export interface ParsedRecord<Parsed> {
  /** Undefined if a required field is missing. */
  record: Parsed | undefined;
  /** The fields that are not missing. Undefined if the item is no object. */
  rest: Partial<Parsed> | undefined;
  /** The first refused value of a required field; undefined if there is none. */
  reason: string | undefined;
  /** The path and the error of each refused value, at most `REASONS_PER_FIELD_MAX` a field. */
  reasons: string[];
}

const ID_MAX_CHARACTERS = 64;
const REASON_MAX_CHARACTERS = 160;
/** A list of bad items must not fill the log. */
const REASONS_PER_FIELD_MAX = 10;

/** @param idField names the field that identifies a record in a report. */
export function parseRecords<Schema extends z.ZodObject>(
  schema: Schema,
  items: readonly unknown[],
  idField: string,
): ParsedRecords<z.output<Schema>> {
  const result: ParsedRecords<z.output<Schema>> = { records: [], skipped: [] };
  const refused: RefusedValue[] = [];
  items.forEach((item, index) => {
    const { record, rest, reason, reasons } = parseRecord(schema, item);
    if (record !== undefined) result.records.push(record);
    if (reasons.length === 0) return;
    const reported = { index, ...reportedId(item, idField) };
    if (reason !== undefined) result.skipped.push({ ...reported, reason, ...(rest && { rest }) });
    refused.push(...reasons.map((each) => ({ ...reported, reason: each })));
  });
  return refused.length === 0 ? result : { ...result, refused };
}

/** @param schema its transforms must accept what they return: a mended record is parsed once more. */
export function parseRecord<Schema extends z.ZodObject>(
  schema: Schema,
  item: unknown,
): ParsedRecord<z.output<Schema>> {
  type Parsed = z.output<Schema>;
  const whole = schema.safeParse(item);
  if (whole.success)
    return { record: whole.data, rest: whole.data as Partial<Parsed>, reason: undefined, reasons: [] };
  if (!isObject(item)) {
    const reason = reasonOf([], whole.error.issues[0]?.message);
    return { record: undefined, rest: undefined, reason, reasons: [reason] };
  }

  const rest: Record<string, unknown> = {};
  const reasons: string[] = [];
  let missing: string | undefined;
  for (const [field, fieldSchema] of Object.entries(schema.shape) as [string, z.ZodType][]) {
    const refused: string[] = [];
    const mended = mend(fieldSchema, item[field], (path, message) =>
      refused.push(reasonOf([field, ...path], message)),
    );
    const optional = mended === null ? fieldSchema.safeParse(undefined) : undefined;
    if (mended !== null) rest[field] = mended.value;
    else if (optional?.success === true) rest[field] = optional.data;
    else missing ??= refused[0];
    reasons.push(...refused.slice(0, REASONS_PER_FIELD_MAX));
  }
  // A rule about several fields is known only here.
  const mended = missing === undefined ? schema.safeParse(rest) : undefined;
  if (mended?.success === false) {
    missing = reasonOf([], mended.error.issues[0]?.message);
    reasons.push(missing);
  }
  return {
    record: mended?.data,
    rest: rest as Partial<Parsed>,
    reason: missing,
    reasons,
  };
}

type Path = readonly PropertyKey[];

/**
 * Removes from a value what its schema refuses, from the innermost to the outermost, until the rest is accepted: an
 * item of a list, a field of an object, or the end of a list that is too long. Null if nothing is left.
 */
function mend(
  schema: z.ZodType,
  value: unknown,
  refuse: (path: Path, message: string) => void,
): { value: unknown } | null {
  const holder = { value: structuredClone(value) };
  for (let isFirst = true; ; isFirst = false) {
    const parsed = schema.safeParse(holder.value);
    if (parsed.success) return { value: parsed.data };
    for (const issue of parsed.error.issues) {
      // Later, a missing value is the result of a removal.
      if (isFirst || !isMissing(valueAt(holder, issue.path))) refuse(issue.path, issue.message);
      if (issue.code === 'too_big' && issue.origin === 'array') {
        (valueAt(holder, issue.path) as unknown[]).length = Number(issue.maximum);
      } else if (!remove(holder, issue.path)) return null;
    }
    holder.value = withoutRemoved(holder.value);
  }
}

interface Holder {
  value: unknown;
}

const REMOVED = Symbol('removed');

const isObject = (value: unknown): value is Record<PropertyKey, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isMissing = (value: unknown) => value === undefined || value === null || value === REMOVED;

function valueAt(holder: Holder, path: Path): unknown {
  let value = holder.value;
  for (const key of path) {
    if (typeof value !== 'object' || value === null) return undefined;
    value = (value as Record<PropertyKey, unknown>)[key];
  }
  return value;
}

/** Removes the value at the path, or its parent if it is missing already. False if that is the whole value. */
function remove(holder: Holder, path: Path): boolean {
  const key = path.at(-1);
  if (key === undefined) return false;
  const parentPath = path.slice(0, -1);
  const parent = valueAt(holder, parentPath);
  // An earlier issue of the same item has removed it.
  if (isMissing(parent)) return true;
  if (isMissing(valueAt(holder, path)) && !Array.isArray(parent)) return remove(holder, parentPath);
  if (Array.isArray(parent)) parent[Number(key)] = REMOVED;
  else (parent as Record<PropertyKey, unknown>)[key] = undefined;
  return true;
}

function withoutRemoved(value: unknown): unknown {
  if (Array.isArray(value)) return value.filter((item) => item !== REMOVED).map(withoutRemoved);
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, withoutRemoved(item)]));
}

/** `path: message`. Messages of zod contain types and choices, but not the received value. */
function reasonOf(path: Path, message = 'invalid'): string {
  const field = path.map(String).join('.');
  return `${field === '' ? '' : `${field}: `}${message}`.slice(0, REASON_MAX_CHARACTERS);
}

function reportedId(item: unknown, idField: string): { id?: string } {
  const id = isObject(item) ? item[idField] : undefined;
  return typeof id === 'string' || typeof id === 'number'
    ? { id: String(id).slice(0, ID_MAX_CHARACTERS) }
    : {};
}
