import { getEventListeners } from 'node:events';
import {
  AbortedGraphQLExecutionError,
  buildSchema,
  type GraphQLResolveInfo,
  execute as graphqlExecute,
} from 'graphql';
import { describe, expect, it } from 'vitest';
import { argumentsOf, executedByPlan } from '../../support/execution/both-execute.ts';
import { atRest } from '../../support/execution/scheduler.ts';

const schema = buildSchema(`
  type Query { now: String, node: Query, waits: String, node2: Query, list: [String], must: String! }
  type Mutation { first: String, second: String }
`);

interface Try {
  readonly controller: AbortController;
  readonly calls: string[];
  /** Ends what `waits` waits for. */
  release: () => void;
}

type Root = (made: Try) => Readonly<Record<string, unknown>>;

/** Runs it by both executors, does `meanwhile` once everything rests, and says how each ended. */
async function bothEnd(document: string, root: Root, meanwhile: (made: Try) => void = () => undefined) {
  const ends = [];
  for (const execute of [graphqlExecute, executedByPlan]) {
    const made: Try = { controller: new AbortController(), calls: [], release: () => undefined };
    const rootValue = root(made);
    const args = argumentsOf({ schema, document, rootValue, abortSignal: made.controller.signal });
    let returned: unknown;
    try {
      returned = execute(args);
    } catch (error) {
      ends.push({ how: 'threw', error, calls: made.calls, made });
      continue;
    }
    const settled = Promise.resolve(returned).then(
      (result) => ({ how: 'answered', result, calls: made.calls, made }),
      (error) => ({ how: 'rejected', error, calls: made.calls, made }),
    );
    await atRest();
    meanwhile(made);
    ends.push(await settled);
    made.release();
    await atRest();
  }
  return ends as {
    how: string;
    error: AbortedGraphQLExecutionError<unknown>;
    result: unknown;
    calls: string[];
    made: Try;
  }[];
}

const waiting = (made: Try, value: unknown) => () => {
  made.calls.push('waits');
  return new Promise((resolve) => {
    made.release = () => resolve(value);
  });
};

describe('a signal', () => {
  it('that was aborted before has execution throw its reason', async () => {
    const reason = new Error('too late');
    const rootValue = { now: 'now' };
    for (const execute of [graphqlExecute, executedByPlan]) {
      const args = argumentsOf({
        schema,
        document: '{ now }',
        rootValue,
        abortSignal: AbortSignal.abort(reason),
      });
      expect(() => execute(args)).toThrow(reason);
    }
  });

  it('that nobody aborts changes nothing, and is no longer listened to afterwards', async () => {
    for (const end of await bothEnd(
      '{ now waits }',
      (made) => ({ now: 'now', waits: waiting(made, 'done') }),
      (made) => made.release(),
    )) {
      expect(end).toMatchObject({ how: 'answered', result: { data: { now: 'now', waits: 'done' } } });
      expect(getEventListeners(end.made.controller.signal, 'abort')).toEqual([]);
      end.made.controller.abort();
    }
  });

  it('is no longer listened to after an answer that needed no waiting', async () => {
    for (const end of await bothEnd('{ now must }', () => ({ now: 'now' }))) {
      expect(end.how).toBe('answered');
      expect(getEventListeners(end.made.controller.signal, 'abort')).toEqual([]);
    }
  });
});

