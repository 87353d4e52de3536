import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { answerWithin } from '../../../src/storage/answer-within.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

test('an answer in time is passed on, and leaves no timer that would keep an object awake', async () => {
  expect(await answerWithin(100, 'feed', async () => 'here')).toBe('here');
  await expect(answerWithin(100, 'feed', () => Promise.reject(new Error('no')))).rejects.toThrow('no');
  expect(vi.getTimerCount()).toBe(0);
});

test('no stack is captured for an answer in time: it costs more than the call', async () => {
  const captured = vi.spyOn(Error, 'captureStackTrace');
  await answerWithin(100, 'feed', async () => 'here');
  expect(captured).not.toHaveBeenCalled();
});

test('a call that hangs fails in time, and no method of its stub is called', async () => {
  const asked: PropertyKey[] = [];
  // As workerd's stubs do, whose promises have every method: each is a call of the other object.
  const hanging = new Proxy(new Promise<string>(() => undefined), {
    get: (promise, name) => {
      asked.push(name);
      return name === 'then' ? promise.then.bind(promise) : () => undefined;
    },
  });
  const answer = expect(answerWithin(100, 'feed', () => hanging)).rejects.toThrow(
    'the feed did not answer within 100 ms',
  );
  await vi.advanceTimersByTimeAsync(100);
  await answer;
  expect(asked).not.toContain('cancel');
  expect(vi.getTimerCount()).toBe(0);
});
