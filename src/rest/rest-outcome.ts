/** An executed result as the answer of an endpoint. */
import type { ExecutionResult } from 'graphql';
import { type Asked, type Endpoint, Reply } from './endpoint.ts';
import { nothingThere, RestRefusal, refusalOfError, warningsOf } from './rest-refusal.ts';

export interface RestOutcome {
  status: 200 | 201 | 204;
  body: object | null;
}

/** A part that failed is null in the answer, and a warning says why. Without the part that the answer is of, it is refused. */
export function outcomeOf(
  endpoint: Endpoint,
  result: ExecutionResult,
  asked: Omit<Asked<unknown>, 'isPartial'>,
): RestOutcome | RestRefusal {
  const { data, errors: [first] = [] } = result;
  const made = data == null ? null : endpoint.answer(data, { ...asked, isPartial: first !== undefined });
  if (made === null) {
    return first === undefined ? nothingThere() : refusalOfError(first, endpoint.parameters);
  }
  if (made instanceof RestRefusal) return made;
  const { status, body } = made instanceof Reply ? made : { status: 200 as const, body: made };
  const isWhole = first === undefined || body === null;
  return { status, body: isWhole ? body : { ...body, warnings: warningsOf(result) } };
}
