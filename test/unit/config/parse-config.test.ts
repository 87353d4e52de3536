import { createHash } from 'node:crypto';
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
  SIWE_ORIGIN: 'https://app.example',
  PUBLIC_ORIGIN: 'https://api.example',
  R2_S3_URL: 'https://account.r2.example/bucket',
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
    JWT_SECRET: [{ kid: 'default', key: VARS.JWT_SECRET }],
    RATE_LIMIT_THRESHOLD: 600,
    OPERATIONS_KEYS: [],
    ALERT_CHANNELS: [],
    ALERT_THRESHOLDS: {},
    PRICE_POLL_SECONDS: 5,
    UPSTREAM_FILE_ORIGINS: [],
    CHAT_LINK_HOSTS: [],
    CHAT_PHISHING_HOSTS: [],
    CORS_ORIGINS: ['https://app.example'],
    RPC_URLS: new Map(),
  });
  expect(configOf({ ALERT_THRESHOLDS: '{"bill": 100, "sync": null}' }).ALERT_THRESHOLDS).toEqual({
    bill: 100,
    sync: null,
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
  ['UPSTREAM_FILE_ORIGINS', 'https://assets.example/'],
  ['PUBLIC_ORIGIN', ''],
  ['PUBLIC_ORIGIN', 'https://api.example/'],
  ['R2_S3_URL', 'account.r2.example/bucket'],
  ['R2_ACCESS_KEY_ID', 'two words'],
  ['R2_SECRET_ACCESS_KEY', 'line\nbreak'],
  ['KYC_KEY', 'k'.repeat(31)],
  ['KYC_KEY', '[]'],
  ['KYC_READ_KEY', 'k'.repeat(31)],
  ['BACKUP_KEY', 'k'.repeat(31)],
  ['ALERT_THRESHOLDS', 'bill=100'],
  ['ALERT_THRESHOLDS', '[]'],
  ['ALERT_THRESHOLDS', '{"no-such-rule": 1}'],
  ['ALERT_THRESHOLDS', '{"bill": 0}'],
  ['RUNBOOKS_URL', 'docs/runbooks'],
  ['CHAT_LINK_HOSTS', 'https://app.example'],
  ['CHAT_LINK_HOSTS', 'app.example b.example'],
  ['CHAT_PHISHING_HOSTS', 'com'],
  ['SIWE_ORIGIN', ''],
  ['SIWE_ORIGIN', 'www.app.example'],
  ['SIWE_ORIGIN', 'https://app.example/'],
  ['SIWE_ORIGIN', 'https://App.example'],
  ['SIWE_ORIGIN', 'https://app.example:443'],
  ['SIWE_ORIGIN', 'https://intranet'],
  ['SIWE_ORIGIN', 'https://[::1]'],
  ['SIWE_ORIGIN', 'ftp://app.example'],
  ['RPC_URLS', 'https://rpc.example/key'],
  ['RPC_URLS', '["https://rpc.example/key"]'],
  ['RPC_URLS', '{"0": "https://rpc.example/key"}'],
  ['RPC_URLS', '{"0x1": "https://rpc.example/key"}'],
  ['RPC_URLS', '{"9007199254740993": "https://rpc.example/key"}'],
  ['RPC_URLS', '{"1": "wss://rpc.example/key"}'],
  ['RPC_URLS', '{"1": "https://user:secret-key@rpc.example"}'],
  ['RPC_URLS', '{"1": 7}'],
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

  test('no chains, none in a list and an empty text', () => {
    for (const value of [undefined, '', ' ', '{}'])
      expect(configOf({ RPC_URLS: value }).RPC_URLS).toEqual(new Map());
    const urls = { '1': 'https://rpc.example/v2/key?region=eu', '8453': 'http://127.0.0.1:8545' };
    expect(configOf({ RPC_URLS: JSON.stringify(urls) }).RPC_URLS).toEqual(
      new Map([
        [1, urls['1']],
        [8453, urls['8453']],
      ]),
    );
  });

  test('no admin key and an empty one', () => {
    expect(configOf({ ADMIN_KEY: '' }).ADMIN_KEY).toBeUndefined();
    expect(configOf({}).ADMIN_KEY).toBeUndefined();
    expect(configOf({ ADMIN_KEY: 'a'.repeat(32) }).ADMIN_KEY).toBe('a'.repeat(32));
  });
});

