import { describe, expect, test } from 'vitest';
import { CONFIG_NAMES, parseConfig } from '../../../src/config.ts';

const VARS = {
  ENVIRONMENT: 'production',
  OPERATIONS_MODE: 'id_only',
  MAIN_API_URL: 'https://main.example',
  PRICE_API_URL: 'http://127.0.0.1:8788/price',
  INTERNAL_API_KEY: 'k'.repeat(16),
  JWT_SECRET: 's'.repeat(32),
  RATE_LIMIT_THRESHOLD: '600',
  CORS_ORIGINS: 'https://app.example',
};

function configOf(vars: Record<string, unknown>) {
  const parsed = parseConfig({ ...VARS, ...vars });
  if (!parsed.ok) throw new Error(parsed.issues.join('; '));
  return parsed.config;
}

function issuesOf(vars: Record<string, unknown>): string[] {
  const parsed = parseConfig({ ...VARS, ...vars });
  return parsed.ok ? [] : parsed.issues;
}

test('parses what is right', () => {
  expect(configOf({})).toEqual({
    ...VARS,
    RATE_LIMIT_THRESHOLD: 600,
    PRICE_POLL_SECONDS: 5,
    CORS_ORIGINS: ['https://app.example'],
  });
  expect(configOf({ PRICE_POLL_SECONDS: '60' }).PRICE_POLL_SECONDS).toBe(60);
  expect(issuesOf({ PRICE_POLL_SECONDS: '0' })).toEqual([
    'PRICE_POLL_SECONDS: must be a whole number from 1 to 60',
  ]);
});

test.each(Object.keys(VARS))('%s is named where it is missing', (name) => {
  expect(issuesOf({ [name]: undefined })).toEqual([`${name}: is missing`]);
});

test('everything that is wrong is named at once, each name once', () => {
  const parsed = parseConfig({});
  expect(parsed.ok ? [] : parsed.issues).toEqual(Object.keys(VARS).map((name) => `${name}: is missing`));
});

test.each([
  ['ENVIRONMENT', 'prod'],
  ['ENVIRONMENT', ''],
  ['OPERATIONS_MODE', 'OPEN'],
  ['MAIN_API_URL', 'main.example'],
  ['MAIN_API_URL', 'ftp://main.example'],
  ['MAIN_API_URL', ''],
  ['PRICE_API_URL', 'https://'],
  ['PRICE_API_URL', 'https://prices.example?key=1'],
  ['PRICE_API_URL', 'https://prices.example/#prices'],
  ['PRICE_API_URL', 'https://user:password@prices.example'],
  ['INTERNAL_API_KEY', 'k'.repeat(15)],
  ['INTERNAL_API_KEY', `${'k'.repeat(16)}\n`],
  ['JWT_SECRET', 's'.repeat(31)],
  ['RATE_LIMIT_THRESHOLD', '0'],
  ['RATE_LIMIT_THRESHOLD', '-1'],
  ['RATE_LIMIT_THRESHOLD', '1.5'],
  ['RATE_LIMIT_THRESHOLD', '1e3'],
  ['RATE_LIMIT_THRESHOLD', ' 600'],
  ['RATE_LIMIT_THRESHOLD', '10000000'],
  ['CORS_ORIGINS', '*'],
  ['CORS_ORIGINS', 'null'],
  ['CORS_ORIGINS', 'www.app.example'],
  ['CORS_ORIGINS', 'https://app.example/'],
  ['CORS_ORIGINS', 'https://app.example,https://APP.example'],
  ['CORS_ORIGINS', 'https://app.example https://b.example'],
  ['ADMIN_KEY', 'a'.repeat(31)],
])('%s may not be %j, and is not quoted', (name, value) => {
  const issues = issuesOf({ [name]: value });
  expect(issues).toHaveLength(1);
  expect(issues[0]?.startsWith(`${name}: `)).toBe(true);
  if (value.length > 9) expect(issues[0]).not.toContain(value);
});

test.each(CONFIG_NAMES)('%s is explained in words of this project', (name) => {
  // A var of wrangler.toml may be any TOML value.
  for (const value of [7, true, ['x'], { x: 1 }, null, '\u0000', '~']) {
    for (const issue of issuesOf({ [name]: value }))
      expect(issue).toMatch(new RegExp(`^${name}: must (be|have) `));
  }
});

describe('forms that mean the same', () => {
  test('trailing slashes of a URL', () => {
    expect(configOf({ MAIN_API_URL: 'https://main.example/v1//' }).MAIN_API_URL).toBe(
      'https://main.example/v1',
    );
  });

  test('spaces and empty items between origins', () => {
    const { CORS_ORIGINS } = configOf({ CORS_ORIGINS: ' https://a.example , ,http://localhost:3000,' });
    expect(CORS_ORIGINS).toEqual(['https://a.example', 'http://localhost:3000']);
    expect(configOf({ CORS_ORIGINS: '' }).CORS_ORIGINS).toEqual([]);
  });

  test('no admin key and an empty one', () => {
    expect(configOf({ ADMIN_KEY: '' }).ADMIN_KEY).toBeUndefined();
    expect(configOf({}).ADMIN_KEY).toBeUndefined();
    expect(configOf({ ADMIN_KEY: 'a'.repeat(32) }).ADMIN_KEY).toBe('a'.repeat(32));
  });
});
