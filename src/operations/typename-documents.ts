/**
 * The documents that client caches make of an operation's document: they add `__typename` to the end of each selection
 * set but the operation's own.
 *
 * The rules are those of `addTypenameToDocument` (@apollo/client 3 and 4) and `formatDocument` (@urql/core). They differ
 * where a selection set has `__typename` under an alias, or introspection: Apollo adds nothing there, urql does.
 */
import { type DocumentNode, type FieldNode, Kind, type SelectionNode, visit } from 'graphql';

const TYPENAME: FieldNode = { kind: Kind.FIELD, name: { kind: Kind.NAME, value: '__typename' } };

type IsTyped = (selection: SelectionNode) => boolean;

const typedForApollo: IsTyped = (selection) =>
  selection.kind === Kind.FIELD && selection.name.value.startsWith('__');

const typedForUrql: IsTyped = (selection) =>
  selection.kind === Kind.FIELD && selection.name.value === '__typename' && selection.alias === undefined;

/** One document for each rule; two of them may be equal. */
export const typenameDocuments = (document: DocumentNode): DocumentNode[] =>
  [typedForApollo, typedForUrql].map((isTyped) => withTypenames(document, isTyped));

function withTypenames(document: DocumentNode, isTyped: IsTyped): DocumentNode {
  return visit(document, {
    SelectionSet: {
      leave(node, _key, parent) {
        const isRoot = parent !== undefined && 'kind' in parent && parent.kind === Kind.OPERATION_DEFINITION;
        if (isRoot || node.selections.some(isTyped)) return undefined;
        return { ...node, selections: [...node.selections, TYPENAME] };
      },
    },
  });
}
