/** The desired zone, for people: `plan` shows it where it cannot ask the API. */
import type { DesiredZone } from '../../zone/desired-zone.ts';
import { KINDS } from '../../zone/item-kinds.ts';
import { withinPlan } from '../../zone/within-plan.ts';
import { desiredState } from './desired-state.ts';
import { skippedText } from './print-plan.ts';

export function desiredText(zone: DesiredZone): string {
  const { items, phases } = desiredState(zone);
  const kinds = KINDS.map(
    (kind) => [kind, items.filter((item) => item.kind === kind).map(({ key }) => key)] as const,
  );
  const rules = phases.map(({ phase, rules }) => [`rule of ${phase}`, rules.map(({ ref }) => ref)] as const);
  const lists = [...kinds, ...rules].filter(([, names]) => names.length > 0);
  const needs = needsOf(zone);
  return [
    `The zone ${zone.name} is to have:`,
    ...lists.flatMap(([title, names]) => [
      `  ${title} (${names.length}):`,
      ...names.map((name) => `    ${name}`),
    ]),
    ...(needs.length === 0 ? [] : ['', 'Not on each plan:', ...needs.map((text) => `  ${text}`)]),
  ].join('\n');
}

/** All that a zone of the cheapest plan skips. */
const needsOf = (zone: DesiredZone) =>
  withinPlan(zone, { plan: 'free', addOns: [] }).skipped.map(skippedText);
