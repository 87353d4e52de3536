/**
 * The arguments of a field. Values that depend on the document alone are coerced once.
 *
 * As in graphql-js, each call of a resolver gets new objects, so that its changes to them stay invisible to others.
 * (Default values are shared, as in graphql-js.) graphql-js coerces invalid values at request time, so that the errors
 * are its own, and values of custom scalars, so that it calls their functions and nothing calls them more often.
 */
import type { FieldNode, GraphQLField } from 'graphql';
import { ABSENT, argumentSource } from './argument-source.ts';
import { BareObject } from './bare-object.ts';
import type { Execution } from './execution.ts';

export type ArgumentValues = Record<string, unknown>;

/** @throws the error of graphql-js if an argument is invalid. */
export type ReadArguments = (execution: Execution) => ArgumentValues;

export interface PlannedArguments {
  readonly read: ReadArguments;
  /** True if reading can throw. A default resolver uses no arguments, so it skips reading that cannot throw. */
  readonly mayThrow: boolean;
}

export function planArguments(definition: GraphQLField<unknown, unknown>, node: FieldNode): PlannedArguments {
  if (definition.args.length === 0) return { read: () => new BareObject(), mayThrow: false };

  const sources = definition.args.flatMap((argument) => argumentSource(argument, node) ?? []);
  const read: ReadArguments = (execution) => {
    const values: ArgumentValues = new BareObject();
    for (const { name, valueAt } of sources) {
      const value = valueAt(execution);
      if (value !== ABSENT) values[name] = value;
    }
    return values;
  };
  return { read, mayThrow: sources.some(({ mayThrow }) => mayThrow) };
}