describe('aborting while a resolver works', () => {
  const document = '{ now node { waits } }';
  const root: Root = (made) => ({ now: 'now', node: { waits: waiting(made, 'done') } });

  it('rejects at once, with the reason, and with what there will be', async () => {
    const reason = new Error('changed my mind');
    for (const end of await bothEnd(document, root, ({ controller }) => controller.abort(reason))) {
      expect(end.how).toBe('rejected');
      expect(end.error).toBeInstanceOf(AbortedGraphQLExecutionError);
      expect(end.error).toMatchObject({ message: 'changed my mind', cause: reason });
      expect(end.error.abortedResult).toBeInstanceOf(Promise);
      expect(JSON.parse(JSON.stringify(await end.error.abortedResult))).toEqual({
        data: { now: 'now', node: { waits: null } },
        errors: [{ message: 'Aborted!', locations: [{ line: 1, column: 14 }], path: ['node', 'waits'] }],
      });
    }
  });

  it.each([
    { reason: 'a text', message: 'a text' },
    { reason: { message: 'an object’s message' }, message: 'an object’s message' },
    { reason: null, message: 'null' },
    { reason: undefined, message: 'This operation was aborted' },
  ])('says $message where the reason is $reason', async ({ reason, message }) => {
    for (const end of await bothEnd(document, root, ({ controller }) => controller.abort(reason))) {
      expect(end).toMatchObject({ how: 'rejected', error: { message } });
    }
  });

  it('has nobody called below what comes later', async () => {
    const after: Root = (made) => ({
      node: waiting(made, { now: () => made.calls.push('too late') }),
    });
    for (const end of await bothEnd('{ node { now } }', after, ({ controller }) => controller.abort())) {
      expect(end.calls).toEqual(['waits']);
    }
  });

  it('begins no further mutation', async () => {
    const changes: Root = (made) => ({
      first: waiting(made, 'done'),
      second: () => made.calls.push('too late'),
    });
    for (const end of await bothEnd('mutation { first second }', changes, ({ controller }) =>
      controller.abort(),
    )) {
      expect(end.how).toBe('rejected');
      expect(end.calls).toEqual(['waits']);
    }
  });

  it('ends an asynchronous list that goes on', async () => {
    const endless: Root = ({ calls, controller }) => ({
      list: {
        [Symbol.asyncIterator]: () => ({
          next: async () => {
            calls.push('next');
            if (calls.length === 2) {
              controller.abort();
            }
            return { done: false, value: 'item' };
          },
          return: async () => {
            calls.push('return');
            return { done: true, value: undefined };
          },
        }),
      },
    });
    for (const end of await bothEnd('{ list }', endless)) {
      expect(end.how).toBe('rejected');
      await atRest();
      expect(end.calls).toEqual(['next', 'next', 'return']);
    }
  });
});

describe('aborting from within a resolver that is not waited for', () => {
  it('throws, with the result as it was', async () => {
    const root: Root = ({ controller, calls }) => ({
      now: () => {
        controller.abort(new Error('enough'));
        return 'now';
      },
      node: { now: () => calls.push('still called') },
    });
    for (const end of await bothEnd('{ now node { now } }', root)) {
      expect(end).toMatchObject({ how: 'threw', error: { message: 'enough' } });
      expect(end.error.abortedResult).toMatchObject({ data: { now: 'now' } });
      expect(end.calls).toEqual(['still called']);
    }
  });
});

describe('the signal that resolvers get', () => {
  const document = '{ node { waits } }';
  const signals: AbortSignal[] = [];
  const root: Root = (made) => ({
    node: {
      waits: (_args: unknown, _context: unknown, info: GraphQLResolveInfo) => {
        const signal = info.getAbortSignal();
        if (signal !== undefined) {
          signals.push(signal);
        }
        return waiting(made, 'done')();
      },
    },
  });

  it('is aborted with the caller’s, for its reason', async () => {
    signals.length = 0;
    const reason = new Error('changed my mind');
    await bothEnd(document, root, ({ controller }) => controller.abort(reason));
    expect(signals.map((signal) => [signal.aborted, signal.reason])).toEqual(Array(2).fill([true, reason]));
  });

  it('is aborted too when the answer is there', async () => {
    signals.length = 0;
    await bothEnd(document, root, (made) => {
      expect(signals.at(-1)?.aborted).toBe(false);
      made.release();
    });
    expect(signals.map(({ aborted }) => aborted)).toEqual([true, true]);
  });

  it('is there without a caller’s signal as well', async () => {
    let seen: AbortSignal | undefined;
    const rootValue = {
      now: (_args: unknown, _context: unknown, info: GraphQLResolveInfo) => {
        seen = info.getAbortSignal();
        return String(seen?.aborted);
      },
    };
    expect(executedByPlan(argumentsOf({ schema, document: '{ now }', rootValue }))).toEqual({
      data: { now: 'false' },
    });
    expect(seen?.aborted).toBe(true);
  });
});
