import * as z from 'zod';
import { CANDLES_MAX } from '../src/config.ts';
import type { CandleIntervalCode, CandleRow } from '../src/graphql/context.ts';
import { POINTS_AS_ONE, symbol } from './arguments.ts';
import { builder } from './builder.ts';
import { badUserInput } from './errors.ts';

export const CandleInterval = builder.enumType('CandleInterval', {
  description: 'How long a candle lasts.',
  values: {
    HOUR: { value: '1h', description: 'One hour.' },
    DAY: { value: '1d', description: 'One day, in UTC.' },
  } as const satisfies Record<string, { value: CandleIntervalCode; description: string }>,
});

export const Candle = builder.objectRef<CandleRow>('Candle').implement({
  description: 'What a price did over an hour or a day, in US dollars.',
  fields: (t) => ({
    time: t.expose('time', { type: 'DateTime', description: 'When it begins.' }),
    open: t.exposeFloat('open', { description: 'The first price.' }),
    high: t.exposeFloat('high', { description: 'The highest price.' }),
    low: t.exposeFloat('low', { description: 'The lowest price.' }),
    close: t.exposeFloat('close', { description: 'The last price.' }),
    volume: t.exposeFloat('volume', { nullable: true, description: 'What was traded.' }),
  }),
});

export const candleCount = z
  .int()
  .min(1, { error: 'must be at least 1' })
  .max(CANDLES_MAX, { error: `must be at most ${CANDLES_MAX}` });

/**
 * The cost of a field that each item of a list may have. Reading candles counts as much as showing one of their fields:
 * D1 reads a row for each. The cost is counted before `last` is validated, so it is clamped here.
 */
export function lastCandlesCost(last: number | null | undefined, byDefault: number) {
  const candles = Math.min(Math.max(last ?? byDefault, 1), CANDLES_MAX);
  const asObjects = Math.max(1, candles / POINTS_AS_ONE);
  return { field: asObjects, multiplier: asObjects };
}

builder.queryField('candles', (t) =>
  t.field({
    type: [Candle],
    nullable: true,
    description:
      'Candles of one symbol, oldest first, at most 1000: the first ones where `from` is given, else the last ones. ' +
      'Empty where none are held.',
    complexity: { field: 1, multiplier: CANDLES_MAX / POINTS_AS_ONE },
    args: {
      symbol: t.arg.string({
        required: true,
        validate: { schema: symbol },
        description: 'The symbol, in any case.',
      }),
      interval: t.arg({ type: CandleInterval, defaultValue: '1h', description: 'How long each lasts.' }),
      from: t.arg({ type: 'DateTime', description: 'The earliest beginning, included.' }),
      to: t.arg({ type: 'DateTime', description: 'The latest beginning, included.' }),
    },
    resolve: (_root, args, { candles }) => {
      const from = args.from ?? null;
      const to = args.to ?? null;
      if (from !== null && to !== null && from > to)
        throw badUserInput('from: must not be after `to`', ['from']);
      return candles.inRange({
        symbol: args.symbol.toUpperCase(),
        interval: args.interval ?? '1h',
        from,
        to,
        limit: CANDLES_MAX,
      });
    },
  }),
);
