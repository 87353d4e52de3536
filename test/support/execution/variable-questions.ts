/** Fields with one argument `v` of every kind of input type, which answer with the arguments they got, as JSON. */
import { buildSchema, GraphQLError, type GraphQLScalarType } from 'graphql';
import { bothExecute, type Question } from './both-execute.ts';

const schema = buildSchema(`
  type Query {
    boolean(v: Boolean): String
    int(v: Int): String
    float(v: Float): String
    string(v: String): String
    id(v: ID): String
    colour(v: Colour): String
    odd(v: Odd): String
    filter(v: Filter): String
    choice(v: Choice): String
    list(v: [Int]): String
    strict(v: [Int!]!): String
    nested(v: [[Int]]): String
    withDefault(v: Int = 7): String
  }
  enum Colour { RED GREEN }
  scalar Odd
  input Filter { text: String!, size: Int = 10, tags: [String!], inner: Filter, colour: Colour = RED }
  input Choice @oneOf { a: String, b: Int }
`);
const odd = schema.getType('Odd') as GraphQLScalarType<unknown, unknown>;
odd.coerceInputValue = (value) => {
  if (value === 'plainly') {
    throw new Error('not today');
  }
  if (value === 'coded') {
    throw new GraphQLError('never', { extensions: { code: 'NEVER' } });
  }
  return value === 'nothing' ? undefined : `odd ${value}`;
};
const shown = (args: unknown) => JSON.stringify(args);
const FIELDS = Object.keys(schema.getQueryType()?.getFields() ?? {});
const rootValue = Object.fromEntries(FIELDS.map((field) => [field, shown]));

export function ask(
  document: string,
  variableValues?: Record<string, unknown>,
  rest: Partial<Question> = {},
) {
  return bothExecute(() => ({
    schema,
    document,
    rootValue,
    ...(variableValues && { variableValues }),
    ...rest,
  }));
}

/** Of a query with one variable `$v` of the type. */
export function askWith(
  field: string,
  type: string,
  variableValues: Record<string, unknown>,
  rest?: Partial<Question>,
) {
  return ask(`query ($v: ${type}) { ${field}(v: $v) }`, variableValues, rest);
}
