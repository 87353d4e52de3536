import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { KIND_ACCESS } from '../../../scripts/zone/kinds.ts';
import { permissionOfPhase } from '../../../scripts/zone/read-zone.ts';
import { ADD_ONS, OWNER_MARK, REF_PREFIX, type ZonePhase } from '../../../zone/desired-zone.ts';
import { DESIRED_ZONE } from '../../../zone/zone.ts';

const PAGE = readFileSync('docs/zone.md', 'utf8');

test('names each permission that the commands ask for', () => {
  const phases = Object.keys(DESIRED_ZONE.rulesets) as ZonePhase[];
  const texts = [
    ...Object.values(KIND_ACCESS).map(({ permission }) => permission),
    ...phases.map(permissionOfPhase),
  ];
  const permissions = texts.flatMap((text) => text.match(/[A-Z][\w :]*: (?:Edit|Read)/g) ?? []);
  expect(permissions.length).toBeGreaterThanOrEqual(texts.length);
  expect(permissions.filter((permission) => !PAGE.includes(permission))).toEqual([]);
});

test('names the marks and the add-ons', () => {
  for (const name of [OWNER_MARK, REF_PREFIX, ...ADD_ONS]) expect(PAGE).toContain(`\`${name}\``);
});
