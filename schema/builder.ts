/**
 * The one Pothos builder. Fields are non-null by default.
 *
 * The schema loads in plain Node and does not depend on Workers: resolvers get what they need from the context.
 */
import SchemaBuilder from '@pothos/core';
import ComplexityPlugin from '@pothos/plugin-complexity';
import RelayPlugin from '@pothos/plugin-relay';
import ScopeAuthPlugin from '@pothos/plugin-scope-auth';
import ZodPlugin from '@pothos/plugin-zod';
import type { GatewayContext, PermissionCode } from '../src/graphql/context.ts';
import { badArguments, forbidden, unauthenticated } from './errors.ts';

export interface SchemaTypes {
  Context: GatewayContext;
  DefaultFieldNullability: false;
  DefaultEdgesNullability: { list: false; items: false };
  DefaultNodeNullability: false;
  DefaultAuthStrategy: 'all';
  AuthScopes: {
    signedIn: boolean;
    /** The id of the user whose data it is. */
    self: string;
    permission: PermissionCode;
  };
  Scalars: {
    /** Unix seconds. */
    DateTime: { Input: number; Output: number };
    Decimal: { Input: string; Output: string };
    ID: { Input: string; Output: string };
  };
}

/** The field that returns the connection multiplies by the page size. */
const COUNTED_BY_THE_PAGE = { field: 1, multiplier: 1 };

export const mayDo = ({ viewer }: GatewayContext, permission: PermissionCode): boolean =>
  viewer?.permissions.includes(permission) === true;

export const builder = new SchemaBuilder<SchemaTypes>({
  plugins: [ComplexityPlugin, ScopeAuthPlugin, RelayPlugin, ZodPlugin],
  defaultFieldNullability: false,
  // `operations/operation-cost.ts` counts the cost before an operation runs; the plugin's own check is not used.
  complexity: { disabled: true },
  relay: {
    nodeQueryOptions: false,
    nodesQueryOptions: false,
    cursorType: 'String',
    nodesOnConnection: { description: 'The nodes of `edges`.', complexity: COUNTED_BY_THE_PAGE },
    edgesFieldOptions: {
      description: 'What this page holds, in order.',
      nullable: { list: false, items: false },
      complexity: COUNTED_BY_THE_PAGE,
    },
    nodeFieldOptions: { nullable: false, description: 'What the edge leads to.' },
    cursorFieldOptions: { description: 'Pass it as `after` to go on from here.' },
    pageInfoFieldOptions: { description: 'Where this page stands.' },
    nodeTypeOptions: { description: 'Anything that can be refetched by its global id.' },
    idFieldOptions: { description: 'The global id.' },
    pageInfoTypeOptions: { description: 'Where a page stands in its list.' },
    hasNextPageFieldOptions: { description: 'Whether anything comes after this page.' },
    hasPreviousPageFieldOptions: { description: 'Whether anything comes before this page.' },
    startCursorFieldOptions: { description: 'The cursor of the first edge; null on an empty page.' },
    endCursorFieldOptions: { description: 'The cursor of the last edge; null on an empty page.' },
  },
  scopeAuth: {
    defaultStrategy: 'all',
    authScopes: (context) => ({
      signedIn: context.viewer !== null,
      self: (userId) => context.isSelf(userId),
      permission: (permission) => mayDo(context, permission),
    }),
    unauthorizedError: (_parent, { viewer }) =>
      viewer === null
        ? unauthenticated('Sign in to ask for this.')
        : forbidden('This is not yours to ask for.'),
  },
  zod: { validationError: badArguments },
});

builder.queryType({ description: 'What the gateway answers.' });
