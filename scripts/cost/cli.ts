/** `npm run cost`: counted calls times published prices, for a gateway that runs and for a month of the platform's traffic. */
import { readFile } from 'node:fs/promises';
import { Command } from '@commander-js/extra-typings';
import { daysOption } from '../operations/command.ts';
import { gatewayOf, keyOption, urlOption } from '../operations/gateway-options.ts';
import { runProgram } from '../operations/run-program.ts';
import { platformMonth, printPlatformMonth } from './platform-month.ts';
import { costOfGateway, printGatewayCost } from './print-gateway-cost.ts';

const COSTS = new URL('../../operations/COSTS.md', import.meta.url);
const EXIT_CODES = `
Exit codes:
  0  done
  2  wrong use
  3  the gateway cannot be reached, or does not accept the key`;

const { env } = process;
const program = new Command('npm run cost --')
  .description(
    "Prints the cost of a gateway by operation and day with a forecast of the month, and a month of 50 million requests beside the platform's own estimate.",
  )
  .addOption(urlOption(env))
  .addOption(keyOption())
  .addOption(daysOption())
  .option('--month', 'only the month of 50 million requests, which asks no gateway')
  .option('--json', 'print the result as JSON and nothing else')
  .helpOption('--help', 'print this')
  .addHelpText('afterAll', EXIT_CODES)
  .exitOverride()
  .action(async ({ url, key, days, month: isMonthAlone, json }) => {
    const gateway = isMonthAlone
      ? undefined
      : await costOfGateway(gatewayOf({ url, key }, env), Math.floor(Date.now() / 1000), days);
    const month = platformMonth(await readFile(COSTS, 'utf8'));
    const text = [...(gateway ? [printGatewayCost(gateway, url)] : []), printPlatformMonth(month)];
    console.log(json ? JSON.stringify({ gateway, month }, null, 2) : text.join('\n\n\n'));
  });

await runProgram(program);
