/** What resolvers return, throw and reject with, by the type that the schema wants and the script's decisions. */
import {
  GraphQLError,
  type GraphQLObjectType,
  type GraphQLOutputType,
  type GraphQLSchema,
  isAbstractType,
  isEnumType,
  isListType,
  isNonNullType,
  isObjectType,
} from 'graphql';
import { listOf } from './scripted-lists.ts';
import type { Act } from './stage.ts';

/** What every field's parent is: knows its place and its type, and hands out a property for each field. */
export class Source {
  readonly #place: string;
  readonly #type: GraphQLObjectType;

  constructor(act: Act, schema: GraphQLSchema, type: GraphQLObjectType, place: string) {
    this.#place = place;
    this.#type = type;
    const typename = typenameOf(act, type, place);
    const properties = new Map<string, unknown>();
    for (const field of Object.values(type.getFields())) {
      Object.defineProperty(this, field.name, {
        get: () => {
          const { name } = field;
          if (!properties.has(name)) {
            properties.set(name, propertyOf(act, schema, field.type, `${place}.${name}`));
          }
          return properties.get(name);
        },
      });
    }
    if (typename !== undefined) {
      Object.defineProperty(this, '__typename', { value: typename });
    }
  }

  get place(): string {
    return this.#place;
  }

  get typeName(): string {
    return this.#type.name;
  }
}

function typenameOf(act: Act, type: GraphQLObjectType, place: string): unknown {
  const how = act
    .at(`${place}#typename`)
    .choose('right', { missing: 200, unknown: 20, interface: 20, number: 20 });
  switch (how) {
    case 'right':
      return type.name;
    case 'missing':
      return undefined;
    case 'unknown':
      return 'NoSuchType';
    case 'interface':
      return 'I0';
    case 'number':
      return 5;
    default:
      return how satisfies never;
  }
}

/** Values as they are, in functions that the default resolver calls, or in getters that throw. */
function propertyOf(act: Act, schema: GraphQLSchema, type: GraphQLOutputType, place: string): unknown {
  const how = act.at(`${place}#property`).choose('value', { function: 200, throws: 20 });
  switch (how) {
    case 'value':
      return scriptedValue(act, schema, type, place);
    case 'function':
      return function method(this: unknown, ...args: readonly unknown[]) {
        const owner = this instanceof Source ? this.place : String(this);
        act.calls.push(`method ${place} of ${owner} with ${args.length}`);
        return scriptedValue(act, schema, type, place);
      };
    case 'throws':
      throw new Error(`getter ${place}`);
    default:
      return how satisfies never;
  }
}

/** Whatever a resolver of a field of this type, or a list of it, holds: maybe a promise, maybe an error. */
export function scriptedValue(
  act: Act,
  schema: GraphQLSchema,
  type: GraphQLOutputType,
  place: string,
): unknown {
  return act.deliver(place, () => outcomeOf(act, schema, type, place));
}

function outcomeOf(act: Act, schema: GraphQLSchema, type: GraphQLOutputType, place: string): unknown {
  const decisions = act.at(`${place}#what`);
  const what = decisions.choose('value', {
    null: 60,
    undefined: 20,
    wrong: 50,
    throw: 60,
    throwOther: 20,
    throwGraphQLError: 20,
    throwLocated: 10,
    throwShared: 20,
    returnError: 40,
    sharedValue: 20,
    sharedRejection: 20,
    abort: 4,
  });
  if (what !== 'value') {
    act.tell(place, what);
  }
  switch (what) {
    case 'abort':
      act.abort();
      return rightValueOf(act, schema, type, place);
    case 'value':
      return rightValueOf(act, schema, type, place);
    case 'null':
      return null;
    case 'undefined':
      return undefined;
    case 'wrong':
      return WRONG[decisions.next() % WRONG.length];
    case 'throw':
      throw new Error(`thrown at ${place}`);
    case 'throwOther':
      throw NO_ERRORS[decisions.next() % NO_ERRORS.length];
    case 'throwGraphQLError':
      throw new GraphQLError(`coded at ${place}`, { extensions: { code: 'CODED', place } });
    case 'throwLocated':
      throw new GraphQLError(`located at ${place}`, { path: ['elsewhere', 1] });
    case 'sharedValue':
      return act.sharedValue;
    case 'sharedRejection':
      return act.sharedRejection;
    case 'throwShared':
      throw act.sharedError;
    case 'returnError':
      return new TypeError(`returned at ${place}`);
    default:
      return what satisfies never;
  }
}

const WRONG: readonly unknown[] = [
  ...[17, 'text', '', true, Number.NaN, 10n, Symbol('odd')],
  ...[
    {},
    [],
    [[]],
    [undefined, 2],
    new Int8Array(2),
    Object.assign([7], { [Symbol.iterator]: () => [8].values() }),
    new Map([['a', 1]]),
    () => 1,
    Object.create(null),
    { valueOf: () => 4 },
  ],
];
const NO_ERRORS: readonly unknown[] = ['a text', undefined, null, 5, { message: 'an object' }];

function rightValueOf(act: Act, schema: GraphQLSchema, type: GraphQLOutputType, place: string): unknown {
  if (isNonNullType(type)) {
    return rightValueOf(act, schema, type.ofType, place);
  }
  if (isListType(type)) {
    return listOf(act, place, (itemPlace) => scriptedValue(act, schema, type.ofType, itemPlace));
  }
  if (isObjectType(type)) {
    return new Source(act, schema, type, place);
  }
  const pick = act.at(`${place}#value`).next();
  if (isAbstractType(type)) {
    const possible = schema.getPossibleTypes(type);
    const chosen = possible[pick % Math.max(1, possible.length)];
    return chosen === undefined ? {} : new Source(act, schema, chosen, place);
  }
  if (isEnumType(type)) {
    const values = type.getValues();
    return pick % 9 === 8 ? 'NOT_A_VALUE' : values[pick % values.length]?.value;
  }
  const values = LEAF_VALUES[type.name] ?? CUSTOM_VALUES;
  return values[pick % values.length];
}

const LEAF_VALUES: Readonly<Record<string, readonly unknown[]>> = {
  Int: [1, 2, -3, '7', true, 2 ** 31, -0],
  Float: [1.5, 2, '2.5', Number.POSITIVE_INFINITY, -0],
  String: ['x', 'y', 5, true, 'é😀\u2028', new Date(0)],
  Boolean: [true, false, 1, 0],
  ID: ['id1', 2, 'id3', '', 10n],
};
/** The custom scalars' own functions know what the last four ask for. */
const CUSTOM_VALUES: readonly unknown[] = [
  'c',
  { nested: [1, { deep: null }] },
  3,
  'throw',
  'undefined',
  'null',
  'error',
];
