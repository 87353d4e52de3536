/** Relay connections over rows that came by keyset: a cursor holds the order it belongs to, the sort key and the id. */
import type { ObjectRef } from '@pothos/core';
import * as z from 'zod';
import type { Keyed, KeysetPosition } from '../src/graphql/context.ts';
import { decodeBase64Url, encodeBase64Url } from './base64url.ts';
import { builder } from './builder.ts';
import { badUserInput } from './errors.ts';

const cursorSchema = z.tuple([z.string(), z.unknown(), z.string().min(1)]);

/** What a sort key may be. SQLite compares any two types: a key of another one would begin a page anywhere. */
type SortKey = KeysetPosition['key'];
const sortKeys = {
  text: z.string(),
  number: z.number(),
  optionalNumber: z.number().nullable(),
} as const satisfies Record<string, z.ZodType<SortKey>>;

const encodeCursor = (order: string, position: KeysetPosition) =>
  encodeBase64Url(JSON.stringify([order, position.key, position.id]));

/**
 * The position that `after` names; null where it is absent.
 *
 * @param order names the order of the list that is asked for; a cursor of another order is refused.
 */
export function decodeCursor(
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
    // Not JSON: the schema above refuses it.
    return undefined;
  }
}

/** Makes its cursor where one is selected: most lists select that of the last edge alone. */
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
    hasPreviousPage: boolean;
    readonly startCursor: string | null;
    readonly endCursor: string | null;
  };
  /** Called where `totalCount` is selected, so that nobody else pays for the count. */
  totalCount: () => Promise<number>;
}

/** @param rows one more than the page holds, where there is more. */
export function connectionOf<Row extends { id: string }>(
  rows: Keyed<Row>[],
  page: { order: string; first: number; after: KeysetPosition | null; totalCount: () => Promise<number> },
): ConnectionModel<Row> {
  const edges = rows.slice(0, page.first).map((row) => new ConnectionEdge<Row>(row, page.order));
  return {
    edges,
    pageInfo: {
      hasNextPage: rows.length > page.first,
      hasPreviousPage: page.after !== null,
      get startCursor() {
        return edges[0]?.cursor ?? null;
      },
      get endCursor() {
        return edges.at(-1)?.cursor ?? null;
      },
    },
    totalCount: page.totalCount,
  };
}

type Types = (typeof builder)['$inferSchemaTypes'];

/** The connection and edge types of one node type. `withTotalCount: false` leaves `totalCount` out. */
export function connectionObject<Row extends { id: string }>(
  node: ObjectRef<Types, Row>,
  options: { name: string; page: string; edge: string; withTotalCount?: boolean },
): ObjectRef<Types, ConnectionModel<Row>> {
  const connection = builder.connectionObject(
    {
      type: node,
      name: `${options.name}Connection`,
      description: options.page,
      fields: (t) =>
        options.withTotalCount === false
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
  // Pothos types a connection by its own shape, which has no room for the count.
  return connection as unknown as ObjectRef<Types, ConnectionModel<Row>>;
}
