/** `npm run alerts`: shows what fires and the state of channels, silences rules, and tests channels. */
import { Argument, Command } from '@commander-js/extra-typings';
import { nonEmpty } from '../operations/command.ts';
import { refusal } from '../operations/command-failure.ts';
import { gatewayOf, keyOption, urlOption } from '../operations/gateway-options.ts';
import { minute } from '../operations/printed-values.ts';
import { runProgram } from '../operations/run-program.ts';
import { printable } from '../operations/table.ts';
import { alertsAnswer, silencedRule, testedChannel } from './alert-answers.ts';
import { durationSeconds } from './duration-seconds.ts';
import { alertsText } from './print-alerts.ts';

const EXIT_CODES = `
Exit codes:
  0  done
  1  refused, or the channel did not take the message
  2  wrong use
  3  the gateway cannot be reached, or does not accept the key`;

const { env } = process;
const program = new Command('npm run alerts --')
  .description('Shows what fires and the state of channels, silences rules, and tests channels.')
  .addOption(urlOption(env))
  .addOption(keyOption())
  .option('--json', 'print the result as JSON and nothing else')
  .helpOption('--help', 'print this')
  .addHelpText('afterAll', EXIT_CODES)
  .exitOverride();

const gateway = () => gatewayOf(program.opts(), env);

const print = (answer: object, text: string) =>
  console.log(program.opts().json ? JSON.stringify(answer, null, 2) : text);

program
  .command('list')
  .summary('Lists open incidents, those of the last day, running silences, rules, and channels')
  .description('A key that reads is enough.')
  .action(async () => {
    const alerts = await gateway().get('/admin/alerts', alertsAnswer);
    print(alerts, alertsText(alerts, Math.floor(Date.now() / 1000)));
  });

program
  .command('silence')
  .summary('Sends no notice of a rule until a time')
  .description(
    'An incident that still fires then is sent, and one that began and ended meanwhile is not. The notice that an incident is over is sent all the same if its first one was. A silence replaces the one before; --for 0m ends it.',
  )
  .addArgument(new Argument('<rule>', 'as its page in docs/runbooks is named').argParser(nonEmpty))
  .requiredOption('--for <duration>', 'such as 30m, 2h or 3d; 7d at most', durationSeconds)
  .action(async (rule, { for: seconds }) => {
    const path = `/admin/alerts/silences/${encodeURIComponent(rule)}`;
    const answer = await gateway().send('PUT', path, { seconds }, silencedRule);
    const { endsAt } = answer.silence;
    const name = printable(rule);
    print(
      answer,
      seconds === 0 ? `${name} is not silenced.` : `${name} is silenced until ${minute(endsAt)} UTC.`,
    );
  });

program
  .command('test')
  .summary('Sends a message to a channel at once')
  .description('PagerDuty opens an incident of it, which stays open until somebody resolves it.')
  .addArgument(new Argument('<channel>', 'its name in ALERT_CHANNELS').argParser(nonEmpty))
  .action(async (channel) => {
    const path = `/admin/alerts/channels/${encodeURIComponent(channel)}/test`;
    const answer = await gateway().send('POST', path, {}, testedChannel);
    const name = printable(channel);
    if (!answer.isSent) throw refusal('NOT_SENT', `${name} did not take the message: ${answer.reason}`);
    print(answer, `${name} has taken the message.`);
  });

await runProgram(program);
