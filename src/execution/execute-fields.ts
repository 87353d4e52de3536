import type { Execution, Path } from './execution.ts';
import { Pending, PendingObject } from './pending.ts';
import type { ObjectPlan } from './plan.ts';

/** @returns an object of the response, or a `Pending` if any field is pending. */
export function executeFields(
  { fields, blank }: ObjectPlan,
  execution: Execution,
  source: unknown,
  path: Path | undefined,
): unknown {
  const results: Record<string, unknown> = { ...blank };
  let pending: PendingObject | undefined;
  for (const field of fields) {
    const value = field.run(execution, source, path);
    if (value instanceof Pending) {
      pending ??= new PendingObject(execution, results);
      pending.waitFor(value, field.responseName);
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
  { fields, blank }: ObjectPlan,
  execution: Execution,
  source: unknown,
): unknown {
  const results: Record<string, unknown> = { ...blank };
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
