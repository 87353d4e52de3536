import type { Execution, Path } from './execution.ts';
import { Pending, PendingObject } from './pending.ts';
import type { FieldPlan, ObjectPlan } from './plan.ts';

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
 * Executes the root fields of a mutation one after the other, and stops at the first failure. A failure passes the fields
 * that are left with one microtask each, as in graphql-js, so each field has its promise from the start.
 *
 * @returns an object of the response, or a promise of it if any field is pending.
 */
export function executeFieldsSerially(
  { fields, hasPrototypeName }: ObjectPlan,
  execution: Execution,
  source: unknown,
): unknown {
  const results = emptyObject(hasPrototypeName);
  const resultsWith = (field: FieldPlan): unknown => {
    execution.throwIfAborted();
    const value = field.run(execution, source, undefined);
    if (value instanceof Pending) {
      return value.toPromise().then((completed) => {
        results[field.responseName] = completed;
        return results;
      });
    }
    results[field.responseName] = value;
    return results;
  };
  return fields.reduce<unknown>(
    (answered, field) =>
      answered instanceof Promise ? answered.then(() => resultsWith(field)) : resultsWith(field),
    results,
  );
}

/** To assign `__proto__` makes a property only where the object inherits no setter for it. */
function emptyObject(hasPrototypeName: boolean): Record<string, unknown> {
  return hasPrototypeName ? Object.create(null) : {};
}
