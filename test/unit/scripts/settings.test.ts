import { describe, expect, it } from 'vitest';
import { LOCAL_KEYS } from '../../../scripts/start/local-keys.ts';
import { readSettings, type SettingsSources } from '../../../scripts/start/settings.ts';
import { CONFIG_NAMES } from '../../../src/config.ts';

const developmentVars = {
  ENVIRONMENT: 'development',
  OPERATIONS_MODE: 'open',
  MAIN_API_URL: 'http://127.0.0.1:8788/main/main',
  PRICE_API_URL: 'http://127.0.0.1:8788/main/price',
  RATE_LIMIT_THRESHOLD: '600',
  CORS_ORIGINS: 'http://localhost:3000',
  SIWE_ORIGIN: 'http://localhost:3000',
  PUBLIC_ORIGIN: 'http://localhost:8787',
  R2_S3_URL: 'http://localhost:8787/cdn-cgi/local/r2/s3/bucket',
};
const KEY = 'the-users-own-api-key';
const FREE_PORT = 40_000;
const bucketCredentials = { R2_ACCESS_KEY_ID: 'local-id', R2_SECRET_ACCESS_KEY: 'local-secret' };
const madeSecrets = { JWT_SECRET: 'r'.repeat(64), ...LOCAL_KEYS, ...bucketCredentials };

const addressesAt = (port: number) => ({
  PUBLIC_ORIGIN: `http://localhost:${port}`,
  R2_S3_URL: `http://localhost:${port}/cdn-cgi/local/r2/s3/bucket`,
});

function settingsOf(environment: SettingsSources['environment'], devVars: SettingsSources['devVars'] = {}) {
  const result = readSettings({
    environment,
    devVars,
    developmentVars,
    bucketCredentials,
    freePort: FREE_PORT,
    simulatedApiKey: 'simulated-internal-key',
    randomSecret: () => 'r'.repeat(64),
  });
  return result.ok ? result.settings : { issues: result.issues };
}

describe('the settings of npm start', () => {
  it('need nothing: both upstreams are simulated, and the secrets made up', () => {
    expect(settingsOf({})).toEqual({
      port: 8787,
      vars: developmentVars,
      secrets: { INTERNAL_API_KEY: 'simulated-internal-key', ...madeSecrets },
      simulated: { main: true, price: true },
    });
  });

  it('come from the environment before .dev.vars, and from there before wrangler.toml', () => {
    const environment = { PORT: '9000', OPERATIONS_MODE: 'id_only', INTERNAL_API_KEY: KEY };
    const devVars = { PORT: '9001', OPERATIONS_MODE: 'audit', CORS_ORIGINS: '', ADMIN_KEY: 'a'.repeat(32) };
    expect(settingsOf(environment, devVars)).toEqual({
      port: 9000,
      vars: { ...developmentVars, ...addressesAt(9000), OPERATIONS_MODE: 'id_only', CORS_ORIGINS: '' },
      secrets: { INTERNAL_API_KEY: KEY, ...madeSecrets, ADMIN_KEY: 'a'.repeat(32) },
      simulated: { main: true, price: true },
    });
  });

  it('replace one simulated upstream and leave the other', () => {
    expect(settingsOf({ PRICE_API_URL: 'https://price.example', INTERNAL_API_KEY: KEY })).toMatchObject({
      vars: { MAIN_API_URL: developmentVars.MAIN_API_URL, PRICE_API_URL: 'https://price.example' },
      simulated: { main: true, price: false },
    });
  });

  it('have the addresses of the gateway at its port, also at one that is free', () => {
    expect(settingsOf({ PORT: '0' })).toMatchObject({ port: FREE_PORT, vars: addressesAt(FREE_PORT) });
    const behindATunnel = { PORT: '9000', PUBLIC_ORIGIN: 'https://tunnel.example' };
    expect(settingsOf(behindATunnel)).toMatchObject({
      vars: { ...addressesAt(9000), PUBLIC_ORIGIN: 'https://tunnel.example' },
    });
  });

  it('give the credentials of the local bucket to no other', () => {
    const bucket = { R2_S3_URL: 'https://account.r2.cloudflarestorage.com/bucket' };
    const { secrets } = settingsOf(bucket) as { secrets: object };
    expect(Object.keys(secrets)).toEqual(expect.not.arrayContaining(Object.keys(bucketCredentials)));
    expect(settingsOf({ ...bucket, R2_ACCESS_KEY_ID: 'own-id-01' })).toMatchObject({
      vars: bucket,
      secrets: { R2_ACCESS_KEY_ID: 'own-id-01' },
    });
  });

  it('may be any that the gateway reads, also one that wrangler.toml does not name', () => {
    expect(settingsOf({ PRICE_POLL_SECONDS: '9' })).toMatchObject({ vars: { PRICE_POLL_SECONDS: '9' } });
    expect(settingsOf({ PRICE_POLL_SECONDS: '100' })).toEqual({
      issues: ['PRICE_POLL_SECONDS: must be a whole number from 1 to 60'],
    });
    const environment = Object.fromEntries(CONFIG_NAMES.map((name) => [name, '~']));
    const { issues } = settingsOf(environment) as { issues: string[] };
    expect(issues.map((issue) => issue.split(':')[0]).sort()).toEqual(
      CONFIG_NAMES.filter((name) => name !== 'ENVIRONMENT').sort(),
    );
  });

  it('are always those of development', () => {
    expect(settingsOf({ ENVIRONMENT: 'production' })).toMatchObject({ vars: { ENVIRONMENT: 'development' } });
  });

  it('take an empty variable for one that is not set', () => {
    expect(settingsOf({ PORT: '', MAIN_API_URL: '', ADMIN_KEY: '' }, { PORT: '9001' })).toMatchObject({
      port: 9001,
      simulated: { main: true, price: true },
    });
  });

  it('refuse a real upstream without a key, and say which one', () => {
    expect(settingsOf({ MAIN_API_URL: 'https://main.example' })).toEqual({
      issues: ['INTERNAL_API_KEY: is missing, and MAIN_API_URL names a real upstream that asks for it'],
    });
  });

  it.each(['0x50', '-1', '65536', '80.5', 'http', ' 80'])('refuse PORT=%s', (port) => {
    expect(settingsOf({ PORT: port })).toEqual({ issues: [expect.stringMatching(/^PORT: must be/)] });
  });

  it('name everything that is wrong, and never a value', () => {
    const { issues } = settingsOf({
      PORT: 'x-port',
      OPERATIONS_MODE: 'x-mode',
      RATE_LIMIT_THRESHOLD: 'x-limit',
      CORS_ORIGINS: 'x-origin',
      SIWE_ORIGIN: 'x-frontend',
      PUBLIC_ORIGIN: 'x-gateway',
      R2_S3_URL: 'x-bucket',
      RPC_URLS: '{"1": "x-rpc"}',
      PRICE_API_URL: 'x-url',
      JWT_SECRET: 'x-jwt',
      ADMIN_KEY: 'x-admin',
      INTERNAL_API_KEY: 'x-key',
    }) as { issues: string[] };
    expect(issues.map((issue) => issue.split(':')[0]).sort()).toEqual([
      'ADMIN_KEY',
      'CORS_ORIGINS',
      'INTERNAL_API_KEY',
      'JWT_SECRET',
      'OPERATIONS_MODE',
      'PORT',
      'PRICE_API_URL',
      'PUBLIC_ORIGIN',
      'R2_S3_URL',
      'RATE_LIMIT_THRESHOLD',
      'RPC_URLS',
      'SIWE_ORIGIN',
    ]);
    expect(issues.join()).not.toContain('x-');
  });
});
