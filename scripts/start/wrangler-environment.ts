/** Wrangler as a part of something else: no network, no telemetry, no files in the home folder, no banner. */
export const WRANGLER_ENVIRONMENT = {
  CLOUDFLARE_CF_FETCH_ENABLED: 'false',
  WRANGLER_HIDE_BANNER: 'true',
  WRANGLER_LOG: 'error',
  WRANGLER_SEND_ERROR_REPORTS: 'false',
  WRANGLER_SEND_METRICS: 'false',
  WRANGLER_WRITE_LOGS: 'false',
} as const;

/** Whatever the shell sets, these hold. */
export const wranglerEnvironment = (): NodeJS.ProcessEnv => ({ ...process.env, ...WRANGLER_ENVIRONMENT });
