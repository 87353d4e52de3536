/** Four shapes whose data is in memory, over schemas of their own: nothing but the executor takes time. */
import { buildSchema, type GraphQLSchema, parse } from 'graphql';
import type { Shape } from './executors.ts';

function shapeOf<Root>(
  name: string,
  schema: GraphQLSchema,
  document: string,
  rootValue: Root,
  map: (root: Root) => unknown,
): Shape {
  return {
    name,
    schema,
    document: parse(document),
    variableValues: {},
    rootValue,
    createContext: () => undefined,
    handWritten: () => map(rootValue),
  };
}

const count = <Item>(length: number, make: (index: number) => Item) =>
  Array.from({ length }, (_, index) => make(index));

const flatSchema = buildSchema(`
  type Query { rows: [Row!]! }
  type Row { id: ID! name: String! symbol: String! category: String rank: Int price: Float! listed: Boolean! note: String }
`);

const flatList = shapeOf(
  'flat list',
  flatSchema,
  '{ rows { id name symbol category rank price listed note } }',
  {
    rows: count(100, (index) => ({
      id: `row-${index}`,
      name: `Row ${index}`,
      symbol: `R${index}`,
      category: index % 3 === 0 ? null : 'DeFi',
      rank: index + 1,
      price: index * 1.25 + 0.5,
      listed: index % 2 === 0,
      note: null,
    })),
  },
  ({ rows }) => ({
    rows: rows.map(({ id, name, symbol, category, rank, price, listed, note }) => ({
      id,
      name,
      symbol,
      category,
      rank,
      price,
      listed,
      note,
    })),
  }),
);

const DEPTH = 25;

interface Level {
  name: string;
  value: number;
  next: Level | null;
}
const nested = (depth: number): Level => ({
  name: `level ${depth}`,
  value: depth,
  next: depth === DEPTH ? null : nested(depth + 1),
});
const mapLevel = ({ name, value, next }: Level): Level => ({ name, value, next: next && mapLevel(next) });

const deepNesting = shapeOf(
  'deep nesting',
  buildSchema('type Query { top: Level! } type Level { name: String! value: Int! next: Level }'),
  `{ top ${'{ name value next '.repeat(DEPTH)} { name } ${'}'.repeat(DEPTH)} }`,
  { top: nested(1) },
  ({ top }) => ({ top: mapLevel(top) }),
);

const manySmallObjects = shapeOf(
  'many small objects',
  buildSchema('type Query { points: [Point!]! } type Point { time: Int! price: Float! }'),
  '{ points { time price } }',
  { points: count(1000, (index) => ({ time: 1_700_000_000 + index * 3600, price: 100 + index / 7 })) },
  ({ points }) => ({ points: points.map(({ time, price }) => ({ time, price })) }),
);

const abstractSchema = buildSchema(`
  interface Asset { id: ID! name: String! }
  type Coin implements Asset { id: ID! name: String! symbol: String! }
  type Pool implements Asset { id: ID! name: String! raised: Float! }
  type Note implements Asset { id: ID! name: String! text: String! }
  type Query { assets: [Asset!]! }
`);

type Asset = {
  __typename: string;
  id: string;
  name: string;
  symbol?: string;
  raised?: number;
  text?: string;
};

function assetOf(index: number): Asset {
  const common = { id: `asset-${index}`, name: `Asset ${index}` };
  if (index % 3 === 0) return { __typename: 'Coin', ...common, symbol: `C${index}` };
  if (index % 3 === 1) return { __typename: 'Pool', ...common, raised: index * 10.5 };
  return { __typename: 'Note', ...common, text: 'as it is' };
}

function mapAsset({ __typename, id, name, symbol, raised, text }: Asset) {
  if (__typename === 'Coin') return { __typename, id, name, symbol };
  if (__typename === 'Pool') return { __typename, id, name, raised };
  return { __typename, id, name, text };
}

const abstractTypes = shapeOf(
  'abstract types',
  abstractSchema,
  '{ assets { __typename id name ... on Coin { symbol } ... on Pool { raised } ... on Note { text } } }',
  { assets: count(100, assetOf) },
  ({ assets }) => ({ assets: assets.map(mapAsset) }),
);

export const synchronousShapes: readonly Shape[] = [flatList, deepNesting, manySmallObjects, abstractTypes];
