/**
 * The cache policy of an operation: how long its answer may be kept, and for whom. It follows from the schema's hints.
 *
 * The shortest lifetime among the fields and the values of arguments wins; one private field makes the answer private,
 * one uncacheable field makes it uncacheable. A root field without a hint is uncacheable: a forgotten hint keeps nothing.
 */
import {
  type DocumentNode,
  type GraphQLNamedInputType,
  GraphQLObjectType,
  type GraphQLSchema,
  getNamedType,
  isEnumType,
  isInputObjectType,
  isObjectType,
  Kind,
  type OperationDefinitionNode,
  TypeInfo,
  visit,
  visitWithTypeInfo,
} from 'graphql';
import { CACHE_HINTS, type CacheHint, type CacheLifetime } from '../../schema/cache-hints.ts';

export interface CachePolicy extends Omit<CacheLifetime, 'maxAgeSeconds'> {
  /** Null where an answer must not be kept; the other lifetimes are 0 then. */
  maxAgeSeconds: number | null;
  scope: 'public' | 'private';
  /** The data that an answer depends on: a change of a tag makes it stale. */
  tags: string[];
}

/** A policy under which shared caches may keep an answer. */
export type StorablePolicy = CachePolicy & CacheLifetime;

export const isStorable = (policy: CachePolicy): policy is StorablePolicy =>
  policy.maxAgeSeconds !== null && policy.scope === 'public';

const UNCACHEABLE: CacheHint = { lifetime: null };
const NOT_KEPT = { maxAgeSeconds: null, staleWhileRevalidateSeconds: 0, staleIfErrorSeconds: 0 };

export function cachePolicyOf(
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
): CachePolicy {
  if (operation.operation === 'mutation') return { ...NOT_KEPT, scope: 'private', tags: [] };
  const hints = hintsOf(schema, document);
  const scope = hints.some((hint) => hint.scope === 'private') ? 'private' : 'public';
  const lifetimes = hints.map((hint) => hint.lifetime);
  const isKept =
    operation.operation === 'query' && scope === 'public' && hints.length > 0 && !lifetimes.includes(null);
  return {
    ...(isKept ? shortest(lifetimes.filter((lifetime) => lifetime !== null)) : NOT_KEPT),
    scope,
    tags: [...new Set(hints.flatMap((hint) => hint.tags ?? []))].sort(),
  };
}

export type PolicyOf = (document: DocumentNode, operation: OperationDefinitionNode) => CachePolicy;

/** Remembers the policy for as long as the operation's node is in memory. */
export function createPolicyOf(schema: GraphQLSchema): PolicyOf {
  const known = new WeakMap<OperationDefinitionNode, CachePolicy>();
  return (document, operation) => {
    const policy = known.get(operation) ?? cachePolicyOf(schema, document, operation);
    known.set(operation, policy);
    return policy;
  };
}

const hintAt = (coordinate: string): CacheHint | undefined =>
  Object.hasOwn(CACHE_HINTS, coordinate) ? CACHE_HINTS[coordinate] : undefined;

function hintsOf(schema: GraphQLSchema, document: DocumentNode): CacheHint[] {
  const hints: CacheHint[] = [];
  const types = new TypeInfo(schema);
  const note = (coordinate: string) => {
    const hint = hintAt(coordinate);
    if (hint !== undefined) hints.push(hint);
  };
  visit(
    document,
    visitWithTypeInfo(types, {
      Field: (node) => {
        const parent = types.getParentType();
        const field = types.getFieldDef();
        if (!parent || !field || node.name.value === '__typename') return;
        const hint = hintAt(`${parent.name}.${field.name}`) ?? hintAt(getNamedType(field.type).name);
        if (hint !== undefined) hints.push(hint);
        else if (isRoot(schema, parent)) hints.push(UNCACHEABLE);
      },
      ObjectField: (node) => {
        const parent = getNamedType(types.getParentInputType());
        if (parent && node.value.kind !== Kind.NULL) note(`${parent.name}.${node.name.value}`);
      },
      EnumValue: (node) => {
        const type = getNamedType(types.getInputType());
        if (type) note(`${type.name}.${node.value}`);
      },
      Variable: () => {
        const type = types.getInputType();
        if (type) for (const coordinate of coordinatesWithin(getNamedType(type))) note(coordinate);
      },
      // A default counts where its variable stands.
      VariableDefinition: () => false,
    }),
  );
  return hints;
}

/** Every field of an input object, and every value of an enum, that a value of the type may have. */
function coordinatesWithin(
  type: GraphQLNamedInputType,
  seen = new Set<GraphQLNamedInputType>(),
): Iterable<string> {
  if (seen.has(type)) return [];
  seen.add(type);
  if (isEnumType(type)) return type.getValues().map(({ name }) => `${type.name}.${name}`);
  if (!isInputObjectType(type)) return [];
  return Object.values(type.getFields()).flatMap((field) => [
    `${type.name}.${field.name}`,
    ...coordinatesWithin(getNamedType(field.type), seen),
  ]);
}

function shortest(lifetimes: readonly CacheLifetime[]): CacheLifetime {
  const least = (name: keyof CacheLifetime) => Math.min(...lifetimes.map((lifetime) => lifetime[name]));
  return {
    maxAgeSeconds: least('maxAgeSeconds'),
    staleWhileRevalidateSeconds: least('staleWhileRevalidateSeconds'),
    staleIfErrorSeconds: least('staleIfErrorSeconds'),
  };
}

const isRoot = (schema: GraphQLSchema, type: unknown) =>
  isObjectType(type) &&
  [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()].some(
    (root) => root instanceof GraphQLObjectType && root.name === type.name,
  );
