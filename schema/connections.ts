/**
 * Relay connections over pages by keyset or offset. A cursor holds the name of its order, the sort key and the id, however
 * its page was reached.
 */
import type { ObjectRef } from '@pothos/core';
import { type GraphQLResolveInfo, Kind, type SelectionSetNode } from 'graphql';
import * as z from 'zod';
import type { Keyed, KeysetPosition, PageStart } from '../src/graphql/context.ts';
import { parseArgument, rowsToLeaveOut } from './arguments.ts';
import { builder } from './builder.ts';
import { badUserInput } from './errors.ts';
import { decodeBase64Url, encodeBase64Url } from './global-ids.ts';

const cursorSchema = z.tuple([z.string(), z.unknown(), z.string().min(1)]);

/** SQLite compares values of any two types, so a key of the wrong type would start a page at an arbitrary row. */
type SortKey = KeysetPosition['key'];
const sortKeys = {
  text: z.string(),
  number: z.number(),
  optionalNumber: z.number().nullable(),
} as const satisfies Record<string, z.ZodType<SortKey>>;

const encodeCursor = (order: string, position: KeysetPosition) =>
  encodeBase64Url(JSON.stringify([order, position.key, position.id]));

/** @param order the requested order: a cursor of another one is refused. */
export function pageStart(
  order: string,
  args: { after?: string | null | undefined; offset?: number | null | undefined },
  keyType?: keyof typeof sortKeys,
): PageStart {
  const offset = args.offset ? parseArgument('offset', rowsToLeaveOut, args.offset) : 0;
  const hasCursor = args.after !== null && args.after !== undefined;
  if (offset > 0 && hasCursor)
    throw badUserInput('offset: must be 0 or absent if after is given', ['offset']);
  return { after: decodeCursor(order, args.after, keyType), offset };
}

/** Null if `after` is absent. */
function decodeCursor(
  order: string,
  after: string | null | undefined,
  keyType: keyof typeof sortKeys = 'number',
): KeysetPosition | null {
  if (after === null || after === undefined) return null;
  const cursor = cursorSchema.safeParse(parseCursor(after));
  if (!cursor.success) throw notACursor();
  const [cursorOrder, cursorKey, id] = cursor.data;
  if (cursorOrder !== order) throw notACursor(' in this order');
  const key = sortKeys[keyType].safeParse(cursorKey);
  if (!key.success) throw notACursor();
  return { key: key.data, id };
}

const notACursor = (detail = '') => badUserInput(`after: is not a cursor of this list${detail}`, ['after']);

function parseCursor(cursor: string): unknown {
  try {
    return JSON.parse(decodeBase64Url(cursor) ?? '');
  } catch {
    // `cursorSchema` refuses it.
    return undefined;
  }
}

/** Encodes its cursor on demand: most operations select the last edge's cursor only. */
class ConnectionEdge<Row extends { id: string }> {
  readonly node: Keyed<Row>;
  readonly #order: string;

  constructor(node: Keyed<Row>, order: string) {
    this.node = node;
    this.#order = order;
  }

  get cursor(): string {
    return encodeCursor(this.#order, { key: this.node.sort_key, id: this.node.id });
  }
}

export interface ConnectionModel<Row> {
  edges: { readonly cursor: string; readonly node: Row }[];
  pageInfo: {
    hasNextPage: boolean;
    readonly hasPreviousPage: boolean | Promise<boolean>;
    readonly startCursor: string | null;
    readonly endCursor: string | null;
  };
  /** Called only if `totalCount` is selected. */
  totalCount: () => Promise<number>;
}

/** @param rows the page, and one row more if there is a next page. */
export function connectionOf<Row extends { id: string }>(
  rows: Keyed<Row>[],
  page: { order: string; first: number; start: PageStart; totalCount?: () => Promise<number> },
): ConnectionModel<Row> {
  const { totalCount = notCounted } = page;
  const edges = rows.slice(0, page.first).map((row) => new ConnectionEdge<Row>(row, page.order));
  return {
    edges,
    pageInfo: {
      hasNextPage: rows.length > page.first,
      get hasPreviousPage() {
        const { after, offset = 0 } = page.start;
        // An offset beyond the end leaves rows out unless the list is empty.
        if (offset > 0 && rows.length === 0) return totalCount().then((total) => total > 0);
        return after !== null || offset > 0;
      },
      get startCursor() {
        return edges[0]?.cursor ?? null;
      },
      get endCursor() {
        return edges.at(-1)?.cursor ?? null;
      },
    },
    totalCount,
  };
}

const notCounted = () => Promise.reject(new Error('the items of this list are not counted'));

/**
 * Starts the count for `totalCount` in parallel with the page if the operation certainly selects it: the answer then
 * waits for the longer of two D1 calls, not for their sum. Under a directive, the count starts when it is resolved.
 */
export function countBeside(info: GraphQLResolveInfo, count: () => Promise<number>): () => Promise<number> {
  if (!info.fieldNodes.some(({ selectionSet }) => certainlyCounts(selectionSet, info))) return count;
  const started = count();
  // If the page fails, nothing awaits the count, and its rejection would be unhandled.
  started.catch(() => undefined);
  return () => started;
}

function certainlyCounts(selectionSet: SelectionSetNode | undefined, info: GraphQLResolveInfo): boolean {
  return (
    selectionSet?.selections.some((selection) => {
      if (selection.directives?.length) return false;
      switch (selection.kind) {
        case Kind.FIELD:
          return selection.name.value === 'totalCount';
        case Kind.INLINE_FRAGMENT:
          return certainlyCounts(selection.selectionSet, info);
        case Kind.FRAGMENT_SPREAD:
          return certainlyCounts(info.fragments[selection.name.value]?.selectionSet, info);
        default:
          throw new Error(`unknown selection ${selection satisfies never}`);
      }
    }) ?? false
  );
}

type Types = (typeof builder)['$inferSchemaTypes'];

/**
 * Defines the connection and edge types of a node type.
 *
 * @param options.isCounted false if there is no `totalCount`
 */
export function connectionObject<Row extends object>(
  node: ObjectRef<Types, Row>,
  options: { name: string; page: string; edge: string; isCounted?: boolean },
): ObjectRef<Types, ConnectionModel<Row>> {
  const connection = builder.connectionObject(
    {
      type: node,
      name: `${options.name}Connection`,
      description: options.page,
      fields: (t) =>
        options.isCounted === false
          ? {}
          : {
              totalCount: t.int({
                description: 'How many items all pages hold together. Counted only when selected.',
                resolve: (model) => (model as unknown as ConnectionModel<Row>).totalCount(),
              }),
            },
    },
    { name: `${options.name}Edge`, description: options.edge },
  );
  // Pothos's own type of a connection has no place for the count.
  return connection as unknown as ObjectRef<Types, ConnectionModel<Row>>;
}
