/** Functions of a generated schema: they note that they were called, and with what, then do what the script says. */
import type {
  GraphQLFieldResolver,
  GraphQLIsTypeOfFn,
  GraphQLResolveInfo,
  GraphQLTypeResolver,
  ResponsePath,
} from 'graphql';
import { print } from 'graphql';
import { described } from './described.ts';
import { Source, scriptedValue } from './scripted-values.ts';
import type { Stage } from './stage.ts';

export function resolverFor(drawn: number, stage: Stage): GraphQLFieldResolver<unknown, unknown> | undefined {
  return drawn % 2 === 0 ? scriptedResolver('resolve', stage) : undefined;
}

export function scriptedResolver(name: string, stage: Stage): GraphQLFieldResolver<unknown, unknown> {
  return (source, args, _context, info) => {
    const { act } = stage;
    const place = placeOf(info.path);
    act.calls.push(
      `${name} ${info.parentType}.${info.fieldName} ${place} ${described(args)} of ${sourceName(source)}`,
    );
    if (act.at(`${place}#info`).choose('ignore', { read: 200 }) === 'read') {
      act.calls.push(`info ${describedInfo(info)}`);
    }
    return scriptedValue(act, info.schema, info.returnType, place);
  };
}

/** How types are told apart: 0 and 1 leave it to `__typename` and `isTypeOf`, 2 and 3 have a `resolveType`. */
export function resolveTypeFor(
  typing: number,
  stage: Stage,
): GraphQLTypeResolver<unknown, unknown> | undefined {
  return typing < 2 ? undefined : scriptedTypeResolver('resolveType', stage);
}

export function scriptedTypeResolver(name: string, stage: Stage): GraphQLTypeResolver<unknown, unknown> {
  return (value, _context, info, abstractType) => {
    const { act } = stage;
    const place = placeOf(info.path);
    act.calls.push(`${name} ${abstractType} ${place} ${sourceName(value)}`);
    const key = `${value instanceof Source ? value.place : place}#resolveType`;
    const resolved = act.deliver(key, () => {
      const how = act
        .at(`${key}#how`)
        .choose('right', { throw: 50, nothing: 30, unknown: 30, other: 40, abstract: 20, number: 20 });
      if (how !== 'right') {
        act.tell(key, how);
      }
      switch (how) {
        case 'right':
          return value instanceof Source ? value.typeName : 'O0';
        case 'throw':
          throw new Error(`resolveType threw at ${key}`);
        case 'nothing':
          return undefined;
        case 'unknown':
          return 'NoSuchType';
        case 'other':
          return 'O1';
        case 'abstract':
          return abstractType.name;
        case 'number':
          return 5;
        default:
          return how satisfies never;
      }
    });
    return resolved as string | undefined;
  };
}

export function isTypeOfFor(
  name: string,
  typing: number,
  stage: Stage,
): GraphQLIsTypeOfFn<unknown, unknown> | undefined {
  if (typing === 0) {
    return undefined;
  }
  return (value, _context, info) => {
    const { act } = stage;
    const place = value instanceof Source ? value.place : placeOf(info.path);
    const key = `${place}#is${name}`;
    act.calls.push(`isTypeOf ${name} ${key} ${sourceName(value)}`);
    const answer = act.deliver(key, () => {
      const how = act.at(`${key}#how`).choose('right', { throw: 50, wrong: 50, odd: 20 });
      if (how === 'throw') {
        throw new Error(`isTypeOf threw at ${key}`);
      }
      const right = value instanceof Source && value.typeName === name;
      return how === 'odd' ? 'yes' : how === 'wrong' ? !right : right;
    });
    return answer as boolean;
  };
}

export function sourceName(value: unknown): string {
  return value instanceof Source ? `${value.typeName}@${value.place}` : described(value);
}

function placeOf(path: ResponsePath): string {
  return path.prev === undefined ? String(path.key) : `${placeOf(path.prev)}.${path.key}`;
}

function typedPath(path: ResponsePath | undefined): string {
  return path === undefined ? '' : `${typedPath(path.prev)}/${path.typename ?? ''}.${path.key}`;
}

function describedInfo(info: GraphQLResolveInfo): string {
  const sources = Object.entries(info.variableValues.sources).map(([name, source]) => [
    name,
    source.signature.name,
    String(source.signature.type),
    source.signature.default,
    'value' in source ? source.value : 'no value',
  ]);
  return described({
    keys: Object.keys(info),
    field: `${info.parentType}.${info.fieldName}: ${info.returnType}`,
    path: typedPath(info.path),
    nodes: info.fieldNodes.map((node) => `${print(node)}@${node.loc?.start}`),
    operation: info.operation.name?.value,
    fragments: Object.keys(info.fragments),
    coerced: info.variableValues.coerced,
    sources,
    root: sourceName(info.rootValue),
    aborted: info.getAbortSignal()?.aborted,
  });
}
