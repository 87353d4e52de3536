import fc from 'fast-check';
import { expect, test } from 'vitest';
import { differencesOf, ruleDifferences } from '../../../scripts/zone/differences.ts';
import type { DesiredRule, FoundRule } from '../../../scripts/zone/zone-items.ts';

const RATE_LIMIT = { characteristics: ['cf.colo.id', 'ip.src'], period: 10, requests_per_period: 100 };
const DESIRED: DesiredRule = {
  ref: 'com2000_a',
  action: 'block',
  description: 'a',
  expression: 'true',
  ratelimit: RATE_LIMIT,
};
const found = (fields: Partial<FoundRule> = {}): FoundRule => ({
  ...DESIRED,
  id: 'id',
  enabled: true,
  version: '4',
  last_updated: '2026-11-26T20:00:00Z',
  ...fields,
});
const pathsOf = (rule: FoundRule, desired = DESIRED) =>
  ruleDifferences(desired, rule).map(({ path }) => path);

test('a field that the platform adds beside a desired one is no difference', () => {
  const names = fc.string().filter((name) => name !== '__proto__');
  const objects = fc.dictionary(names, fc.jsonValue());
  fc.assert(
    fc.property(objects, objects, (desired, more) => {
      expect(differencesOf(desired, { ...more, ...desired })).toEqual([]);
    }),
  );
});

test('a field that differs is named with both values, deep inside too', () => {
  const header = { value: { strict_transport_security: { enabled: true, max_age: 300 } } };
  const there = { value: { strict_transport_security: { enabled: true, max_age: 0, nosniff: true } } };
  expect(differencesOf(header, there)).toEqual([
    { path: 'value.strict_transport_security.max_age', before: 0, now: 300 },
  ]);
});

test('servers of a pool are compared by name, and one too many is a difference', () => {
  const desired = {
    origins: [
      { name: 'api1', weight: 1 },
      { name: 'api2', weight: 1 },
    ],
  };
  const sameElsewhere = {
    origins: [
      { name: 'api2', weight: 1, port: 0 },
      { name: 'api1', weight: 1 },
    ],
  };
  expect(differencesOf(desired, sameElsewhere)).toEqual([]);
  const other = {
    origins: [
      { name: 'api1', weight: 2 },
      { name: 'api3', weight: 1 },
    ],
  };
  expect(differencesOf(desired, other).map(({ path }) => path)).toEqual([
    'origins.api1.weight',
    'origins.api2',
    'origins.api3',
  ]);
});

test('lists that are no sets have an order', () => {
  expect(differencesOf({ default_pools: ['a', 'b'] }, { default_pools: ['b', 'a'] })).toHaveLength(1);
});

test('an id, a version, a time and empty defaults of the platform are no difference of a rule', () => {
  expect(pathsOf(found())).toEqual([]);
  expect(
    pathsOf(found({ ratelimit: { ...RATE_LIMIT, requests_to_origin: false, counting_expression: '' } })),
  ).toEqual([]);
  expect(pathsOf(found({ logging: { enabled: true }, categories: ['x'] }))).toEqual([]);
  expect(pathsOf(found({ action_parameters: { overrides: {} } }))).toEqual([]);
  const executing = { ...DESIRED, action: 'execute', action_parameters: { id: 'managed' } };
  const { ratelimit, ...executed } = found({
    ...executing,
    action_parameters: { id: 'managed', version: 'latest' },
  });
  expect(pathsOf(executed, { ...executing, ratelimit: undefined })).toEqual([]);
});

test('characteristics of a rate limit are a set', () => {
  const ratelimit = { ...RATE_LIMIT, characteristics: RATE_LIMIT.characteristics.toReversed() };
  expect(pathsOf(found({ ratelimit }))).toEqual([]);
});

test('a rule that was switched off, and a parameter that was added by hand, are differences', () => {
  expect(pathsOf(found({ enabled: false }))).toEqual(['enabled']);
  expect(pathsOf(found({ ratelimit: { ...RATE_LIMIT, counting_expression: 'false' } }))).toEqual([
    'ratelimit.counting_expression',
  ]);
  expect(pathsOf(found({ action_parameters: { response: { status_code: 429 } } }))).toEqual([
    'action_parameters',
  ]);
});

test('a rule that is to be off stays so', () => {
  const off = { ...DESIRED, enabled: false };
  expect(pathsOf(found({ enabled: false }), off)).toEqual([]);
  expect(pathsOf(found(), off)).toEqual(['enabled']);
});
