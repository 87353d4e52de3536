/** Lists: arrays, other iterables and asynchronous iterables, item by item. */
import {
  type FieldNode,
  GraphQLError,
  type GraphQLResolveInfo,
  locatedError,
  responsePathAsArray,
} from 'graphql';
import type { Execution, Path, Position } from './execution.ts';
import { asPromise, forwarded, Pending, PendingList, PromisedValue } from './pending.ts';
import type { Complete, PlannedField } from './plan.ts';
import { isPromiseLike, silence } from './promise-like.ts';

const arrayIterator = Array.prototype[Symbol.iterator];

export interface ItemPlan extends Position {
  readonly complete: Complete;
  /** Leaves need no path until something is wrong with them. */
  readonly isLeaf: boolean;
}

/** The value is neither null nor an error, and the path is there. */
export function planList(field: PlannedField, item: ItemPlan): Complete {
  return (execution, value, listPath, info) => {
    const path = listPath as Path;
    if (isAsyncIterable(value)) {
      return forwarded(execution, completeAsyncIterable(item, execution, value, path, info));
    }
    if (typeof value !== 'object' || typeof (value as Iterable<unknown>)[Symbol.iterator] !== 'function') {
      throw new GraphQLError(
        `Expected Iterable, but did not find one for field "${field.parentType}.${field.definition.name}".`,
      );
    }
    return Array.isArray(value) && value[Symbol.iterator] === arrayIterator
      ? completeArray(item, execution, value, path, info)
      : completeIterable(item, execution, value as Iterable<unknown>, path, info);
  };
}

/** The same as for other iterables, by index: an array's iterator makes an object for every item. */
function completeArray(
  item: ItemPlan,
  execution: Execution,
  items: readonly unknown[],
  path: Path,
  info: GraphQLResolveInfo | undefined,
): unknown {
  const list = new ListInProgress(execution);
  let index = 0;
  try {
    // Resolvers may change the array under way, and an iterator would follow.
    for (; index < items.length; index++) {
      list.add(completeItem(item, execution, items[index], index, path, info), index);
    }
  } catch (error) {
    silence(items.slice(index + 1));
    throw error;
  }
  return list.completed();
}

function completeIterable(
  item: ItemPlan,
  execution: Execution,
  items: Iterable<unknown>,
  path: Path,
  info: GraphQLResolveInfo | undefined,
): unknown {
  const list = new ListInProgress(execution);
  const iterator = items[Symbol.iterator]();
  try {
    for (let index = 0; ; index++) {
      const iteration = iterator.next();
      if (iteration.done) break;
      list.add(completeItem(item, execution, iteration.value, index, path, info), index);
    }
  } catch (error) {
    // The items after the one that nulls the list are looked at for promises alone, as graphql-js does.
    silence(remaining(iterator));
    throw error;
  }
  return list.completed();
}

class ListInProgress {
  private readonly execution: Execution;
  private readonly results: unknown[] = [];
  private pending: PendingList | undefined = undefined;

  constructor(execution: Execution) {
    this.execution = execution;
  }

  add(completed: unknown, index: number): void {
    if (completed instanceof Pending) {
      this.pending ??= new PendingList(this.execution, this.results);
      this.pending.waitFor(completed, index);
      this.results.push(null);
    } else {
      this.results.push(completed);
    }
  }

  completed(): unknown {
    return this.pending ?? this.results;
  }
}

/** The completed item, or what stands for it; throws the located error that nulls the list. */
function completeItem(
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

/** In graphql-js's own promises: a list that arrives bit by bit is not where time is saved. */
async function completeAsyncIterable(
  item: ItemPlan,
  execution: Execution,
  items: AsyncIterable<unknown>,
  path: Path,
  info: GraphQLResolveInfo | undefined,
): Promise<unknown> {
  const results: unknown[] = NONE.slice();
  let containsPromise = false;
  const iterator = items[Symbol.asyncIterator]();
  let iteration: IteratorResult<unknown> | undefined;
  try {
    for (let index = 0; ; index++) {
      try {
        iteration = await iterator.next();
      } catch (error) {
        throw locatedError(error, item.nodes as FieldNode[], responsePathAsArray(path));
      }
      if (execution.aborted || iteration.done) break;
      const completed = asPromise(completeItem(item, execution, iteration.value, index, path, info));
      if (completed instanceof Promise) {
        containsPromise = true;
        // It may fail while the next item is awaited.
        silence([completed]);
      }
      results.push(completed);
    }
  } catch (error) {
    closeQuietly(iterator);
    throw error;
  }
  if (execution.aborted) {
    if (!iteration?.done) closeQuietly(iterator);
    execution.throwIfAborted();
  }
  return containsPromise ? Promise.all(results) : results;
}

async function closeQuietly(iterator: AsyncIterator<unknown>): Promise<void> {
  try {
    await iterator.return?.();
  } catch {
    // The list has failed already, and this is not why.
  }
}

function* remaining(iterator: Iterator<unknown>): Iterable<unknown> {
  try {
    for (let iteration = iterator.next(); !iteration.done; iteration = iterator.next()) {
      yield iteration.value;
    }
  } catch {
    // An iterator that fails has nothing more to give.
  }
}

const itemPath = (listPath: Path, index: number): Path => ({
  prev: listPath,
  key: index,
  typename: undefined,
});

const NONE: readonly unknown[] = [];

const isAsyncIterable = (value: unknown): value is AsyncIterable<unknown> =>
  typeof (value as Partial<AsyncIterable<unknown>>)[Symbol.asyncIterator] === 'function';
