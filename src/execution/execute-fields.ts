import type { Execution, Path } from './execution.ts';
import { Pending, PendingObject } from './pending.ts';
import type { ObjectPlan } from './plan.ts';

/** An object of the response, or what stands for it while a field is pending. */
export function executeFields(
  { fields, hasPrototypeName }: ObjectPlan,
  execution: Execution,
  source: unknown,
  path: Path | undefined,
): unknown {
  const results = emptyObject(hasPrototypeName);
  let pending: PendingObject | undefined;
  for (const field of fields) {
    const value = field.run(execution, source, path);
    if (value instanceof Pending) {
      pending ??= new PendingObject(execution, results);
      pending.waitFor(value, field.responseName);
      // Its place in the order; its value comes later.
      results[field.responseName] = null;
    } else {
      results[field.responseName] = value;
    }
  }
  return pending ?? results;
}

/**
 * The root fields of a mutation: each begins when the one before it is complete, and none after one that failed.
 * A promise of them where one is pending.
 */
export function executeFieldsSerially(
  { fields, hasPrototypeName }: ObjectPlan,
  execution: Execution,
  source: unknown,
): unknown {
  const results = emptyObject(hasPrototypeName);
  const executeFrom = (start: number): unknown => {
    for (const [offset, field] of fields.slice(start).entries()) {
      execution.throwIfAborted();
      const value = field.run(execution, source, undefined);
      if (value instanceof Pending) {
        return value.toPromise().then((completed) => {
          results[field.responseName] = completed;
          return executeFrom(start + offset + 1);
        });
      }
      results[field.responseName] = value;
    }
    return results;
  };
  return executeFrom(0);
}

/** Assigning `__proto__` makes a property only where no prototype has a setter for it. */
function emptyObject(hasPrototypeName: boolean): Record<string, unknown> {
  return hasPrototypeName ? Object.create(null) : {};
}
