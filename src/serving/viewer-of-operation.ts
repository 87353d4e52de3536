import { GraphQLError, Kind, type OperationDefinitionNode, OperationTypeNode } from 'graphql';
import type { Viewer, ViewerOf } from '../graphql/context.ts';

/** Fields that take other credentials. Clients send the token that has expired with them, as with every request. */
const SIGN_IN_FIELDS: readonly string[] = ['register', 'login', 'refreshSession'];

/**
 * The viewer that an operation runs for. Whatever changes anything reads the session and the rights from D1. An operation
 * that only signs in runs for nobody if the token is not valid.
 */
export async function viewerOfOperation(
  operation: OperationDefinitionNode,
  authorization: string | null,
  viewerOf: ViewerOf,
): Promise<Viewer | null> {
  if (operation.operation !== OperationTypeNode.MUTATION) return viewerOf(authorization, 'cached');
  const viewer = viewerOf(authorization, 'authoritative');
  if (!operation.selectionSet.selections.every(isSignIn)) return viewer;
  return viewer.catch((error: unknown) => {
    if (error instanceof GraphQLError) return null;
    throw error;
  });
}

type Selection = OperationDefinitionNode['selectionSet']['selections'][number];
const isSignIn = (selection: Selection) =>
  selection.kind === Kind.FIELD && SIGN_IN_FIELDS.includes(selection.name.value);
