/**
 * Every field of a schema, and a shortest document that reaches it from where an entry starts.
 *
 * Each object type is reached by its own entry, or through fields from another entry's type. A field that no entry
 * reaches is a fault, and so is a field that needs arguments which nobody has given.
 */
import {
  type GraphQLField,
  type GraphQLObjectType,
  type GraphQLSchema,
  getNamedType,
  isCompositeType,
  isInterfaceType,
  isObjectType,
  isRequiredArgument,
  isUnionType,
} from 'graphql';

/** The place where a walk begins: an object or interface type, and how an asker opens it. */
export interface Entry {
  title: string;
  type: string;
  /** Types of earlier entries that this one asks for again. */
  again?: readonly string[];
}

/** A field, and the fields that lead to it. */
export interface Step {
  coordinate: string;
  name: string;
  /** Of a field that is not a scalar, if no field in it is asked for. */
  selection: string;
}
export interface Way {
  entry: Entry;
  /** From the entry's type; the last one is the field itself. */
  steps: readonly Step[];
}

function stepOf(typeName: string, field: GraphQLField<unknown, unknown>): Step {
  const returned = getNamedType(field.type);
  const isResult = isUnionType(returned) && returned.getTypes().some(({ name }) => name === 'Rejection');
  const selection = isResult ? '__typename ... on Rejection { code }' : '__typename';
  return {
    coordinate: `${typeName}.${field.name}`,
    name: field.name,
    selection: isCompositeType(returned) ? selection : '',
  };
}

function fieldsOf(schema: GraphQLSchema, typeName: string): GraphQLField<unknown, unknown>[] {
  const type = schema.getType(typeName);
  if (!isObjectType(type) && !isInterfaceType(type)) throw new Error(`${typeName} has no fields`);
  return Object.values(type.getFields());
}

export function coordinatesOf(schema: GraphQLSchema): string[] {
  return Object.values(schema.getTypeMap())
    .filter((type) => (isObjectType(type) || isInterfaceType(type)) && !type.name.startsWith('__'))
    .flatMap(({ name }) => fieldsOf(schema, name).map((field) => `${name}.${field.name}`));
}

/**
 * @param given the coordinates of the fields that the caller gives arguments
 * @throws Error with the coordinates that nobody reaches, or whose arguments are missing.
 */
export function waysThrough(
  schema: GraphQLSchema,
  entries: readonly Entry[],
  given: ReadonlySet<string>,
): Way[] {
  const starts = new Set(entries.map(({ type }) => type));
  const covered = new Set<string>();
  const ways = entries.flatMap((entry) => {
    const from = waysFrom(schema, entry, (name) => !starts.has(name) && !covered.has(name));
    for (const { steps } of from) covered.add(steps.at(-1)?.coordinate.split('.')[0] ?? '');
    return from;
  });
  const reached = new Set(ways.map(({ steps }) => steps.at(-1)?.coordinate));
  const missing = coordinatesOf(schema).filter((coordinate) => !reached.has(coordinate));
  if (missing.length > 0) throw new Error(`no entry reaches ${missing.join(', ')}`);
  const withoutArguments = ways
    .flatMap(({ steps }) => steps)
    .filter(({ coordinate }) => needsArguments(schema, coordinate) && !given.has(coordinate));
  if (withoutArguments.length > 0) {
    const names = [...new Set(withoutArguments.map(({ coordinate }) => coordinate))];
    throw new Error(`nobody has given the arguments of ${names.join(', ')}`);
  }
  return ways;
}

function waysFrom(schema: GraphQLSchema, entry: Entry, isNew: (type: string) => boolean): Way[] {
  const ways: Way[] = [];
  const queue: { type: string; steps: readonly Step[] }[] = [{ type: entry.type, steps: [] }];
  const seen = new Set([entry.type]);
  for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
    for (const field of fieldsOf(schema, next.type)) {
      const steps = [...next.steps, stepOf(next.type, field)];
      ways.push({ entry, steps });
      const returned = getNamedType(field.type) as GraphQLObjectType;
      const isOpen = isNew(returned.name) || entry.again?.includes(returned.name) === true;
      if (!isObjectType(returned) || seen.has(returned.name) || !isOpen) continue;
      seen.add(returned.name);
      queue.push({ type: returned.name, steps });
    }
  }
  return ways;
}

function needsArguments(schema: GraphQLSchema, coordinate: string): boolean {
  const [typeName = '', fieldName] = coordinate.split('.');
  const field = fieldsOf(schema, typeName).find(({ name }) => name === fieldName);
  return field?.args.some(isRequiredArgument) === true;
}
