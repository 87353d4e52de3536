/** Custom scalars that note their calls, and throw or return nothing for the values that ask for it. */
import { GraphQLError, GraphQLScalarType, print } from 'graphql';
import { described } from './described.ts';
import type { Stage } from './stage.ts';

export function customScalars(stage: Stage): GraphQLScalarType<unknown, unknown>[] {
  const output = (name: string) => (value: unknown) => {
    stage.act.calls.push(`${name} writes ${described(value)}`);
    switch (value) {
      case 'throw':
        throw new Error(`${name} cannot write it`);
      case 'undefined':
        return undefined;
      case 'null':
        return null;
      case 'error':
        throw new GraphQLError(`${name} refuses to write it`, { extensions: { code: 'REFUSED' } });
      default:
        return value;
    }
  };
  const input = (name: string) => (value: unknown) => {
    if (value === 'refused') {
      throw new GraphQLError(`${name} refuses it`, { extensions: { code: 'REFUSED' } });
    }
    if (value === 'wrong') {
      throw new Error(`${name} cannot read it`);
    }
    return value === '' ? undefined : { read: value };
  };
  return [
    new GraphQLScalarType({ name: 'S0', coerceOutputValue: output('S0'), coerceInputValue: input('S0') }),
    new GraphQLScalarType({
      name: 'S1',
      coerceOutputValue: output('S1'),
      coerceInputValue: input('S1'),
      coerceInputLiteral: (node) => ({ read: print(node) }),
    }),
    // As scalars were written before graphql 17; this one's values never reach its own functions' logs.
    new GraphQLScalarType({ name: 'S2', serialize: (value) => value, parseValue: input('S2') }),
  ];
}
