import { Command } from '@commander-js/extra-typings';
import { afterEach, expect, test, vi } from 'vitest';
import { refusal } from '../../../scripts/operations/command-failure.ts';
import { runProgram } from '../../../scripts/operations/run-program.ts';

const exitCode = process.exitCode;
afterEach(() => {
  vi.restoreAllMocks();
  process.exitCode = exitCode;
});

test('a failure is printed line by line, and its control characters as text', async () => {
  const printed = vi.spyOn(console, 'error').mockReturnValue();
  const program = new Command().action(() => {
    throw refusal('LOCKED', 'A run deploys\n\u001b[2Jmallory\tnow');
  });
  process.argv = ['node', 'command'];
  await runProgram(program);
  expect(printed.mock.calls).toEqual([['A run deploys\n\\u{1b}[2Jmallory    now']]);
  expect(process.exitCode).toBe(1);
});
