import { buildSchema } from 'graphql';
import { describe, expect, it } from 'vitest';
import { executionCounts } from '../../../src/execution/execute.ts';
import { bothExecute } from '../../support/execution/both-execute.ts';

const schema = buildSchema(`
  type Query { nothing: Int }
  type Price { symbol: String!, in(currency: String = "USD"): Float }
  type Subscription { price(symbols: [String!]!): Price!, other: Int }
`);
const document = 'subscription ($of: [String!]!) { price(symbols: $of) { symbol in(currency: "EUR") } }';
const variableValues = { of: ['A'] };
const price = { symbol: 'A', in: ({ currency }: { currency: string }) => (currency === 'EUR' ? 2 : 1) };

describe('an event of a subscription is executed by a plan, as graphql-js does', () => {
  it.each([
    {
      which: 'that has all that is asked for',
      rootValue: { price },
      data: { price: { symbol: 'A', in: 2 } },
    },
    {
      which: 'that comes in time',
      rootValue: { price: async () => price },
      data: { price: { symbol: 'A', in: 2 } },
    },
    { which: 'without what must be there', rootValue: {}, data: null },
    {
      which: 'that fails below',
      rootValue: { price: { symbol: () => Promise.reject(new Error('x')) } },
      data: null,
    },
  ])('$which', async ({ rootValue, data }) => {
    const before = executionCounts().planned;
    const answer = await bothExecute(() => ({ schema, document, variableValues, rootValue }));
    expect(answer.data).toEqual(data);
    expect(executionCounts().planned).toBe(before + 1);
  });

  it('whose variables are wrong', async () => {
    const answer = await bothExecute(() => ({ schema, document, variableValues: {}, rootValue: { price } }));
    expect(answer.errors).toHaveLength(1);
  });
});
