/** `npm run ledger`: lets anybody check the ledger of a pool. It asks for no key. */
import { Argument, Command, InvalidArgumentError } from '@commander-js/extra-typings';
import type { EntryName } from '../../src/investing/verify-ledger.ts';
import { nonEmpty } from '../operations/command.ts';
import { EXIT } from '../operations/command-failure.ts';
import { runProgram } from '../operations/run-program.ts';
import { verify } from './verify.ts';

const EXIT_CODES = `
Exit codes:
  0  the ledger holds
  1  it does not, and the output says where
  2  wrong use
  3  the gateway cannot be reached`;

const entryName = (text: string): EntryName => {
  const [, sequence, hash] = /^([1-9]\d{0,14}):([0-9a-f]{64})$/.exec(text) ?? [];
  if (sequence === undefined || hash === undefined)
    throw new InvalidArgumentError('It must be <sequence>:<hash>, as the API gives them.');
  return { sequence: Number(sequence), hash };
};

const program = new Command('npm run ledger --')
  .description('Checks the ledger of a pool, as anybody can.')
  .exitOverride()
  .helpOption('--help', 'print this')
  .addHelpText('afterAll', EXIT_CODES);
program
  .command('verify')
  .summary('Checks sequence, chain, sums and limits, and says where they break')
  .description(
    'Reads the ledger to its end. Pass what you have kept of it, a head of the pool or a receipt of an investment: without one, nobody can see that the whole chain was made anew.',
  )
  .addArgument(new Argument('<file or URL>').argParser(nonEmpty))
  .option('--head <sequence:hash>', 'an entry that you know, as `ledgerHead` of the pool gave it', entryName)
  .option(
    '--receipt <sequence:hash>',
    'the same, as `receipt` of an investment gave it; may be repeated',
    (text, others: EntryName[]) => [...others, entryName(text)],
    [],
  )
  .option('--investment <global id>', 'print the entries of this investment', nonEmpty)
  .action(async (source, { head, receipt, investment }) => {
    const known = head === undefined ? receipt : [head, ...receipt];
    const { exitCode, text } = await verify(source, { known, investment });
    (exitCode === EXIT.ok ? console.log : console.error)(text);
    process.exitCode = exitCode;
  });

await runProgram(program);
