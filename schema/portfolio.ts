import type {
  Holding as HoldingModel,
  Portfolio as PortfolioModel,
  TokenAmount as TokenAmountModel,
} from '../src/graphql/context.ts';
import { builder } from './builder.ts';
import { Project } from './node.ts';

const TokenAmount = builder.objectRef<TokenAmountModel>('TokenAmount').implement({
  description: 'An amount of one token.',
  fields: (t) => ({
    token: t.exposeString('token', { description: 'Its symbol.' }),
    amount: t.expose('amount', { type: 'Decimal', description: 'How much of it.' }),
  }),
});

const Holding = builder.objectRef<HoldingModel>('Holding').implement({
  description: 'What a user holds of one token.',
  fields: (t) => ({
    symbol: t.exposeString('symbol', {
      description: 'The symbol of the token; `?` if its project is not known.',
    }),
    project: t.field({
      type: Project,
      nullable: true,
      description: 'Whose token it is.',
      resolve: ({ projectId }, _args, { projects }) => (projectId === null ? null : projects.byId(projectId)),
    }),
    tokenAmount: t.expose('tokenAmount', { type: 'Decimal', description: 'How many tokens.' }),
    invested: t.expose('invested', {
      type: [TokenAmount],
      description: 'What was paid for them, by payment token.',
    }),
    currentValueUsd: t.exposeFloat('currentValueUsd', {
      nullable: true,
      description: 'At the live price; null where there is none.',
    }),
  }),
});

export const Portfolio = builder.objectRef<PortfolioModel>('Portfolio').implement({
  description: 'Confirmed investments, valued at live prices.',
  fields: (t) => ({
    invested: t.expose('invested', { type: [TokenAmount], description: 'What was paid, by payment token.' }),
    investedUsd: t.exposeFloat('investedUsd', {
      nullable: true,
      description:
        'In US dollars at live prices; what has no live price is left out here and listed below. Null if nothing of it has one.',
    }),
    currentValueUsd: t.exposeFloat('currentValueUsd', {
      nullable: true,
      description: 'In US dollars at live prices. Null if nothing of it has one.',
    }),
    profitPercent: t.exposeFloat('profitPercent', {
      nullable: true,
      description:
        'The gain over what was invested, of the holdings whose tokens and payments all have live prices; null if there are none.',
    }),
    holdings: t.expose('holdings', { type: [Holding], description: 'By token.' }),
    unpricedSymbols: t.exposeStringList('unpricedSymbols', { description: 'What has no live price.' }),
  }),
});