describe('the keys of OPERATIONS_KEYS', () => {
  const sha256 = 'ab'.repeat(32);
  const key = { name: 'ci', role: 'publish', sha256 };
  const keysOf = (...keys: object[]) => configOf({ OPERATIONS_KEYS: JSON.stringify(keys) }).OPERATIONS_KEYS;

  test('are a list, which may be empty or absent', () => {
    const other = { name: 'Käthe-1', role: 'administer', sha256: 'cd'.repeat(32) };
    expect(keysOf(key, other)).toEqual([key, other]);
    for (const value of ['', ' ', '[]'])
      expect(configOf({ OPERATIONS_KEYS: value }).OPERATIONS_KEYS).toEqual([]);
    expect(configOf({}).OPERATIONS_KEYS).toEqual([]);
  });

  const secret = 'tops3cr3t-tops3cr3t-tops3cr3t-key';
  test.each([
    ['no JSON', secret, 'must be a list'],
    ['JSON that is cut off', `[{"name":"${secret}"`, 'must be a list'],
    ['one key without a list', JSON.stringify({ ...key, name: secret }), 'must be a list'],
    ['texts', JSON.stringify([secret]), 'key 1: must have the properties name, role and sha256'],
    [
      'the key for its hash',
      JSON.stringify([key, { ...key, name: 'b', sha256: secret }]),
      'key 2: sha256 must be',
    ],
    [
      'a hash in upper case',
      JSON.stringify([{ ...key, sha256: sha256.toUpperCase() }]),
      'key 1: sha256 must be',
    ],
    [
      'the hash of no key at all',
      JSON.stringify([{ ...key, sha256: createHash('sha256').update('').digest('hex') }]),
      'key 1: sha256 is that of an empty text',
    ],
    ['no hash', JSON.stringify([{ name: 'ci', role: 'read' }]), 'key 1: sha256 must be'],
    [
      'a role of another kind',
      JSON.stringify([{ ...key, role: secret }]),
      'key 1: role must be read, publish, administer',
    ],
    ['a name with spaces', JSON.stringify([{ ...key, name: `${secret} x` }]), 'key 1: name must be'],
    ['the name of ADMIN_KEY', JSON.stringify([{ ...key, name: 'ADMIN_KEY' }]), 'key 1: name must be'],
    ['one property more', JSON.stringify([{ ...key, [secret]: 1 }]), 'key 1: must have the properties'],
    ['one name twice', JSON.stringify([key, { ...key, sha256: 'cd'.repeat(32) }]), 'a name of its own'],
    ['one key twice', JSON.stringify([key, { ...key, name: 'b' }]), 'each key once'],
  ])('may not be %s, and are not quoted', (_what, value, reason) => {
    const [issue = '', ...more] = issuesOf({ OPERATIONS_KEYS: value });
    expect(more).toEqual([]);
    expect(issue).toMatch(/^OPERATIONS_KEYS: must be JSON such as \[\{"name": /);
    expect(issue).toContain(reason);
    expect(issue).not.toMatch(new RegExp(`${secret}|${sha256}`, 'i'));
  });
});

describe('KYC_READ_KEY', () => {
  const readKey = 'the-main-api-has-this-key-of-its-own';
  const other = 'another-key-of-32-characters-or-more';

  test.each([
    ['ADMIN_KEY', readKey],
    ['INTERNAL_API_KEY', readKey],
    ['JWT_SECRET', readKey],
    ['KYC_KEY', readKey],
    ['BACKUP_KEY', readKey],
    ['BACKUP_KEY', JSON.stringify([other, readKey].map((key, at) => ({ kid: `k${at}`, key })))],
  ])('may not be a key of %s, and is not quoted', (name, value) => {
    expect(issuesOf({ KYC_READ_KEY: readKey, [name]: value })).toEqual([
      `KYC_READ_KEY: must be another key than ${name}`,
    ]);
    expect(issuesOf({ KYC_READ_KEY: other.toUpperCase(), [name]: value })).toEqual([]);
    expect(issuesOf({ KYC_READ_KEY: '', [name]: value })).toEqual([]);
  });
});

describe('the keys of JWT_SECRET', () => {
  const secret = 'tops3cr3t-tops3cr3t-tops3cr3t-key';
  const key = { kid: '2027-01', key: secret };

  test('are a list, the first of which signs, or one text', () => {
    const keys = [key, { kid: 'default', key: 'ä'.repeat(16) }];
    expect(configOf({ JWT_SECRET: ` ${JSON.stringify(keys)}\n` }).JWT_SECRET).toEqual(keys);
    expect(configOf({ JWT_SECRET: secret }).JWT_SECRET).toEqual([{ kid: 'default', key: secret }]);
  });

  test.each([
    ['a list that is cut off', `[{"kid":"a","key":"${secret}"`, 'must be a list'],
    ['one key without a list', JSON.stringify(key), 'must be a list'],
    ['an empty list', '[]', 'must have a key'],
    ['texts', JSON.stringify([secret]), 'key 1: must have the properties kid and key'],
    [
      'a key of 31 bytes',
      JSON.stringify([key, { kid: 'b', key: `${secret.slice(0, 31)}` }]),
      'key 2: key must have 32 bytes',
    ],
    ['no key', JSON.stringify([{ kid: 'a' }]), 'key 1: key must be text'],
    ['no kid', JSON.stringify([{ key: secret }]), 'key 1: kid must be'],
    ['a kid with a dot', JSON.stringify([{ ...key, kid: 'a.b' }]), 'key 1: kid must be'],
    [
      'the key for its name',
      JSON.stringify([{ kid: `${secret} ${secret}`, key: 'x'.repeat(32) }]),
      'key 1: kid must be',
    ],
    ['one property more', JSON.stringify([{ ...key, [secret]: 1 }]), 'key 1: must have the properties'],
    ['one kid twice', JSON.stringify([key, { ...key, key: 'x'.repeat(32) }]), 'a kid of its own'],
    ['one key twice', JSON.stringify([key, { ...key, kid: 'b' }]), 'each key once'],
  ])('may not be %s, and are not quoted', (_what, value, reason) => {
    const [issue = '', ...more] = issuesOf({ JWT_SECRET: value });
    expect(more).toEqual([]);
    expect(issue).toMatch(/^JWT_SECRET: must be one key, or JSON such as \[\{"kid": /);
    expect(issue).toContain(reason);
    expect(issue).not.toContain(secret.slice(0, 20));
  });
});
