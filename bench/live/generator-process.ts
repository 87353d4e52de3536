/** The near end of a generator. */
import type { ChildProcess } from 'node:child_process';
import { messageOf, startChild, stopChild } from './child.ts';
import type { GeneratorCalls } from './generator.ts';

export interface Generator extends GeneratorCalls {
  stop(): Promise<void>;
}

export function startGenerator(): Generator {
  const child = startChild('generator.ts');
  return {
    open: (options) => ask<number>(child, 'open', options),
    run: (options) => ask(child, 'run', options),
    receive: (events) => ask<void>(child, 'receive', events),
    messagesSent: () => ask<number>(child, 'messagesSent'),
    sendAll: (text) => ask<void>(child, 'sendAll', text),
    stop: () => stopChild(child),
  };
}

async function ask<Result>(
  child: ChildProcess,
  call: keyof GeneratorCalls,
  options?: object | string | number,
): Promise<Result> {
  child.send({ call, options });
  const answer = (await messageOf(child)) as { result: Result } | { failure: string };
  if ('failure' in answer) throw new Error(answer.failure);
  return answer.result;
}
