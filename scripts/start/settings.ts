/**
 * The settings of `npm start`: from the process environment, then `.dev.vars`, then wrangler.toml's development vars.
 * An empty variable counts as unset, except CORS_ORIGINS, where it means none. An issue never contains a value.
 */
import { CONFIG_NAMES, parseConfig, SECRET_NAMES } from '../../src/config.ts';
import { LOCAL_KEYS } from './local-keys.ts';

const PORT_DEFAULT = 8787;
const PORT_MAX = 65_535;
/** In wrangler.toml they have the default port. */
const OWN_ADDRESSES = ['PUBLIC_ORIGIN', 'R2_S3_URL'];

type Variables = Readonly<Record<string, string | undefined>>;

export interface SettingsSources {
  environment: Variables;
  devVars: Variables;
  /** wrangler.toml's vars of development. */
  developmentVars: Readonly<Record<string, unknown>>;
  /** Those of the local bucket, by the setting that has them. */
  bucketCredentials: Readonly<Record<string, string>>;
  /** In place of port 0. */
  freePort: number;
  simulatedApiKey: string;
  randomSecret: () => string;
}

export interface Settings {
  port: number;
  /** Without the URLs of simulated upstreams, which are known once those have started. */
  vars: Record<string, string>;
  secrets: Record<string, string>;
  simulated: { main: boolean; price: boolean };
}

export type SettingsResult = { ok: true; settings: Settings } | { ok: false; issues: string[] };

export function readSettings(sources: SettingsSources): SettingsResult {
  const setByUser = (name: string) => firstSet(name, sources.environment, sources.devVars);
  const port = parsePort(setByUser('PORT'), sources.freePort);
  const isLocalBucket = setByUser('R2_S3_URL') === undefined;
  const own = (name: string) => {
    const value = sources.developmentVars[name]?.toString();
    return OWN_ADDRESSES.includes(name)
      ? value?.replace(`:${PORT_DEFAULT}`, `:${port ?? PORT_DEFAULT}`)
      : value;
  };
  const vars: Record<string, string> = {};
  const secrets: Record<string, string> = {
    JWT_SECRET: sources.randomSecret(),
    ...LOCAL_KEYS,
    // The credentials of this machine are for its own bucket alone.
    ...(isLocalBucket ? sources.bucketCredentials : {}),
  };
  const simulated = {
    main: setByUser('MAIN_API_URL') === undefined,
    price: setByUser('PRICE_API_URL') === undefined,
  };
  if (simulated.main && simulated.price) secrets.INTERNAL_API_KEY = sources.simulatedApiKey;
  for (const name of CONFIG_NAMES) {
    // npm start is development: GraphiQL is in the build, and everything is local.
    const value = (name === 'ENVIRONMENT' ? undefined : setByUser(name)) ?? own(name);
    if (value !== undefined) (isSecret(name) ? secrets : vars)[name] = value;
  }

  const config = parseConfig({ ...vars, ...secrets });
  const issues = config.ok ? [] : config.issues;
  if (secrets.INTERNAL_API_KEY === undefined) explainMissingKey(issues, simulated);
  if (port === undefined)
    issues.unshift(`PORT: must be a whole number from 0 to ${PORT_MAX} (0: any free port)`);
  if (port === undefined || issues.length > 0) return { ok: false, issues };
  return { ok: true, settings: { port, vars, secrets, simulated } };
}

const isSecret = (name: string) => (SECRET_NAMES as readonly string[]).includes(name);

function firstSet(name: string, ...sources: Variables[]): string | undefined {
  const values = sources.map((source) => source[name]);
  return values.find((value) => value !== undefined && (value !== '' || name === 'CORS_ORIGINS'));
}

function parsePort(text: string | undefined, freePort: number): number | undefined {
  if (text === undefined) return PORT_DEFAULT;
  if (!/^\d{1,5}$/.test(text) || Number(text) > PORT_MAX) return undefined;
  return Number(text) === 0 ? freePort : Number(text);
}

function explainMissingKey(issues: string[], simulated: Settings['simulated']): void {
  const at = issues.findIndex((issue) => issue.startsWith('INTERNAL_API_KEY:'));
  const real = [simulated.main ? [] : 'MAIN_API_URL', simulated.price ? [] : 'PRICE_API_URL'].flat();
  issues.splice(
    at,
    1,
    `INTERNAL_API_KEY: is missing, and ${real.join(' and ')} names a real upstream that asks for it`,
  );
}
