import { GraphQLError, type GraphQLResolveInfo } from 'graphql';
import { completeAsyncIterable } from './complete-async-iterable.ts';
import { completeItem, type ItemPlan } from './complete-item.ts';
import type { Execution, Path } from './execution.ts';
import { Pending, PendingList } from './pending.ts';
import type { Complete, PlannedField } from './plan.ts';
import { silence } from './promise-like.ts';
import { forwarded } from './promised-value.ts';

const arrayIterator = Array.prototype[Symbol.iterator];

/** The value must be neither null nor an error, and the path is required. */
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

/** Iterates by index, because an array's iterator makes an object for every item. */
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
    // The length is read each time: a resolver may change the array, and an iterator would follow.
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
    // As in graphql-js, items after the one that nulls the list are only searched for promises.
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

function* remaining(iterator: Iterator<unknown>): Iterable<unknown> {
  try {
    for (let iteration = iterator.next(); !iteration.done; iteration = iterator.next()) {
      yield iteration.value;
    }
  } catch {
    // A failed iterator has no more items.
  }
}

const isAsyncIterable = (value: unknown): value is AsyncIterable<unknown> =>
  typeof (value as Partial<AsyncIterable<unknown>>)[Symbol.asyncIterator] === 'function';
