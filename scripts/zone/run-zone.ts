/** One call of `npm run zone`, from its arguments to its exit code. */
import { Command, InvalidArgumentError, Option } from '@commander-js/extra-typings';
import { KINDS, type Kind } from '../../zone/item-kinds.ts';
import { ADD_ONS, type AddOn } from '../../zone/plans.ts';
import { type Skipped, withinPlan } from '../../zone/within-plan.ts';
import { DESIRED_ZONE } from '../../zone/zone.ts';
import { EXIT, type ExitCode, refusal } from '../operations/command-failure.ts';
import { failureOf } from '../operations/run-program.ts';
import { applyChanges } from './apply-changes.ts';
import { desiredState } from './desired-state.ts';
import { diffZone, type ZoneDiff } from './diff-zone.ts';
import { desiredText } from './print-desired.ts';
import { planText } from './print-plan.ts';
import { readPlan, readZone } from './read-zone.ts';
import { whoChanged } from './who-changed.ts';
import { missingVariables, type ZoneClient, zoneClient } from './zone-client.ts';
import type { DesiredState, FoundZone } from './zone-items.ts';

const EXIT_CODES = `
Exit codes:
  0  done; for drift, the zone is as zone/ says
  1  drift: something differs; apply: it stopped, and says where; or the API refuses
  2  wrong use, or a variable is missing
  3  the API cannot be reached, or the token has no right to something`;

export interface ZoneSurroundings {
  env: NodeJS.ProcessEnv;
  print(text: string): void;
  complain(text: string): void;
}

interface Comparison {
  diff: ZoneDiff;
  found: FoundZone;
  skipped: readonly Skipped[];
}

export async function runZone(
  args: readonly string[],
  { env, print, complain }: ZoneSurroundings,
): Promise<ExitCode> {
  let exitCode: ExitCode = EXIT.ok;
  const program = new Command('npm run zone --')
    .description('Compares the zone with zone/, and makes it the same.')
    .addOption(
      new Option('--add-ons <names>', `add-ons that you have bought, by commas: ${ADD_ONS.join(', ')}`)
        .env('ZONE_ADD_ONS')
        .argParser(addOnsOf)
        .default([] as AddOn[], 'none'),
    )
    .helpOption('--help', 'print this')
    .addHelpText('afterAll', EXIT_CODES)
    .exitOverride();

  program
    .command('plan')
    .summary('Shows what an apply would change, and changes nothing')
    .addOption(removeUnknownOption())
    .action(async ({ removeUnknown = false }) => {
      const missing = missingVariables(env);
      if (missing.length > 0) {
        print(`${desiredText(DESIRED_ZONE)}\n\nThe zone itself is not read:\n  ${missing.join('\n  ')}`);
        return;
      }
      const { diff, skipped } = await compare(zoneClient(env), removeUnknown);
      print(planText(diff, skipped));
    });

  program
    .command('apply')
    .summary('Makes the changes that plan shows')
    .description('Stops at the first failure, and says what was done and what was not. A run again goes on.')
    .addOption(removeUnknownOption())
    .action(async ({ removeUnknown = false }) => {
      const api = zoneClient(env);
      const { diff, skipped, found } = await compare(api, removeUnknown);
      print(planText(diff, skipped));
      if (diff.conflicts.length > 0) throw refusal('CONFLICT', 'Nothing is changed.');
      if (diff.changes.length === 0) return;
      print('\nDone:');
      await applyChanges(api, diff.changes, found.items, (line) => print(`  ${line}`));
      print('The zone is as zone/ says.');
    });

  program
    .command('drift')
    .summary('Shows what differs, and by whom, and exits with 1 if anything does')
    .description('Items made by hand that zone/ does not name are shown, and are no drift.')
    .action(async () => {
      const api = zoneClient(env);
      const { diff, skipped } = await compare(api, false);
      print(planText(diff, skipped));
      if (diff.changes.length === 0 && diff.conflicts.length === 0) return;
      const who = await whoChanged(api, diff.changes, Date.now());
      if (who.length > 0) print(`\nWho:\n  ${who.join('\n  ')}`);
      exitCode = EXIT.refused;
    });

  return (await failureOf(program, args, complain)) ?? exitCode;

  async function compare(api: ZoneClient, removeUnknown: boolean): Promise<Comparison> {
    const { addOns } = program.opts();
    const plan = await readPlan(api, DESIRED_ZONE.name);
    const { zone, skipped } = withinPlan(DESIRED_ZONE, { plan, addOns });
    print(`Zone ${zone.name}, plan ${plan}, add-ons: ${addOns.join(', ') || 'none'}\n`);
    const desired = desiredState(zone);
    const found = await readZone(api, desired, zone, kindsWithin(desired, desiredState(DESIRED_ZONE)));
    // A run that forgets to name an add-on must not remove what was made with it.
    const leftAlone = skipped.filter(
      ({ needs: { addOn } }) => addOn !== undefined && !addOns.includes(addOn),
    );
    const options = { removeUnknown, leftAlone: new Set(leftAlone.map(({ kind, key }) => `${kind} ${key}`)) };
    return { diff: diffZone(found, desired, options), found, skipped };
  }
}

function addOnsOf(text: string): AddOn[] {
  return text
    .split(',')
    .filter((name) => name.trim() !== '')
    .map((name) => {
      const addOn = ADD_ONS.find((known) => known === name.trim());
      if (addOn === undefined) throw new InvalidArgumentError(`One of ${ADD_ONS.join(', ')}.`);
      return addOn;
    });
}

const removeUnknownOption = () =>
  new Option('--remove-unknown', 'remove items made by hand, too: addresses in DNS, rules, and more');

/** A kind of which all is skipped is not read: without the add-on the API refuses to list it. */
const kindsWithin = (desired: DesiredState, all: DesiredState): Kind[] =>
  KINDS.filter((kind) => {
    const has = ({ items }: DesiredState) => items.some((item) => item.kind === kind);
    return has(desired) || !has(all);
  });
