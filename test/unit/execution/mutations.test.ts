import { buildSchema } from 'graphql';
import { describe, expect, it } from 'vitest';
import { bothExecute, type Question } from '../../support/execution/both-execute.ts';

const schema = buildSchema(`
  type Query { number: Int }
  type Mutation { now(to: Int): Holder, later(to: Int): Holder, fails: Holder, failsLater: Holder, must: Holder! }
  type Holder { number: Int, log: [String] }
`);

/** A root whose changes take time, and that notes when each begins and ends. */
function numbers() {
  const log: string[] = [];
  let number = 0;
  const change = (to: number) => {
    number = to;
    log.push(`${to} is there`);
    return { number: () => number, log: () => [...log] };
  };
  return {
    log,
    root: {
      now: ({ to }: { to: number }) => {
        log.push(`${to} begins`);
        return change(to);
      },
      later: async ({ to }: { to: number }) => {
        log.push(`${to} begins`);
        await new Promise((resolve) => setImmediate(resolve));
        return change(to);
      },
      fails: () => {
        throw new Error('failed at once');
      },
      failsLater: async () => {
        await new Promise((resolve) => setImmediate(resolve));
        throw new Error('failed later');
      },
      must: () => null,
    },
  };
}

function ask(document: string) {
  const logs: string[][] = [];
  const question = (): Question => {
    const { root, log } = numbers();
    logs.push(log);
    return { schema, document, rootValue: root };
  };
  return { logs, answer: bothExecute(question) };
}

it('begins a change when the one before has ended, also where that took time', async () => {
  const document = `mutation {
    first: later(to: 1) { number }
    second: now(to: 2) { number }
    third: later(to: 3) { number }
    fourth: later(to: 4) { number log }
  }`;
  const { answer, logs } = ask(document);
  const log = [1, 2, 3, 4].flatMap((to) => [`${to} begins`, `${to} is there`]);
  expect(await answer).toEqual({
    data: { first: { number: 1 }, second: { number: 2 }, third: { number: 3 }, fourth: { number: 4, log } },
  });
  expect(logs).toEqual([log, log]);
});

it('waits for all below a change before the next begins', async () => {
  const slow = buildSchema(
    'type Query { a: Int } type Mutation { change: Slow, next: Int } type Slow { leaf: Int }',
  );
  const logs: string[][] = [];
  const question = (): Question => {
    const log: string[] = [];
    logs.push(log);
    const leaf = async () => {
      await new Promise((resolve) => setImmediate(resolve));
      log.push('leaf');
      return 1;
    };
    const next = () => {
      log.push('next');
      return 2;
    };
    return {
      schema: slow,
      document: 'mutation { change { leaf } next }',
      rootValue: { change: { leaf }, next },
    };
  };
  expect(await bothExecute(question)).toEqual({ data: { change: { leaf: 1 }, next: 2 } });
  expect(logs).toEqual([
    ['leaf', 'next'],
    ['leaf', 'next'],
  ]);
});

it('goes on after a change that failed', async () => {
  const document = `mutation {
    first: later(to: 1) { number }
    fails { number }
    second: later(to: 2) { number }
    failsLater { number }
    third: now(to: 3) { number }
  }`;
  expect(await ask(document).answer).toEqual({
    data: {
      first: { number: 1 },
      fails: null,
      second: { number: 2 },
      failsLater: null,
      third: { number: 3 },
    },
    errors: [
      { message: 'failed at once', locations: [{ line: 3, column: 5 }], path: ['fails'] },
      { message: 'failed later', locations: [{ line: 5, column: 5 }], path: ['failsLater'] },
    ],
  });
});

it('begins no further change after one that must not be null is', async () => {
  const document =
    'mutation { first: later(to: 1) { number } must { number } second: now(to: 2) { number } }';
  const { answer, logs } = ask(document);
  expect(await answer).toEqual({
    data: null,
    errors: [
      {
        message: 'Cannot return null for non-nullable field Mutation.must.',
        locations: [{ line: 1, column: 43 }],
        path: ['must'],
      },
    ],
  });
  expect(logs).toEqual(Array(2).fill(['1 begins', '1 is there']));
});

it('changes once where a field is mentioned twice, and gives what both select', async () => {
  const { answer, logs } = ask('mutation { now(to: 1) { number } now(to: 1) { log } }');
  expect(await answer).toEqual({ data: { now: { number: 1, log: ['1 begins', '1 is there'] } } });
  expect(logs).toEqual(Array(2).fill(['1 begins', '1 is there']));
});

it('leaves out changes that are skipped, with their effect', async () => {
  const { answer, logs } = ask(
    'mutation { now(to: 1) @skip(if: true) { number } second: now(to: 2) { number } }',
  );
  expect(await answer).toEqual({ data: { second: { number: 2 } } });
  expect(logs).toEqual(Array(2).fill(['2 begins', '2 is there']));
});

const CHANGES = [0, 1, 2, 3];
const MICROTASKS = Array.from({ length: 12 }, (_, count) => count);

describe.each(CHANGES)('after %i changes', (before) => {
  it.each(CHANGES)('and before %i, a failure ends a mutation neither sooner nor later', async (after) => {
    const broken = buildSchema(`
      type Query { a: Int }
      type Mutation { change: Int, breaks: Broken! }
      type Broken { sibling: Int, must: Int! }
    `);
    const changes = (count: number, name: string) =>
      Array.from({ length: count }, (_, index) => `${name}${index}: change`).join(' ');
    const document = `mutation { ${changes(before, 'a')} breaks { sibling must } ${changes(after, 'z')} }`;
    const throwsAfter = (microtasks: number) => async () => {
      for (let passed = 0; passed < microtasks; passed++) await null;
      throw new Error(`failed after ${microtasks} microtasks`);
    };
    const must = {
      'at once': () => null,
      later: async () => null,
      'by a throw': throwsAfter(1),
    };
    const told = new Set<number>();
    for (const microtasks of MICROTASKS) {
      for (const fails of Object.values(must)) {
        const breaks = { sibling: throwsAfter(microtasks), must: fails };
        for (const value of [breaks, async () => breaks]) {
          const rootValue = { change: async () => 1, breaks: value };
          const answer = await bothExecute(() => ({ schema: broken, document, rootValue }));
          told.add(answer.errors?.length ?? 0);
        }
      }
    }
    // The sibling's failure comes in time in some runs, and in others too late.
    expect([...told].sort()).toEqual([1, 2]);
  });
});
