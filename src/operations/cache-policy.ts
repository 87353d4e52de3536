import {
  type DocumentNode,
  GraphQLObjectType,
  type GraphQLSchema,
  getNamedType,
  isObjectType,
  type OperationDefinitionNode,
  TypeInfo,
  visit,
  visitWithTypeInfo,
} from 'graphql';
import { CACHE_HINTS, type CacheHint } from '../../schema/cache-hints.ts';
import type { CachePolicy } from './registered-operation.ts';

const UNCACHEABLE: CacheHint = { maxAgeSeconds: null };

/** The shortest lifetime among the fields wins; one private field makes the whole private, and then it is not kept. */
export function cachePolicyOf(
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
): CachePolicy {
  if (operation.operation === 'mutation') return { maxAgeSeconds: null, scope: 'private', tags: [] };
  const hints: CacheHint[] = [];
  const types = new TypeInfo(schema);
  visit(
    document,
    visitWithTypeInfo(types, {
      Field: (node) => {
        const parent = types.getParentType();
        const field = types.getFieldDef();
        if (!parent || !field || node.name.value === '__typename') return;
        const hint =
          CACHE_HINTS[`${parent.name}.${field.name}`] ?? CACHE_HINTS[getNamedType(field.type).name];
        if (hint !== undefined) hints.push(hint);
        else if (isRoot(schema, parent)) hints.push(UNCACHEABLE);
      },
    }),
  );
  const scope = hints.some((hint) => hint.scope === 'private') ? 'private' : 'public';
  const lifetimes = hints.map((hint) => hint.maxAgeSeconds ?? 0);
  const shortest =
    lifetimes.length === 0 || operation.operation === 'subscription' ? 0 : Math.min(...lifetimes);
  return {
    maxAgeSeconds: shortest === 0 || scope === 'private' ? null : shortest,
    scope,
    tags: [...new Set(hints.flatMap((hint) => hint.tags ?? []))].sort(),
  };
}

const isRoot = (schema: GraphQLSchema, type: unknown) =>
  isObjectType(type) &&
  [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()].some(
    (root) => root instanceof GraphQLObjectType && root.name === type.name,
  );
