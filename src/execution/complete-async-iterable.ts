import { type FieldNode, type GraphQLResolveInfo, locatedError, responsePathAsArray } from 'graphql';
import { completeItem, type ItemPlan } from './complete-item.ts';
import type { Execution, Path } from './execution.ts';
import { silence } from './promise-like.ts';
import { asPromise } from './promised-value.ts';

/** Uses promises like graphql-js: an asynchronous list is slow in any case. */
export async function completeAsyncIterable(
  item: ItemPlan,
  execution: Execution,
  items: AsyncIterable<unknown>,
  path: Path,
  info: GraphQLResolveInfo | undefined,
): Promise<unknown> {
  const results: unknown[] = [];
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
        // It may reject while the next item is awaited.
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
    // The list has already failed for another reason.
  }
}
