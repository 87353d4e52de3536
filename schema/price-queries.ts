import { COMPARE_MAX_SYMBOLS, COMPARE_MIN_SYMBOLS } from '../src/config.ts';
import { keysCost, symbol, symbolList } from './arguments.ts';
import { builder } from './builder.ts';
import { badUserInput } from './errors.ts';
import { comparePrices, PriceComparison } from './price-comparison.ts';
import { Currency, Period, Price, resolvePrice } from './prices.ts';

builder.queryFields((t) => ({
  price: t.field({
    type: Price,
    nullable: true,
    description: 'The latest price of one symbol (case-insensitive); null where no source knows it.',
    args: {
      symbol: t.arg.string({
        required: true,
        validate: { schema: symbol },
        description: 'The symbol, in any case.',
      }),
      currency: t.arg({ type: Currency, defaultValue: 'USD', description: 'What to price it in.' }),
    },
    resolve: (_root, args, context) => resolvePrice(context, args.symbol, args.currency),
  }),
  prices: t.field({
    type: [Price],
    nullable: { list: true, items: true },
    description: 'The latest prices, 1 to 100 symbols, in the order asked; null for an unknown symbol.',
    complexity: ({ symbols }) => keysCost(symbols),
    args: {
      symbols: t.arg.stringList({
        required: true,
        validate: { schema: symbolList },
        description: 'The symbols, in any case; one asked twice is answered twice.',
      }),
      currency: t.arg({ type: Currency, defaultValue: 'USD', description: 'What to price them in.' }),
    },
    resolve: (_root, args, context) =>
      args.symbols.map((asked) => resolvePrice(context, asked, args.currency)),
  }),
  comparePrices: t.field({
    type: PriceComparison,
    nullable: true,
    description:
      '2 to 10 symbols ranked against one another over a period. Unknown symbols are listed, not ranked.',
    args: {
      symbols: t.arg.stringList({
        required: true,
        validate: { schema: symbolList },
        description: 'The symbols, in any case; duplicates count once.',
      }),
      period: t.arg({ type: Period, defaultValue: 'DAY', description: 'Over which to compare.' }),
    },
    resolve: async (_root, args, context) => {
      const symbols = [...new Set(args.symbols.map((asked) => asked.trim().toUpperCase()))];
      if (symbols.length < COMPARE_MIN_SYMBOLS || symbols.length > COMPARE_MAX_SYMBOLS) {
        throw badUserInput(
          `symbols: must name ${COMPARE_MIN_SYMBOLS} to ${COMPARE_MAX_SYMBOLS} different symbols`,
          ['symbols'],
        );
      }
      const prices = await Promise.all(symbols.map((asked) => resolvePrice(context, asked, 'USD')));
      return comparePrices(symbols, prices, args.period ?? 'DAY');
    },
  }),
}));
