import { CANDLES_MAX } from '../src/config.ts';
import type { CandleIntervalCode, CandleRow } from '../src/graphql/context.ts';
import { POINTS_AS_ONE, symbol } from './arguments.ts';
import { builder } from './builder.ts';
import { badUserInput } from './errors.ts';

const CandleInterval = builder.enumType('CandleInterval', {
  description: 'How long a candle lasts.',
  values: {
    HOUR: { value: '1h', description: 'One hour.' },
    DAY: { value: '1d', description: 'One day, in UTC.' },
  } as const satisfies Record<string, { value: CandleIntervalCode; description: string }>,
});

const Candle = builder.objectRef<CandleRow>('Candle').implement({
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
