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

export interface VariableSource {
  /** @param type of the place where the variable stands */
  read(name: string, type: GraphQLInputType, choose: Choose): unknown;
  /** Arguments, or an input object. */
  objectOf(properties: readonly Property[]): Record<string, unknown>;
}

export function readArguments(
  node: FieldNode,
  field: GraphQLField<unknown, unknown>,
  variables: VariableSource,
  choose: Choose,
): Record<string, unknown> {
  const read = (value: ValueNode, type: GraphQLInputType): unknown => {
    const inner = getNullableType(type);
    if (value.kind === Kind.VARIABLE) return variables.read(value.name.value, type, choose);
    if (value.kind === Kind.LIST && isListType(inner)) {
      return value.values.map((item) => read(item, inner.ofType));
    }
    if (value.kind === Kind.OBJECT && isInputObjectType(inner)) {
      const fields = inner.getFields();
      return variables.objectOf(
        value.fields.map(({ name, value: given }): Property => {
          const declared = fields[name.value];
          return [name.value, () => (declared === undefined ? undefined : read(given, declared.type))];
        }),
      );
    }
    return coerceInputLiteral(value, type);
  };
  return variables.objectOf(
    (node.arguments ?? []).map(({ name, value }): Property => {
      const declared = field.args.find((argument) => argument.name === name.value);
      return [name.value, () => (declared === undefined ? undefined : read(value, declared.type))];
    }),
  );
}

type Property = readonly [name: string, read: () => unknown];

/** Inherits nothing. */
export function objectOfAll(properties: readonly Property[]): Record<string, unknown> {
  const object: Record<string, unknown> = Object.create(null);
  for (const [name, read] of properties) object[name] = read();
  return object;
}

/**
 * Inherits nothing. A property is read at its first access: a function chooses among the values of those alone that it
 * asks for.
 */
export function lazyObjectOf(properties: readonly Property[]): Record<string, unknown> {
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
