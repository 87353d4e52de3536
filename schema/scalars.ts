import { GraphQLError, Kind } from 'graphql';
import * as z from 'zod';
import { builder } from './builder.ts';

const rfc3339 = z.iso.datetime({ offset: true });
/** RFC 3339 section 5.6 allows lower-case `t` and `z`. */
function parseDateTime(value: unknown): number {
  const text = typeof value === 'string' ? value.toUpperCase() : value;
  const parsed = rfc3339.safeParse(text);
  if (!parsed.success)
    throw new GraphQLError('DateTime must be an RFC 3339 instant such as "2026-11-22T10:11:12Z".');
  return Math.floor(Date.parse(parsed.data) / 1000);
}

builder.scalarType('DateTime', {
  description: 'An instant, RFC 3339 in UTC, e.g. 2026-11-22T10:11:12Z.',
  serialize: (unixSeconds) => new Date(Math.floor(unixSeconds) * 1000).toISOString().replace('.000Z', 'Z'),
  parseValue: parseDateTime,
});

const DECIMAL = /^-?(?=\d|\.\d)\d*(?:\.\d*)?$/;
const DECIMAL_MAX_DIGITS = 30;
const DECIMAL_MAX_FRACTION_DIGITS = 18;

function parseDecimal(value: unknown): string {
  if (typeof value !== 'string') {
    throw new GraphQLError(
      'Decimal must be a string such as "1250.50": a JSON number may already have lost digits.',
    );
  }
  const fractionDigits = value.includes('.') ? value.length - value.indexOf('.') - 1 : 0;
  const digits = value.replace(/[-.]/g, '').length;
  if (!DECIMAL.test(value) || digits > DECIMAL_MAX_DIGITS || fractionDigits > DECIMAL_MAX_FRACTION_DIGITS) {
    throw new GraphQLError(
      'Decimal must be at most 30 digits, at most 18 of them after one point, and no exponent.',
    );
  }
  return value;
}

builder.scalarType('Decimal', {
  description:
    'An exact decimal number as a string, e.g. "1250.50": digits, at most one point, at most 30 digits of which ' +
    '18 after the point, no exponent, no sign but a leading "-". Used wherever money or tokens change hands. ' +
    'Compared by value ("1.0" is "1"). On input a JSON number is refused: it may already have lost digits.',
  serialize: (decimal) => decimal,
  parseValue: parseDecimal,
  parseLiteral: (node) => parseDecimal(node.kind === Kind.STRING ? node.value : undefined),
});
