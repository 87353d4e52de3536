import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { KIND_ACCESS } from '../../../scripts/zone/kinds.ts';
import {
  PHASE_PERMISSIONS,
  permissionText,
  READ_AUDIT_LOG,
  READ_ZONE,
} from '../../../scripts/zone/permissions.ts';
import { OWNER_MARK, REF_PREFIX } from '../../../zone/desired-zone.ts';
import { ADD_ONS } from '../../../zone/plans.ts';

const PAGE = readFileSync('docs/zone.md', 'utf8');

test('names each permission that the commands ask for, of the account or of the zone, and no other', () => {
  const asked = [
    READ_ZONE,
    READ_AUDIT_LOG,
    ...Object.values(PHASE_PERMISSIONS),
    ...Object.values(KIND_ACCESS).flatMap(({ permissions }) => permissions),
  ];
  const [, table = ''] = PAGE.split('| permission | of | for |\n|---|---|---|\n');
  const rows = table.slice(0, table.indexOf('\n\n')).split('\n');
  const named = rows.flatMap((row) => {
    const [, names = '', of] = row.split(/ ?\| ?/);
    return names.split('; ').map((name) => `${name}, of the ${of}`);
  });
  expect(named.sort()).toEqual([...new Set(asked.map((one) => permissionText(one)))].sort());
});

test('names the marks and the add-ons', () => {
  for (const name of [OWNER_MARK, REF_PREFIX, ...ADD_ONS]) expect(PAGE).toContain(`\`${name}\``);
});
