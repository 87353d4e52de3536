/**
 * A schema out of a drawn shape: objects `O0…`, interfaces `I0…` (a later one may implement an earlier one), unions
 * `U0…`, input objects `In0…`, two enums and three custom scalars. Its functions do what the stage's script says.
 */
import {
  coerceInputLiteral,
  type GraphQLArgumentConfig,
  GraphQLBoolean,
  GraphQLEnumType,
  type GraphQLFieldConfig,
  GraphQLFloat,
  GraphQLID,
  GraphQLInputObjectType,
  type GraphQLInputType,
  GraphQLInt,
  GraphQLInterfaceType,
  GraphQLList,
  type GraphQLNamedInputType,
  type GraphQLNamedOutputType,
  GraphQLNonNull,
  type GraphQLNullableInputType,
  GraphQLObjectType,
  type GraphQLOutputType,
  GraphQLSchema,
  GraphQLString,
  GraphQLUnionType,
  isNonNullType,
  parseConstValue,
} from 'graphql';
import { literalOf } from './generated-inputs.ts';
import { isTypeOfFor, resolverFor, resolveTypeFor } from './scripted-resolvers.ts';
import { customScalars } from './scripted-scalars.ts';
import type { CompositeShape, FieldShape, InputShape, SchemaShape, TypeShape } from './shapes.ts';
import type { Stage } from './stage.ts';

type Fields = Record<string, GraphQLFieldConfig<unknown, unknown>>;

export function generatedSchema(shape: SchemaShape, stage: Stage): GraphQLSchema {
  const leaves = [
    ...[GraphQLString, GraphQLInt, GraphQLFloat, GraphQLBoolean, GraphQLID],
    ...enums(),
    ...customScalars(stage),
  ];
  const inputs: GraphQLNamedInputType[] = [...leaves];
  for (const [position, { fields, oneOf }] of shape.inputObjects.entries()) {
    const known = [...inputs];
    const name = `In${position}`;
    inputs.push(
      new GraphQLInputObjectType({
        name,
        isOneOf: oneOf,
        fields: Object.fromEntries(
          fields.map((field, index) => [`field${index}`, inputConfig(field, known, oneOf)]),
        ),
      }),
    );
  }
  const outputs: GraphQLNamedOutputType[] = [...leaves];
  const fieldsOf = (fields: readonly FieldShape[], prefix: string): Fields =>
    Object.fromEntries(
      fields.map((field, index) => [`${prefix}${index}`, fieldConfig(field, outputs, inputs, stage)]),
    );

  const interfaces: { readonly type: GraphQLInterfaceType; readonly all: () => Fields }[] = [];
  const implemented = (from: CompositeShape, known: readonly { readonly type: GraphQLInterfaceType }[]) => {
    const direct = from.interfaces.flatMap((index) => known[index % Math.max(1, known.length)]?.type ?? []);
    return [...new Set(direct.flatMap((type) => [type, ...type.getInterfaces()]))];
  };
  const inherited = (types: readonly GraphQLInterfaceType[]): Fields =>
    Object.assign({}, ...interfaces.filter(({ type }) => types.includes(type)).map(({ all }) => all()));

  for (const [position, from] of shape.interfaces.entries()) {
    const earlier = implemented(from, interfaces.slice());
    const all = () => ({ ...inherited(earlier), ...fieldsOf(from.fields, `i${position}f`) });
    const type = new GraphQLInterfaceType({
      name: `I${position}`,
      interfaces: earlier,
      fields: all,
      resolveType: resolveTypeFor(from.typing, stage),
    });
    interfaces.push({ type, all });
  }
  const objects = shape.objects.map((from, position) => {
    const types = implemented(from, interfaces);
    return new GraphQLObjectType({
      name: `O${position}`,
      interfaces: types,
      fields: () => ({ ...narrowed(inherited(types), from.typing), ...fieldsOf(from.fields, 'f') }),
      isTypeOf: isTypeOfFor(`O${position}`, from.typing, stage),
    });
  });
  const unions =
    objects.length === 0
      ? []
      : shape.unions.map(({ members, typing }, position) => {
          const types = [...new Set(members.flatMap((index) => objects[index % objects.length] ?? []))];
          return new GraphQLUnionType({
            name: `U${position}`,
            types,
            resolveType: resolveTypeFor(typing, stage),
          });
        });
  const composites = [...objects, ...interfaces.map(({ type }) => type), ...unions];
  outputs.push(...composites, ...composites, ...composites, ...composites);
  return new GraphQLSchema({
    query: new GraphQLObjectType({ name: 'Query', fields: () => fieldsOf(shape.query, 'q') }),
    mutation: new GraphQLObjectType({ name: 'Mutation', fields: () => fieldsOf(shape.mutation, 'm') }),
    types: [...objects, ...interfaces.map(({ type }) => type)],
  });
}

function enums(): GraphQLEnumType[] {
  return [
    new GraphQLEnumType({ name: 'E0', values: { RED: {}, GREEN: {}, BLUE: {} } }),
    new GraphQLEnumType({
      name: 'E1',
      values: { ONE: { value: 1 }, OBJECT: { value: Object.freeze({ internal: true }) } },
    }),
  ];
}

/** An object may promise more than its interfaces do. */
function narrowed(fields: Fields, typing: number): Fields {
  if (typing % 2 === 0) {
    return fields;
  }
  return Object.fromEntries(
    Object.entries(fields).map(([name, field]) => [
      name,
      isNonNullType(field.type) ? field : { ...field, type: new GraphQLNonNull(field.type) },
    ]),
  );
}

function fieldConfig(
  shape: FieldShape,
  outputs: readonly GraphQLNamedOutputType[],
  inputs: readonly GraphQLNamedInputType[],
  stage: Stage,
): GraphQLFieldConfig<unknown, unknown> {
  return {
    type: wrapped(
      outputs[shape.type.named % outputs.length] ?? GraphQLString,
      shape.type,
    ) as GraphQLOutputType,
    args: Object.fromEntries(
      shape.args.map((arg, index) => [`arg${index}`, inputConfig(arg, inputs, false)]),
    ),
    resolve: resolverFor(shape.resolver, stage),
  };
}

function inputConfig(
  shape: InputShape,
  inputs: readonly GraphQLNamedInputType[],
  oneOf: boolean,
): GraphQLArgumentConfig {
  const named = inputs[shape.type.named % inputs.length] ?? GraphQLString;
  const type = wrapped(named, shape.type) as GraphQLInputType;
  if (oneOf) {
    return { type: (isNonNullType(type) ? type.ofType : type) as GraphQLNullableInputType };
  }
  if (shape.default === null) {
    return { type };
  }
  const literal = parseConstValue(literalOf(type, shape.default), { noLocation: true });
  // As defaults were written before graphql 17: the internal value.
  return shape.default.pick % 5 === 4
    ? { type, defaultValue: coerceInputLiteral(literal, type) }
    : { type, default: { literal } };
}

function wrapped(
  named: GraphQLNamedInputType | GraphQLNamedOutputType,
  { wraps }: TypeShape,
): GraphQLInputType | GraphQLOutputType {
  let type: GraphQLInputType | GraphQLOutputType = named;
  for (const wrap of wraps) {
    if (wrap === 'list') {
      type = new GraphQLList(type) as GraphQLOutputType;
    } else if (!isNonNullType(type)) {
      type = new GraphQLNonNull(type) as GraphQLOutputType;
    }
  }
  return type;
}
