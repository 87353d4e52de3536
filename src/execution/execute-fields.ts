import type { Execution, Path } from './execution.ts';
import { Pending, PendingObject } from './pending.ts';
import type { ObjectPlan } from './plan.ts';

/** @returns an object of the response, or a `Pending` if any field is pending. */
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
      // Its place in the order of the fields.
      results[field.responseName] = null;
    } else {
      results[field.responseName] = value;
    }
  }
  return pending ?? results;
}

/**
 * Executes the root fields of a mutation one after the other, and stops at the first failure.
 *
 * @returns an object of the response, or a promise of it if any field is pending.
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

/** To assign `__proto__` makes a property only where the object inherits no setter for it. */
function emptyObject(hasPrototypeName: boolean): Record<string, unknown> {
  return hasPrototypeName ? Object.create(null) : {};
}
