import fc from 'fast-check';
import { parse, print } from 'graphql';
import { describe, expect, test } from 'vitest';
import {
  NORMAL_FORM_MAX_LINE_BREAKS,
  NORMAL_FORM_MAX_NESTING,
  REQUEST_BODY_MAX_BYTES,
} from '../../../src/config.ts';
import { normalFormOf, normalFormOfText } from '../../../src/operations/normal-form.ts';
import { OPERATION_FORMS_VERSION } from '../../../src/operations/operation-forms.ts';
import { typenameDocuments } from '../../../src/operations/typename-documents.ts';

const valueText = fc.oneof(
  fc.string({ unit: 'binary' }).map((text) => JSON.stringify(text.toWellFormed())),
  fc.stringMatching(/^[ \na-c#,]*$/).map((text) => `"""${text}"""`),
  fc.constantFrom(
    '1',
    '1.0',
    '1e0',
    '-1',
    '0',
    'null',
    'true',
    'ENUM',
    '$v',
    '[]',
    '[1, 1]',
    '{}',
    '{ a: 1, b: 2 }',
  ),
);
const separator = fc.stringMatching(/^[ ,\n\t]+(#[a-z ,]*\n)?$/);

describe('the normal form', () => {
  test('is the same for every layout and every order of the definitions', () => {
    const gaps = fc.array(separator, { minLength: 7, maxLength: 7 });
    fc.assert(
      fc.property(valueText, gaps, fc.boolean(), (value, between, isTurned) => {
        const definitions = [
          [
            'query',
            'Q',
            '(',
            '$v',
            ':',
            'Int',
            ')',
            '{',
            'a',
            '(',
            'x',
            ':',
            value,
            ')',
            '{',
            '...B',
            '...A',
            '}',
            '}',
          ],
          ['fragment', 'B', 'on', 'T', '{', 'b', '}'],
          ['fragment', 'A', 'on', 'T', '{', 'a', '}'],
        ];
        const tokens = (isTurned ? definitions.toReversed() : definitions).flat();
        const text = tokens.map((token, at) => token + between[at % between.length]).join('');
        const form = normalFormOfText(text);
        expect(form).not.toBeNull();
        expect(form).toBe(normalFormOfText(definitions.flat().join(' ')));
      }),
    );
  });

  test('is the same for two values only if they are the same value', () => {
    const formOf = (value: string) => normalFormOfText(`query Q($v: Int) { a(x: ${value}) }`);
    const parsedValue = (value: string) =>
      JSON.stringify(parse(`{ a(x: ${value}) }`, { noLocation: true }).definitions[0]);
    fc.assert(
      fc.property(valueText, valueText, (one, other) => {
        expect(formOf(one)).not.toBeNull();
        expect(formOf(one) === formOf(other)).toBe(parsedValue(one) === parsedValue(other));
      }),
    );
  });

  test('is its own normal form', () => {
    fc.assert(
      fc.property(valueText, (value) => {
        const form = normalFormOfText(`fragment F on T { b } query Q($v: Int) { a(x: ${value}) { ...F } }`);
        expect(normalFormOfText(form ?? '')).toBe(form);
      }),
    );
  });

  test('is none for a text that is no document, or that costs too much to print', () => {
    const nested = (levels: number) => `query Q ${'{ ... '.repeat(levels - 1)}{ a ${'} '.repeat(levels)}`;
    const lines = (count: number) => `query Q { a(x: """${'\n b'.repeat(count)}""") }`;
    expect(normalFormOfText(nested(NORMAL_FORM_MAX_NESTING))).not.toBeNull();
    expect(normalFormOfText(lines(100))).not.toBeNull();
    for (const text of [
      '',
      'query Q {',
      nested(NORMAL_FORM_MAX_NESTING + 1),
      nested(600),
      `fragment F on T ${nested(600).slice('query Q'.length)} query Q { ...F }`,
      `{ ${'a '.repeat(2_000)} }`,
      lines(NORMAL_FORM_MAX_LINE_BREAKS + 1),
      lines(NORMAL_FORM_MAX_LINE_BREAKS + 1).replaceAll('\n', '\r'),
      `query Q { a(x: "${'x'.repeat(REQUEST_BODY_MAX_BYTES)}") }`,
    ]) {
      expect(normalFormOfText(text)).toBeNull();
    }
  });

  test('is printed as the stored forms are: if not, raise OPERATION_FORMS_VERSION', () => {
    const text = `fragment Z on T { z } fragment A on T { a } query Q($a: [Int!]! = [1, 2], $b: I = {a: "x"}) @d(x: 1.0) {
      alias: field(a: $a, b: """
        block "text"
      """, c: ENUM, long: "${'x'.repeat(90)}") @include(if: true) { ...Z ... on T @skip(if: false) { ...A } ... { b } }
    }`;
    expect({ version: OPERATION_FORMS_VERSION, form: normalFormOfText(text) }).toEqual({
      version: 1,
      form: FORM,
    });
  });
});

const FORM = `query Q($a: [Int!]! = [1, 2], $b: I = { a: "x" }) @d(x: 1.0) {
  alias: field(
    a: $a
    b: """
    block "text"
    """
    c: ENUM
    long: "${'x'.repeat(90)}"
  ) @include(if: true) {
    ...Z
    ... on T @skip(if: false) {
      ...A
    }
    ... {
      b
    }
  }
}

fragment A on T {
  a
}

fragment Z on T {
  z
}`;

describe('the fields that caches add', () => {
  const texts = (text: string) => typenameDocuments(parse(text)).map((document) => print(document));
  const same = (text: string) => [print(parse(text)), print(parse(text))];

  test('stand last in each selection set but the operation’s own', () => {
    expect(texts('query Q { a { b ... on B { c } ...F } d } fragment F on A { e { f } }')).toEqual(
      same(`query Q { a { b ... on B { c __typename } ...F __typename } d }
        fragment F on A { e { f __typename } __typename }`),
    );
  });

  test('are left out where they are already', () => {
    const text = 'query Q { __typename a { __typename b } }';
    expect(texts(text)).toEqual(same(text));
  });

  test('are added beside an alias and introspection by urql alone', () => {
    const [apollo, urql] = texts('query Q { a { kind: __typename } }');
    expect(normalFormOf(parse(apollo ?? ''))).toBe(print(parse('query Q { a { kind: __typename } }')));
    expect(normalFormOf(parse(urql ?? ''))).toBe(
      print(parse('query Q { a { kind: __typename __typename } }')),
    );
  });
});
