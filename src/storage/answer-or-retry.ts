/** Calls of objects that are safe to repeat: the caller of one whose answer is lost is told to send the request again. */
import { GraphQLError } from 'graphql';
import { answerWithin } from './answer-within.ts';

export interface RepeatableCall {
  limitMs: number;
  /** As logs name it. */
  callee: string;
  retryAfterSeconds: number;
  /** For the client. */
  message: string;
  noteLost(error: unknown): void;
}

/**
 * @throws GraphQLError with `SERVICE_UNAVAILABLE` if the answer is lost, or a busy object has refused the call: it may have
 *   done what was asked or not. Any other error of the object is thrown as it is.
 */
export async function answerOrRetry<Answer>(
  ask: () => PromiseLike<Answer>,
  { limitMs, callee, retryAfterSeconds, message, noteLost }: RepeatableCall,
): Promise<Answer> {
  try {
    return await answerWithin(limitMs, callee, ask);
  } catch (error) {
    if (!isLostAnswer(error)) throw error;
    noteLost(error);
    throw new GraphQLError(message, { extensions: { code: 'SERVICE_UNAVAILABLE', retryAfterSeconds } });
  }
}

/** Properties that the platform gives errors of its own: the object was busy, has moved or was restarted. */
const PLATFORM_FAULTS = ['overloaded', 'retryable', 'durableObjectReset'] as const;

function isLostAnswer(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if (error.name === 'TimeoutError' || error.message === LOST_CONNECTION) return true;
  return PLATFORM_FAULTS.some((fault) => Reflect.get(error, fault) === true);
}

/** Without a property to know it by, where the object's process has ended. */
const LOST_CONNECTION = 'Network connection lost.';
