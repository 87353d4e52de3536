/** The zone's file, for people: what `plan` shows where it cannot ask the API. */
import type { Availability, DesiredZone } from '../../zone/desired-zone.ts';
import { skippedText } from './print-plan.ts';
import { wantedZone } from './wanted-zone.ts';
import { KINDS } from './zone-items.ts';

export function desiredText(zone: DesiredZone): string {
  const { items, phases } = wantedZone(zone);
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

function needsOf(zone: DesiredZone): string[] {
  const named = <Item extends Availability>(items: readonly Item[], nameOf: (item: Item) => string) =>
    items.flatMap((item) =>
      item.needs === undefined ? [] : [skippedText({ name: nameOf(item), needs: item.needs })],
    );
  return [
    ...named(zone.settings, ({ id }) => id),
    ...named(zone.monitors, ({ description }) => description),
    ...named(zone.pools, ({ name }) => name),
    ...named(zone.loadBalancers, ({ name }) => name),
    ...Object.values(zone.rulesets).flatMap((rules: readonly (Availability & { ref: string })[]) =>
      named(rules, ({ ref }) => ref),
    ),
  ];
}
