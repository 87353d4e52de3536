/** Values as a careless or malicious client may send them: mostly right for their type. */
import * as fc from 'fast-check';
import {
  type GraphQLInputType,
  getNamedType,
  getNullableType,
  isEnumType,
  isInputObjectType,
  isListType,
} from 'graphql';

/** Stands for a number that JSON can write and no double can hold. */
const TOO_LARGE = '<1e999>';
export const jsonText = (value: unknown) => JSON.stringify(value).replaceAll(`"${TOO_LARGE}"`, '1e999');

export const INHERITED = Object.getOwnPropertyNames(Object.prototype);
const AWKWARD: readonly unknown[] = [
  ...INHERITED,
  ...['', ' ', '\0', '\ud800', '😀', 'x'.repeat(3_000), 'active', 'ACTIVE ', 'MONHT', 'NaN', '10', TOO_LARGE],
  ...['2026-02-30T00:00:00Z', '0000-01-01T00:00:00Z', '9999-12-31T23:59:60Z', '+099999-01-01T00:00:00Z'],
  ...[-1, 0, 1.5, 101, 2 ** 31, -(2 ** 31) - 1, 1e308, -0, Number.MAX_SAFE_INTEGER, true, false, null],
  ...[
    [],
    [[]],
    [null],
    {},
    { status: 'ACTIVE' },
    JSON.parse('{"__proto__":{"status":"LIVE"}}'),
    { toString: 1 },
  ],
];
/** JSON of any kind, most of it right nowhere. */
export const wrong = fc.oneof(fc.constantFrom(...AWKWARD), fc.jsonValue({ maxDepth: 2 }));
const mostly = <Value>(right: fc.Arbitrary<Value>): fc.Arbitrary<unknown> =>
  fc.oneof({ weight: 12, arbitrary: right }, { weight: 1, arbitrary: wrong });

const RIGHT: Record<string, readonly unknown[]> = {
  Int: [1, 2, 5, 100],
  String: ['BTC', 'eth', 'bitcoin', 'layer', 'ethereum', 'NOBODY'],
  ID: ['UHJvamVjdDpwcmpfYml0Y29pbg', 'SWRvUG9vbDpwb29s', 'VXNlcjp4', 7],
  Float: [1.5],
  Boolean: [true, false],
  DateTime: ['2026-11-22T10:11:12Z', '2024-02-29t00:00:00.5+23:59'],
  Decimal: ['1.50'],
};

/** JSON for a place of the type, sometimes wrong. */
export function drawnValue(type: GraphQLInputType): fc.Arbitrary<unknown> {
  const inner = getNullableType(type);
  if (isListType(inner)) {
    const item = drawnValue(inner.ofType);
    return mostly(fc.oneof(fc.array(item, { maxLength: 3 }), item));
  }
  if (isEnumType(inner)) return mostly(fc.constantFrom(...inner.getValues().map(({ name }) => name)));
  if (!isInputObjectType(inner)) return mostly(fc.constantFrom(...(RIGHT[inner.name] ?? AWKWARD)));
  const fields = Object.values(inner.getFields());
  return mostly(
    fc
      .subarray(fields, { minLength: inner.isOneOf ? 1 : 0, maxLength: inner.isOneOf ? 1 : fields.length })
      .chain((chosen) =>
        fc.record(Object.fromEntries(chosen.map((field) => [field.name, drawnValue(field.type)]))),
      ),
  );
}

/** The JSON as a literal of a document. @param type undefined where the JSON is wrong for its place. */
export function literal(json: unknown, type: GraphQLInputType | undefined): string {
  const inner = type && getNullableType(type);
  if (Array.isArray(json)) {
    return `[${json.map((item) => literal(item, isListType(inner) ? inner.ofType : undefined)).join(' ')}]`;
  }
  if (typeof json === 'object' && json !== null) {
    const fields = isInputObjectType(inner) ? inner.getFields() : {};
    const texts = Object.entries(json)
      .filter(([name]) => /^[_A-Za-z]\w*$/.test(name))
      .map(
        ([name, value]) =>
          `${name}: ${literal(value, Object.hasOwn(fields, name) ? fields[name]?.type : undefined)}`,
      );
    return `{ ${texts.join(' ')} }`;
  }
  const isName = typeof json === 'string' && /^[_A-Za-z]\w*$/.test(json);
  const named = type && getNamedType(type);
  return isName && isEnumType(named) ? json : jsonText(json);
}
