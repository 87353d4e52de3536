import { type GraphQLResolveInfo, Kind, type SelectionSetNode } from 'graphql';

/**
 * The `totalCount` of a connection, begun beside its page where it is surely selected: the answer then waits for the
 * longer of two D1 calls, not for one after the other. Where a condition decides, it is begun when it is asked for.
 */
export function countBeside(info: GraphQLResolveInfo, count: () => Promise<number>): () => Promise<number> {
  if (!info.fieldNodes.some(({ selectionSet }) => surelyCounts(selectionSet, info))) return count;
  const begun = count();
  // Where the page fails, nobody asks how many there are.
  begun.catch(() => undefined);
  return () => begun;
}

function surelyCounts(selectionSet: SelectionSetNode | undefined, info: GraphQLResolveInfo): boolean {
  return (
    selectionSet?.selections.some((selection) => {
      if (selection.directives?.length) return false;
      switch (selection.kind) {
        case Kind.FIELD:
          return selection.name.value === 'totalCount';
        case Kind.INLINE_FRAGMENT:
          return surelyCounts(selection.selectionSet, info);
        case Kind.FRAGMENT_SPREAD:
          return surelyCounts(info.fragments[selection.name.value]?.selectionSet, info);
        default:
          throw new Error(`unknown selection ${selection satisfies never}`);
      }
    }) ?? false
  );
}
