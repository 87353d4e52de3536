import { beforeAll, expect, it } from 'vitest';
import { startGateway, syncAll, type TestGateway } from '../../support/gateway.ts';
import { readPage } from '../../support/list-pages.ts';
import { createMarket } from '../../support/market.ts';
import { DIRECTIONS, POOL_ORDER_FIELDS, PROJECT_ORDER_FIELDS } from '../../support/reference-market.ts';

let gateway: TestGateway;

beforeAll(async () => {
  gateway = startGateway(await createMarket({ projectCount: 30, poolCount: 12, investmentCount: 0 }));
  await syncAll(gateway);
});

const orders = <Field extends string>(fields: readonly Field[]) =>
  fields.flatMap((field) => DIRECTIONS.map((direction) => ({ field, direction })));
const LISTS = [
  ...orders(PROJECT_ORDER_FIELDS).map((orderBy) => ({
    list: 'projects' as const,
    type: 'ProjectOrder',
    orderBy,
  })),
  ...orders(POOL_ORDER_FIELDS).map((orderBy) => ({
    list: 'idoPools' as const,
    type: 'IdoPoolOrder',
    orderBy,
  })),
];
type List = (typeof LISTS)[number];

const encode = (text: string) =>
  btoa(String.fromCharCode(...new TextEncoder().encode(text)))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '');

function decode(cursor: string): [order: string, key: unknown, id: string] {
  return JSON.parse(atob(cursor.replaceAll('-', '+').replaceAll('_', '/')));
}

const firstCursor = async ({ list, orderBy }: List) =>
  String((await readPage(gateway, { list, args: { orderBy, first: 1 } })).endCursor);

async function expectRefused({ list, type, orderBy }: List, after: string): Promise<void> {
  const query = `query ($orderBy: ${type}, $after: String) { ${list}(orderBy: $orderBy, after: $after) { edges { cursor } } }`;
  const { data, errors, status } = await gateway.query(query, { orderBy, after });
  const told = `${list} ${orderBy.field} ${orderBy.direction} after ${after.slice(0, 60)}`;
  expect(status, told).toBe(200);
  expect(data, told).toEqual({ [list]: null });
  expect(errors, told).toHaveLength(1);
  expect(errors?.[0]?.extensions, told).toEqual({ code: 'BAD_USER_INPUT', argumentPath: ['after'] });
  expect(errors?.[0]?.message, told).toMatch(/^after: is not a cursor of this list/);
}

it.each([
  ['nothing', ''],
  ['a word', 'nonsense'],
  ['no base64', '%%%'],
  ['an emoji', '🚀'],
  ['bytes that are no text', btoa('\xff\xfe\xfd')],
  ['text that is no JSON', encode('[')],
  ['JSON that is no cursor', encode('{"order":"MARKET_CAP:DESC"}')],
  ['null', encode('null')],
  ['an empty list', encode('[]')],
  ['a list of one', encode('["MARKET_CAP:DESC"]')],
  ['100,000 letters', 'A'.repeat(100_000)],
  ['a list nested 10,000 deep', encode(`${'['.repeat(10_000)}${']'.repeat(10_000)}`)],
])('refuses %s as a cursor of any list', async (_, after) => {
  for (const list of LISTS) await expectRefused(list, after);
});

it('refuses a cursor of any other order, and of any other list', async () => {
  for (const list of LISTS) {
    const cursor = await firstCursor(list);
    const others = LISTS.filter((other) => other !== list);
    for (const other of others) await expectRefused(other, cursor);
  }
});

it('refuses a cursor whose parts were replaced by what no list would give', async () => {
  for (const list of LISTS) {
    const [order, key, id] = decode(await firstCursor(list));
    const isText = typeof key === 'string';
    const tampered: unknown[] = [
      [order, isText ? 12 : 'text', id],
      [order, isText ? null : String(key), id],
      [order, true, id],
      [order, [key], id],
      [order, {}, id],
      [order, key, ''],
      [order, key, 7],
      [order, key, null],
      [order, key],
      [order, key, id, 1],
      [null, key, id],
      [order.toLowerCase(), key, id],
    ];
    for (const cursor of tampered) await expectRefused(list, encode(JSON.stringify(cursor)));
    if (!isText) await expectRefused(list, encode(`["${order}",1e999,"${id}"]`));
    if (list.list === 'idoPools') await expectRefused(list, encode(JSON.stringify([order, null, id])));
  }
});

it('goes on from a position where no row stands, however strange its id', async () => {
  const strangeIds = [
    '\u0000',
    'a\u0000',
    'a\u0001',
    '\u{10ffff}',
    '\ue000',
    '\ud800',
    '🚀',
    "'; --",
    'x'.repeat(5_000),
  ];
  for (const { list, orderBy } of LISTS) {
    const all = await readPage(gateway, { list, args: { orderBy, first: 100 } });
    const positions = all.cursors.map(decode);
    const [order, key] = positions[3] ?? [];
    const firstAlike = positions.findIndex(([, other]) => other === key);
    for (const id of strangeIds) {
      const after = encode(JSON.stringify([order, key, id]));
      const page = await readPage(gateway, { list, args: { orderBy, first: 100, after } });
      const behind = positions.filter(([, otherKey, otherId], index) => {
        if (otherKey !== key) return index > firstAlike;
        return orderBy.direction === 'ASC' ? otherId > id : otherId < id;
      });
      expect(page.ids, `${order} after ${JSON.stringify(id)}`).toEqual(behind.map(([, , other]) => other));
    }
  }
});
