import { readdirSync, readFileSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { expect, test } from 'vitest';
import { ALERT_RULES } from '../../../src/alerts/alert-rules.ts';
import { D1_DOWN_RULE } from '../../../src/alerts/d1-failure.ts';
import { SECRET_NAMES } from '../../../src/config.ts';

const FOLDER = 'docs/runbooks';
const read = (page: string) => readFileSync(page, 'utf8');
const RUNBOOKS = readdirSync(FOLDER).map((name) => `${FOLDER}/${name}`);
const PAGES_WITH_COMMANDS = [...RUNBOOKS, 'docs/operating.md', 'docs/backups.md', 'docs/releases.md'];

const migrated = new DatabaseSync(':memory:');
for (const file of readdirSync('migrations').sort()) migrated.exec(read(`migrations/${file}`));

/** The statements that a page has wrangler run. */
const statementsOf = (page: string) =>
  [...read(page).matchAll(/--command "([^"]+)"/g)].map(([, statement = '']) => statement);

test.each(PAGES_WITH_COMMANDS)('the database understands each statement of %s', (page) => {
  for (const statement of statementsOf(page))
    expect(() => migrated.prepare(statement), statement).not.toThrow();
});

test('the statements of runbooks are found', () => {
  expect(RUNBOOKS.flatMap(statementsOf).length).toBeGreaterThan(8);
});

test('the list of runbooks has each of them', () => {
  const listed = [...read(`${FOLDER}/README.md`).matchAll(/\]\(([\w-]+\.md)\)/g)].map(([, name]) => name);
  expect([...new Set(listed), 'README.md'].sort()).toEqual(readdirSync(FOLDER).sort());
});

test('each runbook says where to look first, and whom to wake', () => {
  const byHand = ['README.md', 'rotate-secrets.md', 'restore-database.md'].map((name) => `${FOLDER}/${name}`);
  for (const page of RUNBOOKS.filter((name) => !byHand.includes(name))) {
    const headings = [...read(page).matchAll(/^## (.+)$/gm)].map(([, heading]) => heading);
    expect(headings, page).toEqual(expect.arrayContaining(['Look first', 'Do', 'Wake']));
  }
});

/** Rules that the minute's job does not judge. */
const OTHER_RULES = [
  { runbook: D1_DOWN_RULE, severity: 'page' },
  { runbook: 'nothing-reported', severity: 'page' },
] as const;
const RULES = [...ALERT_RULES, ...OTHER_RULES];

test('each rule has a page that says what it means', () => {
  for (const { runbook } of RULES) expect(read(`${FOLDER}/${runbook}.md`), runbook).toMatch(/^## It means$/m);
});

test.each(['page', 'ticket'] as const)('the list of runbooks has the rules of severity %s', (severity) => {
  const [row = ''] = read(`${FOLDER}/README.md`).match(new RegExp(`^\\| ${severity}: .*$`, 'm')) ?? [];
  const listed = [...row.matchAll(/\]\(([\w-]+)\.md\)/g)].map(([, name]) => name);
  const rules = RULES.filter((rule) => rule.severity === severity).map(({ runbook }) => runbook);
  expect(listed.toSorted()).toEqual([...new Set(rules)].toSorted());
});

test('each secret has a way to be rotated', () => {
  const rotated = read(`${FOLDER}/rotate-secrets.md`);
  expect(SECRET_NAMES.filter((name) => !rotated.includes(`\`${name}\``))).toEqual([]);
});
