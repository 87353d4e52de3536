/** Requests as a careless or malicious client may send them: mostly right for the schema, and wrong anywhere. */
import * as fc from 'fast-check';
import {
  type GraphQLArgument,
  type GraphQLField,
  type GraphQLInputType,
  type GraphQLNamedType,
  type GraphQLObjectType,
  type GraphQLSchema,
  getNamedType,
  getNullableType,
  isAbstractType,
  isInputType,
  isInterfaceType,
  isLeafType,
  isListType,
  isObjectType,
  isRequiredArgument,
  parse,
  typeFromAST,
} from 'graphql';
import { drawnValue, INHERITED, literal, wrong } from './drawn-values.ts';

export interface DrawnRequest {
  query: string;
  variables: unknown;
}

/** A piece of a document; `$name` gives the variables that it uses. */
type Piece = (variable: (type: GraphQLInputType, value: unknown) => string) => string;

function argumentOf({ name, type }: GraphQLArgument): fc.Arbitrary<Piece> {
  return fc.tuple(drawnValue(type), fc.boolean()).map(
    ([value, isLiteral]): Piece =>
      (variable) =>
        `${name}: ${isLiteral ? literal(value, type) : variable(type, value)}`,
  );
}

function selectionOf(schema: GraphQLSchema, type: GraphQLNamedType, depth: number): fc.Arbitrary<Piece> {
  const own = isObjectType(type) || isInterfaceType(type) ? Object.values(type.getFields()) : [];
  const fields = own.filter((field) => depth > 0 || isLeafType(getNamedType(field.type)));
  const alias = fc.option(fc.constantFrom(...INHERITED), { freq: 8, nil: undefined });
  const choices = fields.map((field) => {
    const optional = field.args.filter((argument) => !isRequiredArgument(argument));
    const sent = fc
      .subarray(optional)
      .chain((chosen) => fc.tuple(...[...field.args.filter(isRequiredArgument), ...chosen].map(argumentOf)));
    const named = getNamedType(field.type);
    const inner = isLeafType(named) ? fc.constant(null) : selectionOf(schema, named, depth - 1);
    return fc.tuple(alias, sent, inner).map(
      ([other, given, selection]): Piece =>
        (variable) => {
          const list = given.map((piece) => piece(variable)).join(' ');
          const text = `${other === undefined ? '' : `${other}: `}${field.name}${list === '' ? '' : `(${list})`}`;
          return selection === null ? text : `${text} { ${selection(variable)} }`;
        },
    );
  });
  const fragments = isAbstractType(type)
    ? schema.getPossibleTypes(type).map((possible) =>
        selectionOf(schema, possible, depth - 1).map(
          (piece): Piece =>
            (variable) =>
              `... on ${possible} { ${piece(variable)} }`,
        ),
      )
    : [];
  return fc
    .array(
      fc.oneof(
        fc.constant<Piece>(() => '__typename'),
        ...choices,
        ...fragments,
      ),
      { minLength: 1, maxLength: 3 },
    )
    .map(
      (pieces): Piece =>
        (variable) =>
          pieces.map((piece) => piece(variable)).join(' '),
    );
}

/** A document over the schema, with variables, of which some are called like members of every object. */
export function drawnDocuments(schema: GraphQLSchema): fc.Arbitrary<DrawnRequest> {
  const roots = [schema.getQueryType(), schema.getSubscriptionType()].filter((type) => type != null);
  const kinds = roots.map((root, at) =>
    selectionOf(schema, root, 3).map((piece) => {
      const variables: [name: string, definition: string, value: unknown][] = [];
      const selection = piece((type, value) => {
        const name = INHERITED[variables.length] ?? `v${variables.length}`;
        variables.push([name, `$${name}: ${type}`, value]);
        return `$${name}`;
      });
      const definitions = variables.map(([, definition]) => definition).join(', ');
      const query = `${at === 0 ? 'query' : 'subscription'} Q${definitions === '' ? '' : `(${definitions})`} { ${selection} }`;
      return { query, variables: Object.fromEntries(variables.map(([name, , value]) => [name, value])) };
    }),
  );
  return fc.oneof({ weight: 4, arbitrary: kinds[0] as fc.Arbitrary<DrawnRequest> }, ...kinds.slice(1));
}

interface Place {
  path: readonly GraphQLField<unknown, unknown>[];
  argument: GraphQLArgument;
}

/** Every argument below the type, each at the end of its shortest path. */
function argumentPlaces(root: GraphQLObjectType): Place[] {
  const places: Place[] = [];
  const seen = new Set<GraphQLNamedType>([root]);
  const reached: [GraphQLNamedType, Place['path']][] = [[root, []]];
  for (const [type, above] of reached) {
    if (!isObjectType(type)) continue;
    for (const field of Object.values(type.getFields())) {
      const path = [...above, field];
      places.push(...field.args.map((argument) => ({ path, argument })));
      const below = getNamedType(field.type);
      if (seen.has(below)) continue;
      seen.add(below);
      reached.push([below, path]);
    }
  }
  return places;
}

/** A query that is right but for the value of one argument, which a variable has. */
export function drawnArguments(schema: GraphQLSchema): fc.Arbitrary<DrawnRequest> {
  const places = argumentPlaces(schema.getQueryType() as GraphQLObjectType);
  const right: Record<string, string> = {
    symbol: '"BTC"',
    by: '{ symbol: "BTC" }',
    of: '{ projectId: "eth" }',
  };
  return fc.constantFrom(...places).chain(({ path, argument }) => {
    const last = path.at(-1);
    const selection = path.reduceRight((inner, field) => {
      const given = field.args.filter((other) => isRequiredArgument(other) && other !== argument);
      const texts = given.map(
        ({ name, type }) =>
          `${name}: ${right[name] ?? (isListType(getNullableType(type)) ? '["BTC", "ETH"]' : '"eth"')}`,
      );
      if (field === last) texts.push(`${argument.name}: $value`);
      const list = texts.length === 0 ? '' : `(${texts.join(' ')})`;
      return `${field.name}${list}${isLeafType(getNamedType(field.type)) ? '' : ` { ${inner} }`}`;
    }, '__typename');
    const query = `query ($value: ${argument.type}) { ${selection} }`;
    return fc.oneof(wrong, drawnValue(argument.type)).map((value) => ({ query, variables: { value } }));
  });
}

/** Variables for a document: of their types, wrong, missing, or others that it does not take. */
export function drawnVariables(schema: GraphQLSchema, document: string): fc.Arbitrary<unknown> {
  const [operation] = parse(document).definitions;
  const definitions =
    operation && 'variableDefinitions' in operation ? (operation.variableDefinitions ?? []) : [];
  const values: Record<string, fc.Arbitrary<unknown>> = {};
  for (const { variable, type } of definitions) {
    const declared = typeFromAST(schema, type);
    if (isInputType(declared)) values[variable.name.value] = drawnValue(declared);
  }
  const requiredKeys = definitions
    .filter(({ type }) => type.kind === 'NonNullType')
    .map(({ variable }) => variable.name.value);
  const right = fc.record(values, { requiredKeys });
  return fc.oneof({ weight: 12, arbitrary: right }, wrong);
}
