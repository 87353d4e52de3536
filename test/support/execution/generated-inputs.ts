/** Literals and raw variable values of a given input type, read out of a drawn tree. */
import {
  type GraphQLArgument,
  type GraphQLInputField,
  type GraphQLInputType,
  getNullableType,
  isEnumType,
  isInputObjectType,
  isListType,
  isNonNullType,
  isRequiredInputField,
} from 'graphql';
import type { ValueShape } from './shapes.ts';

const PLAIN: ValueShape = { pick: 0, children: [] };

/** Gives the name of a variable that may stand where a value of the type is wanted. */
export type VariableChoice = (
  type: GraphQLInputType,
  shape: ValueShape,
  place: { readonly hasDefault: boolean; readonly oneOf: boolean },
) => string | undefined;

const NO_VARIABLES: VariableChoice = () => undefined;

/** A literal that is right for the type, with variables in it where `variable` gives one. */
export function literalOf(
  type: GraphQLInputType,
  shape: ValueShape = PLAIN,
  variable: VariableChoice = NO_VARIABLES,
  place = { hasDefault: false, oneOf: false },
): string {
  const name = shape.pick % 3 === 2 ? variable(type, shape, place) : undefined;
  if (name !== undefined) {
    return `$${name}`;
  }
  if (isNonNullType(type)) {
    return literalOfNullable(type.ofType, shape, variable);
  }
  return shape.pick % 10 === 1 && !place.oneOf ? 'null' : literalOfNullable(type, shape, variable);
}

function literalOfNullable(type: GraphQLInputType, shape: ValueShape, variable: VariableChoice): string {
  if (isNonNullType(type)) {
    throw new Error('Non-null was taken off before.');
  }
  if (isListType(type)) {
    const single = shape.pick % 5 === 3 && !isListType(getNullableType(type.ofType));
    return single
      ? literalOf(type.ofType, { ...shape, pick: 0 })
      : `[${shape.children.map((child) => literalOf(type.ofType, child, variable)).join(', ')}]`;
  }
  if (isInputObjectType(type)) {
    const fields = chosenFields(Object.values(type.getFields()), type.isOneOf, shape);
    const given = fields.map(([field, child]) => {
      const place = { hasDefault: hasDefault(field), oneOf: type.isOneOf };
      return `${field.name}: ${literalOf(field.type, child, variable, place)}`;
    });
    return `{${given.join(', ')}}`;
  }
  if (isEnumType(type)) {
    const values = type.getValues();
    return values[shape.pick % values.length]?.name ?? '';
  }
  switch (type.name) {
    case 'Int':
      return String(shape.pick - 5);
    case 'Float':
      return String(shape.pick / 4);
    case 'Boolean':
      return String(shape.pick % 2 === 0);
    case 'ID':
      return shape.pick % 2 === 0 ? `"id${shape.pick}"` : String(shape.pick);
    case 'String':
      return `"s${shape.pick}"`;
    default:
      return customLiteral(type, shape, variable);
  }
}

/** A custom scalar takes any literal, also one with variables deep inside. */
function customLiteral(type: GraphQLInputType, shape: ValueShape, variable: VariableChoice): string {
  const [first] = shape.children;
  if (first === undefined) {
    return shape.pick % 2 === 0 ? String(shape.pick) : `"custom${shape.pick}"`;
  }
  return `{a: ${literalOf(type, { ...first, pick: first.pick % 10 === 1 ? 0 : first.pick }, variable)}}`;
}

/** What is required, and as much of the rest as the tree has children for. */
function chosenFields(
  fields: readonly GraphQLInputField[],
  oneOf: boolean,
  shape: ValueShape,
): [GraphQLInputField, ValueShape][] {
  if (oneOf) {
    const field = fields[shape.pick % fields.length];
    return field === undefined ? [] : [[field, shape.children[0] ?? PLAIN]];
  }
  return fields.flatMap((field, position): [GraphQLInputField, ValueShape][] => {
    const child = shape.children[position];
    if (isRequiredInputField(field)) {
      return [[field, child ?? PLAIN]];
    }
    return child === undefined || child.pick % 4 === 3 ? [] : [[field, child]];
  });
}

export function hasDefault(input: GraphQLArgument | GraphQLInputField): boolean {
  return input.defaultValue !== undefined || input.default !== undefined;
}

const WRONG_VALUES: readonly unknown[] = [
  ...['wrong', '', 1.5, -1, 2 ** 40, Number.NaN, true, 10n],
  ...[{}, { unknown: 1 }, [], [null], [['deep']], new Map([['k', 1]]), Object.create(null)],
];

/** A raw variable value: mostly right, else missing, null, wrong, or of a kind that is coerced. */
export function rawValueOf(type: GraphQLInputType, shape: ValueShape = PLAIN): unknown {
  if (shape.pick >= 82 && shape.pick < 87) {
    return undefined;
  }
  if (shape.pick >= 87 && shape.pick < 95) {
    return null;
  }
  if (shape.pick >= 95) {
    return WRONG_VALUES[(shape.pick - 95 + 5 * shape.children.length) % WRONG_VALUES.length];
  }
  if (isNonNullType(type)) {
    return rawValueOf(type.ofType, shape);
  }
  if (isListType(type)) {
    const items = shape.children.map((child) => rawValueOf(type.ofType, child));
    if (shape.pick % 7 === 6) {
      return new Set(items);
    }
    return shape.pick % 7 === 5 ? rawValueOf(type.ofType, { ...shape, pick: 0 }) : items;
  }
  if (isInputObjectType(type)) {
    const fields = chosenFields(Object.values(type.getFields()), type.isOneOf, shape);
    const given = fields.map(([field, child]): [string, unknown] => [
      field.name,
      rawValueOf(field.type, child),
    ]);
    const unknown: [string, unknown][] = shape.pick % 20 === 19 ? [['fieldX', 1]] : [];
    return Object.fromEntries([...given, ...unknown]);
  }
  if (isEnumType(type)) {
    const values = type.getValues();
    return values[shape.pick % values.length]?.name;
  }
  switch (type.name) {
    case 'Int':
      return shape.pick - 5;
    case 'Float':
      return shape.pick / 4;
    case 'Boolean':
      return shape.pick % 2 === 0;
    case 'ID':
      return shape.pick % 2 === 0 ? `id${shape.pick}` : shape.pick;
    case 'String':
      return `s${shape.pick}`;
    default:
      return shape.pick % 8 === 7 ? 'refused' : { custom: shape.pick };
  }
}
