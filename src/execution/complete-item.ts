import type { GraphQLResolveInfo } from 'graphql';
import type { Execution, Path, Position } from './execution.ts';
import { Pending } from './pending.ts';
import type { Complete } from './plan.ts';
import { isPromiseLike } from './promise-like.ts';
import { PromisedValue } from './promised-value.ts';

export interface ItemPlan extends Position {
  readonly complete: Complete;
  /** A leaf needs a path only for an error. */
  readonly isLeaf: boolean;
}

/** @returns the completed item or a `Pending`. @throws the located error that nulls the list. */
export function completeItem(
  item: ItemPlan,
  execution: Execution,
  value: unknown,
  index: number,
  listPath: Path,
  info: GraphQLResolveInfo | undefined,
): unknown {
  if (isPromiseLike(value)) {
    const path = itemPath(listPath, index);
    return new PromisedValue(execution, value, item, item.complete, path, info);
  }
  const path = item.isLeaf ? undefined : itemPath(listPath, index);
  try {
    const completed = item.complete(execution, value, path, info);
    return completed instanceof Pending
      ? completed.guardedBy(item, path ?? itemPath(listPath, index))
      : completed;
  } catch (error) {
    return execution.fail(error, item, path ?? itemPath(listPath, index));
  }
}

const itemPath = (listPath: Path, index: number): Path => ({
  prev: listPath,
  key: index,
  typename: undefined,
});
