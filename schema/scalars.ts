import { GraphQLError, Kind, type ValueNode } from 'graphql';
import * as z from 'zod';
import { builder } from './builder.ts';
import { DECIMAL, DECIMAL_RULE } from './decimal.ts';
import { flatText, repeatedTexts } from './flat-text.ts';

const textOf = (node: ValueNode) => (node.kind === Kind.STRING ? node.value : undefined);

/** @param node gives the error its location in the document. */
function badScalar(message: string, node: ValueNode | undefined): GraphQLError {
  return new GraphQLError(message, node === undefined ? {} : { nodes: node });
}

const rfc3339 = z.iso.datetime({ offset: true });
/** The digits of a second, with those beyond milliseconds apart: `Date.parse` misreads ten digits and more. */
const BEYOND_MILLISECONDS = /(?<=\.\d{3})\d+/;

/**
 * Unix seconds with their fraction: a bound that lies between two seconds includes neither. RFC 3339 section 5.6 allows
 * lower-case `t` and `z`, and any number of digits: those beyond milliseconds count as half a millisecond.
 */
function parseDateTime(value: unknown, node?: ValueNode): number {
  const text = typeof value === 'string' ? value.toUpperCase() : value;
  const parsed = rfc3339.safeParse(text);
  if (!parsed.success)
    throw badScalar('DateTime must be an RFC 3339 instant such as "2026-11-22T10:11:12Z".', node);
  const beyond = BEYOND_MILLISECONDS.exec(parsed.data)?.[0] ?? '';
  const milliseconds = Date.parse(parsed.data.replace(BEYOND_MILLISECONDS, ''));
  return (milliseconds + (/[1-9]/.test(beyond) ? 0.5 : 0)) / 1000;
}

/** Formatting takes longer than the rest of executing a field, and a list of projects repeats the hours of its closes. */
const textOfSecond = repeatedTexts((second: number) =>
  flatText(new Date(second * 1000).toISOString().replace('.000Z', 'Z')),
);
const formatDateTime = (unixSeconds: number) => textOfSecond(Math.floor(unixSeconds));

builder.scalarType('DateTime', {
  description: 'An instant, RFC 3339 in UTC, e.g. 2026-11-22T10:11:12Z.',
  serialize: formatDateTime,
  parseValue: (value) => parseDateTime(value),
  parseLiteral: (node) => parseDateTime(textOf(node), node),
});

function parseDecimal(value: unknown, node?: ValueNode): string {
  if (typeof value !== 'string') {
    throw badScalar(
      'Decimal must be a string such as "1250.50": a JSON number may already have lost digits.',
      node,
    );
  }
  if (!DECIMAL.test(value)) throw badScalar(`Decimal ${DECIMAL_RULE}.`, node);
  return value;
}

builder.scalarType('Decimal', {
  description:
    'An exact decimal number as a string, e.g. "1250.50": digits, at most one point, at most 30 digits of which ' +
    '18 after the point, no exponent, no sign but a leading "-". Used wherever money or tokens change hands. ' +
    'Compared by value ("1.0" is "1"). On input a JSON number is refused: it may already have lost digits.',
  serialize: (decimal) => decimal,
  parseValue: (value) => parseDecimal(value),
  parseLiteral: (node) => parseDecimal(textOf(node), node),
});
