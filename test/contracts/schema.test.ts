import { readFileSync } from 'node:fs';
import {
  buildSchema,
  type GraphQLArgument,
  type GraphQLInputField,
  type GraphQLNamedType,
  type GraphQLSchema,
  getNamedType,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isObjectType,
  isUnionType,
  valueFromASTUntyped,
} from 'graphql';
import { describe, expect, it } from 'vitest';

const readSchema = (path: string) => buildSchema(readFileSync(new URL(path, import.meta.url), 'utf8'));
const contract = readSchema('./schema.graphql');
const gateway = readSchema('../../schema/schema.graphql');

/** Every type that an operation can reach, through fields, arguments, input fields and implementations. */
function reachable(from: GraphQLSchema): Map<string, GraphQLNamedType> {
  const reached = new Map<string, GraphQLNamedType>();
  const visit = (type: GraphQLNamedType | null | undefined) => {
    if (!type || reached.has(type.name)) return;
    reached.set(type.name, type);
    if (isObjectType(type) || isInterfaceType(type)) {
      for (const field of Object.values(type.getFields())) {
        visit(getNamedType(field.type));
        for (const argument of field.args) visit(getNamedType(argument.type));
      }
      for (const implemented of type.getInterfaces()) visit(implemented);
    }
    if (isInterfaceType(type)) for (const object of from.getImplementations(type).objects) visit(object);
    if (isUnionType(type)) for (const member of type.getTypes()) visit(member);
    if (isInputObjectType(type))
      for (const field of Object.values(type.getFields())) visit(getNamedType(field.type));
  };
  visit(from.getQueryType());
  visit(from.getMutationType());
  visit(from.getSubscriptionType());
  return reached;
}

/** A default as written, whatever the order of an object's fields. */
function printDefault(input: GraphQLArgument | GraphQLInputField): string {
  const literal = input.default?.literal;
  if (literal === undefined) return 'none';
  const value = valueFromASTUntyped(literal);
  const inOrder = Object.fromEntries(Object.entries(Object(value)).sort(([a], [b]) => (a < b ? -1 : 1)));
  return JSON.stringify(typeof value === 'object' ? inOrder : value);
}

const inputShape = (input: GraphQLArgument | GraphQLInputField) =>
  `${input.name}: ${input.type} = ${printDefault(input)}`;

/** One line for each thing a client may rely on. */
function promises(type: GraphQLNamedType): string[] {
  if (isEnumType(type)) return type.getValues().map((value) => `${type.name}.${value.name}`);
  if (isInputObjectType(type)) {
    const fields = Object.values(type.getFields()).map((field) => `${type.name}.${inputShape(field)}`);
    return [...fields, `${type.name} @oneOf ${type.isOneOf}`];
  }
  if (isObjectType(type) || isInterfaceType(type)) {
    const lines = type.getInterfaces().map((implemented) => `${type.name} implements ${implemented.name}`);
    for (const field of Object.values(type.getFields())) {
      lines.push(`${type.name}.${field.name}: ${field.type}`);
      for (const argument of field.args) lines.push(`${type.name}.${field.name}(${inputShape(argument)})`);
    }
    return lines;
  }
  if (isUnionType(type)) return type.getTypes().map((member) => `${type.name} = ${member}`);
  return [`scalar ${type.name}`];
}

const contractTypes = reachable(contract);
const gatewayTypes = reachable(gateway);

describe('the printed schema', () => {
  it.each([...contractTypes.keys()].filter((name) => !name.startsWith('__')))(
    'holds all that the contract promises of %s',
    (name) => {
      const promised = contractTypes.get(name);
      const held = gatewayTypes.get(name);
      if (promised === undefined || held === undefined) throw new Error(`${name} is not in the schema`);
      expect(promises(held)).toEqual(expect.arrayContaining(promises(promised)));
    },
  );

  it('reaches what the contract is about', () => {
    expect([...contractTypes.keys()]).toEqual(
      expect.arrayContaining([
        'Query',
        'Mutation',
        'Subscription',
        'Project',
        'Price',
        'IdoPool',
        'Investment',
        'User',
        'ProjectKey',
        'Decimal',
      ]),
    );
  });

  it('describes every type, field, argument, input field and enum value of its own', () => {
    const undescribed: string[] = [];
    const check = (described: { description?: string | null | undefined }, name: string) => {
      if (!described.description) undescribed.push(name);
    };
    for (const type of gatewayTypes.values()) {
      if (type.name.startsWith('__')) continue;
      check(type, type.name);
      if (isEnumType(type)) for (const value of type.getValues()) check(value, `${type.name}.${value.name}`);
      if (isObjectType(type) || isInterfaceType(type) || isInputObjectType(type)) {
        for (const field of Object.values(type.getFields())) {
          check(field, `${type.name}.${field.name}`);
          if ('args' in field) {
            for (const argument of field.args)
              check(argument, `${type.name}.${field.name}(${argument.name})`);
          }
        }
      }
    }
    // The specification's own scalars describe themselves.
    expect(undescribed).toEqual([]);
  });
});
