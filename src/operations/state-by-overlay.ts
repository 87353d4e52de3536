/** The state of one operation by the liveness overlay: what its releases and operators have changed. */
import { type LivenessView, OFF } from './liveness-view.ts';
import {
  carriedId,
  type FoundOperation,
  type Liveness,
  type RegisteredOperation,
} from './registered-operation.ts';

export const LIVE: Liveness = { state: 'live' };

export const steered = (
  view: LivenessView,
  operation: RegisteredOperation,
  liveness: Liveness,
): FoundOperation => ({ operation, liveness, timeLimitMs: view.timeLimitMs(carriedId(operation)) });

/** Undefined if the overlay names no release that carries it. */
export function stateBy(view: LivenessView, operation: RegisteredOperation): Liveness | undefined {
  const id = carriedId(operation);
  return view.names(id) ? view.of(id) : undefined;
}

/** The build that runs is published, so no release can end an operation that it carries. */
export const stateWhileBundled = (view: LivenessView, operation: RegisteredOperation): Liveness =>
  view.off.has(carriedId(operation)) ? OFF : LIVE;

/** False if another operation under the same id may be more alive. Only D1 knows it. */
export const isSettled = (id: string, operation: RegisteredOperation, { state }: Liveness): boolean =>
  state === 'live' || (operation.id === id && operation.formOf === undefined);
