import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { KIND_ACCESS } from '../../../scripts/zone/kinds.ts';
import { permissionOfPhase } from '../../../scripts/zone/read-zone.ts';
import { SECRET_NAMES } from '../../../src/config.ts';
import { SITE } from '../../../zone/site.ts';
import { DESIRED_ZONE } from '../../../zone/zone.ts';

const page = readFileSync('docs/deploying.md', 'utf8');

test('docs/deploying.md has a command that puts each secret', () => {
  expect(
    SECRET_NAMES.filter((name) => !page.includes(`npx wrangler secret put ${name} --env production`)),
  ).toEqual([]);
});

test('docs/deploying.md names each permission that the zone needs, of the account or of the zone', () => {
  const phases = Object.keys(DESIRED_ZONE.rulesets) as (keyof typeof DESIRED_ZONE.rulesets)[];
  const needed = [
    ...phases.map(permissionOfPhase),
    ...Object.values(KIND_ACCESS).map(({ permission }) => permission),
  ];
  // Such as: Workers R2 Storage: Edit, of the account; and Zone: Read and DNS: Edit, of the zone
  const columns = needed.flatMap((text) =>
    text.split('; and ').flatMap((part) => {
      const [names = '', owner = ''] = part.split(', of the ');
      return names.split(/(?<=Edit|Read) and /).map((name) => ({ name, owner }));
    }),
  );
  const [, account = '', zone = ''] = /^\| zone \| (.*) \| (.*) \|$/m.exec(page) ?? [];
  const documented = { account: account.split(', '), zone: zone.split(', ') };
  expect(columns.length).toBeGreaterThan(10);
  const missing = columns.filter(({ name, owner }) => !documented[owner as 'zone'].includes(name));
  expect(missing).toEqual([]);
});

test('docs/deploying.md makes the bucket of the static files, by its name in zone/', () => {
  expect(page).toContain(`npx wrangler r2 bucket create ${SITE.cdnBucket}\n`);
});
