import pTimeout, { TimeoutError } from 'p-timeout';

/**
 * The answer of another object. The call itself runs on after the limit; the timer does not outlive the answer, since a
 * timer keeps a Durable Object from hibernating.
 *
 * @param callee as the error's message names it.
 * @throws TimeoutError of p-timeout, or the call's own error.
 */
export function answerWithin<Answer>(
  limitMs: number,
  callee: string,
  call: () => PromiseLike<Answer>,
): Promise<Answer> {
  // p-timeout calls a `cancel` method if the promise has one. A stub's promise has every method; a native one has not.
  const answer = (async () => call())();
  return pTimeout(answer, {
    milliseconds: limitMs,
    // With `message`, p-timeout would capture a stack at each call: 8 % of a miss.
    fallback: () => {
      throw new TimeoutError(`the ${callee} did not answer within ${limitMs} ms`);
    },
  });
}
