/**
 * The arguments of a field for its `complexity` function, coerced, without default values of the schema: the function
 * applies them itself. A value that is missing or invalid is undefined: execution reports it.
 */
import {
  coerceInputLiteral,
  type FieldNode,
  type GraphQLField,
  type GraphQLInputType,
  getNullableType,
  isInputObjectType,
  isListType,
  Kind,
  type ValueNode,
} from 'graphql';
import type { Choose } from './greatest-over-choices.ts';

/** @param type of the place where the variable stands */
export type ReadVariable = (name: string, type: GraphQLInputType, choose: Choose) => unknown;

/** Values are read when the function asks for them: it chooses among the values of those alone. */
export function readArguments(
  node: FieldNode,
  field: GraphQLField<unknown, unknown>,
  readVariable: ReadVariable,
  choose: Choose,
): Record<string, unknown> {
  const read = (value: ValueNode, type: GraphQLInputType): unknown => {
    const inner = getNullableType(type);
    if (value.kind === Kind.VARIABLE) return readVariable(value.name.value, type, choose);
    if (value.kind === Kind.LIST && isListType(inner)) {
      return value.values.map((item) => read(item, inner.ofType));
    }
    if (value.kind === Kind.OBJECT && isInputObjectType(inner)) {
      const fields = inner.getFields();
      return lazyObject(
        value.fields.map(({ name, value: given }): LazyProperty => {
          const declared = fields[name.value];
          return [name.value, () => (declared === undefined ? undefined : read(given, declared.type))];
        }),
      );
    }
    return coerceInputLiteral(value, type);
  };
  return lazyObject(
    (node.arguments ?? []).map(({ name, value }): LazyProperty => {
      const declared = field.args.find((argument) => argument.name === name.value);
      return [name.value, () => (declared === undefined ? undefined : read(value, declared.type))];
    }),
  );
}

type LazyProperty = readonly [name: string, read: () => unknown];

/** Inherits nothing. A property is read once, so that it is the same at each access. */
export function lazyObject(properties: readonly LazyProperty[]): Record<string, unknown> {
  const object: Record<string, unknown> = Object.create(null);
  for (const [name, read] of properties) {
    Object.defineProperty(object, name, {
      configurable: true,
      enumerable: true,
      get() {
        const value = read();
        Object.defineProperty(object, name, { value, enumerable: true });
        return value;
      },
    });
  }
  return object;
}
