/** The difference between a zone and zone/, for people. */
import { styleText } from 'node:util';
import { ALWAYS_THERE, type Kind } from '../../zone/item-kinds.ts';
import type { Skipped } from '../../zone/within-plan.ts';
import { printable } from '../operations/table.ts';
import type { PhaseChange, RuleChange } from './diff-phase.ts';
import type { ZoneChange, ZoneDiff } from './diff-zone.ts';
import type { Difference } from './differences.ts';
import type { DesiredItem, Fields, FoundItem, FoundRule } from './zone-items.ts';

/** A zone may have thousands of rules by hand. */
const KEPT_SHOWN = 20;
/** A value that is added stands in zone/, too; one that differs is shown to where a person stops reading. */
const ADDED_CHARACTERS = 160;
const DIFFERING_CHARACTERS = 2000;

/** Kinds whose items carry no mark of ours. */
const UNMARKED: readonly Kind[] = [...ALWAYS_THERE, 'bucket domain'];

const SIGNS = { add: '+', change: '~', remove: '-', order: '~' } as const;
const STYLES = { add: 'green', change: 'yellow', remove: 'red', order: 'yellow' } as const;

/** One line, such as `+ pool primary-pool`. */
export function nameOfChange(change: ZoneChange): string {
  if (change.action === 'rules') {
    const counts = (['add', 'change', 'remove', 'order'] as const).flatMap((action) => {
      const count = change.changes.filter((one) => one.action === action).length;
      return count === 0 ? [] : [action === 'order' ? 'other order' : `${SIGNS[action]}${count}`];
    });
    return `~ rules of ${change.phase} (${counts.join(', ')})`;
  }
  const item = change.action === 'remove' ? change.found : change.item;
  return `${SIGNS[change.action]} ${nameOfItem(item)}`;
}

export function planText(diff: ZoneDiff, skipped: readonly Skipped[]): string {
  const { changes, kept, conflicts, fixed } = diff;
  const keptNames = [
    ...kept.items.map(nameOfItem),
    ...kept.rules.map(({ phase, rule }) => `rule ${nameOfFoundRule(rule)} in ${phase}`),
  ];
  return [
    ...changes.flatMap((change) => (change.action === 'rules' ? phaseLines(change) : itemLines(change))),
    ...section('Made by hand, and kept', shortened(keptNames)),
    ...section('Skipped', [
      ...skipped.map(skippedText),
      ...fixed.map((item) => `${nameOfItem(item)}: the API does not let this zone change it`),
    ]),
    ...section('To be decided before anything is applied', conflicts),
    summary(diff, keptNames.length, skipped.length + fixed.length),
  ].join('\n');
}

export const skippedText = ({ key, needs }: Skipped): string => {
  const wants = [
    ...(needs.plan === undefined ? [] : [`the plan ${needs.plan}`]),
    ...(needs.addOn === undefined
      ? []
      : [`the add-on ${needs.addOn} (--add-ons ${needs.addOn}, where it is bought)`]),
  ];
  return `${key}: needs ${wants.join(' and ')}`;
};

function itemLines(change: Exclude<ZoneChange, PhaseChange>): string[] {
  const { action } = change;
  if (action === 'remove') return [line(action, nameOfItem(change.found), whenOf(change.found.changedAt))];
  if (action === 'add') return [line(action, nameOfItem(change.item)), ...valueLines(change.item.fields)];
  const { item, found, differences } = change;
  const isAdopted = !found.isOurs && !UNMARKED.includes(found.kind);
  const byHand = isAdopted ? ', made by hand' : '';
  return [line(action, nameOfItem(item), whenOf(found.changedAt) + byHand), ...differenceLines(differences)];
}

function phaseLines({ phase, ruleset, changes }: PhaseChange): string[] {
  const version = ruleset === null ? 'no rules yet' : `version ${ruleset.version}`;
  return [
    line('change', `rules of ${phase}`, ` (${version})`),
    ...changes.flatMap(ruleLines).map((text) => `  ${text}`),
  ];
}

function ruleLines(change: RuleChange): string[] {
  switch (change.action) {
    case 'add': {
      const { ref, description, ...fields } = change.rule;
      return [line('add', `rule ${ref}`, describedBy(description)), ...valueLines(fields)];
    }
    case 'change':
      return [
        line('change', `rule ${change.rule.ref}`, whenOf(change.found.last_updated)),
        ...differenceLines(change.differences),
      ];
    case 'remove':
      return [line('remove', `rule ${nameOfFoundRule(change.found)}`, whenOf(change.found.last_updated))];
    case 'order':
      return [
        line('order', 'order of rules'),
        ...differenceLines([{ path: 'refs', before: change.before, now: change.now }]),
      ];
  }
}

const line = (action: keyof typeof SIGNS, name: string, more = '') =>
  `${styleText(STYLES[action], SIGNS[action])} ${printable(name + more)}`;

const differenceLines = (differences: readonly Difference[]) =>
  differences.map(({ path, before, now }) =>
    printable(
      `    ${path}: ${valueText(before, DIFFERING_CHARACTERS)} → ${valueText(now, DIFFERING_CHARACTERS)}`,
    ),
  );

const valueLines = (fields: Fields) =>
  Object.entries(fields).flatMap(([name, value]) =>
    value === undefined ? [] : [printable(`    ${name}: ${valueText(value, ADDED_CHARACTERS)}`)],
  );

function valueText(value: unknown, characters: number): string {
  if (value === undefined) return '(none)';
  const text = JSON.stringify(value);
  return text.length <= characters ? text : `${text.slice(0, characters)}…`;
}

const nameOfItem = ({ kind, key }: DesiredItem | FoundItem) => `${kind} ${key}`;

const nameOfFoundRule = ({ id, ref, description }: FoundRule) =>
  `${ref === undefined || ref === id ? id : ref}${describedBy(description)}`;

const describedBy = (description: unknown) =>
  description === undefined || description === '' ? '' : ` “${description}”`;

const whenOf = (changedAt: string | undefined) =>
  changedAt === undefined ? '' : ` (last changed ${changedAt.slice(0, 16).replace('T', ' ')} UTC)`;

const section = (title: string, lines: readonly string[]) =>
  lines.length === 0 ? [] : ['', `${title}:`, ...lines.map((text) => `  ${printable(text)}`)];

const shortened = (lines: readonly string[]) =>
  lines.length <= KEPT_SHOWN
    ? lines
    : [...lines.slice(0, KEPT_SHOWN), `and ${(lines.length - KEPT_SHOWN).toLocaleString('en')} more`];

function summary({ changes, conflicts }: ZoneDiff, keptCount: number, skippedCount: number): string {
  const actions = changes.flatMap((change) =>
    change.action === 'rules' ? change.changes.map(({ action }) => action) : [change.action],
  );
  const count = (...desired: string[]) => actions.filter((action) => desired.includes(action)).length;
  const counts = `${count('add')} to add, ${count('change', 'order')} to change, ${count('remove')} to remove`;
  const first = changes.length === 0 && conflicts.length === 0 ? 'The zone is as zone/ says' : counts;
  const others = `${keptCount.toLocaleString('en')} made by hand and kept, ${skippedCount} skipped`;
  return `${changes.length === 0 && keptCount + skippedCount === 0 ? '' : '\n'}${first}; ${others}.`;
}
