/** Upstream records, of which some fields hold any JSON value at its limits. */
import * as fc from 'fast-check';

export type Fields = Record<string, unknown>;

/** A number that no JavaScript value writes as JSON. `jsonOf` writes it bare. */
const bare = (number: string) => `@bare:${number}`;

export const jsonOf = (value: unknown) =>
  JSON.stringify(value).replaceAll(/"@bare:([^"]+)"/g, (_, number: string) => number);

const TEN_KILOBYTES = 'x'.repeat(10_000);

const VALUES: readonly unknown[] = [
  ...[undefined, null, true, false],
  ...[0, 1, -1, 1.5, 2 ** 31 - 1, 2 ** 31, 2 ** 53, 2 ** 64, 1e308, -1e308, 5e-324],
  ...[bare('-0'), bare('1e999'), bare('-1e999'), bare('0.1e-400'), bare('123456789012345678901234567890')],
  // The years 0, 9999 and 275760, and now in milliseconds.
  ...[-62_167_219_200, 253_402_300_799, 253_402_300_800, 8_640_000_000_000, 1_708_263_277_000],
  ...[
    '',
    ' ',
    'x',
    'NaN',
    'Infinity',
    '1',
    '-1',
    '.5',
    '5.',
    '1e5',
    '0x1',
    '9'.repeat(31),
    `0.${'1'.repeat(19)}`,
  ],
  ...[
    TEN_KILOBYTES,
    TEN_KILOBYTES.repeat(3),
    '\ud800',
    'a\udc00b',
    '\0',
    'a\0b',
    '\u001f\u001e',
    '\u200b',
    '😀',
  ],
  ...[
    '2026-02-30',
    '2024-02-18T13:34:37Z',
    'not a link',
    'javascript:alert(1)',
    'http://',
    '//a.example/',
    'data:,x',
  ],
  ...['https://a.example/\0', ' https://b.example/ ', 'ftp://c.example/', `https://${TEN_KILOBYTES}`],
  ...[[], [[]], [null, '', 'ok', 7, {}], {}, { a: [{}] }, [[[[]]]], { __proto__: null, constructor: 1 }],
];

const anyValue = fc.oneof(
  { weight: 9, arbitrary: fc.constantFrom(...VALUES) },
  { weight: 1, arbitrary: fc.jsonValue({ maxDepth: 2 }) },
);

export interface DrawnRecord {
  record: Fields;
  /** The fields that were drawn. */
  drawn: string[];
}

/**
 * The records with up to four drawn fields each, now and then with another's id. A field within an object is named by its
 * path, such as `social.github_stars`.
 */
export const drawnRecords = (
  records: readonly Fields[],
  fields: readonly string[],
): fc.Arbitrary<DrawnRecord[]> =>
  fc.tuple(
    ...records.map((record) => {
      const id = fc.oneof(
        { weight: 3, arbitrary: fc.constantFrom(...records.map((each) => each.id)) },
        { weight: 1, arbitrary: anyValue },
      );
      const field = fc.oneof(
        { weight: 19, arbitrary: fc.tuple(fc.constantFrom(...fields), anyValue) },
        { weight: 1, arbitrary: fc.tuple(fc.constant('id'), id) },
      );
      return fc
        .uniqueArray(field, { maxLength: 4, selector: ([name]) => name.split('.')[0] })
        .map((changes) => ({
          record: changes.reduce(
            (changed, [name, value]) => withField(changed, name.split('.'), value),
            record,
          ),
          drawn: changes.map(([name]) => name),
        }));
    }),
  );

function withField(record: unknown, [name = '', ...rest]: string[], value: unknown): Fields {
  const fields: Fields = Object(record);
  const { [name]: old, ...others } = fields;
  if (rest.length > 0) return { ...others, [name]: withField(old, rest, value) };
  return value === undefined ? others : { ...others, [name]: value };
}
