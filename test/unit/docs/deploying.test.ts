import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { SECRET_NAMES } from '../../../src/config.ts';
import { SITE } from '../../../zone/site.ts';

const page = readFileSync('docs/deploying.md', 'utf8');

test('docs/deploying.md has a command that puts each secret', () => {
  expect(
    SECRET_NAMES.filter((name) => !page.includes(`npx wrangler secret put ${name} --env production`)),
  ).toEqual([]);
});

test('docs/deploying.md makes the bucket of the static files, by its name in zone/', () => {
  expect(page).toContain(`npx wrangler r2 bucket create ${SITE.cdnBucket}\n`);
});
