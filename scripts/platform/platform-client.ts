/** The platform's API by its SDK, for calls that wrangler has no command for. */
import Cloudflare from 'cloudflare';
import { unreachable, wrongUse } from '../operations/command-failure.ts';

/** A call that gets no answer is asked again twice. */
const ANSWER_TIMEOUT_MS = 30_000;

const CREDENTIALS = {
  CLOUDFLARE_API_TOKEN: 'a token of the account',
  CLOUDFLARE_ACCOUNT_ID: 'the account',
} as const;

export interface PlatformClient {
  client: Cloudflare;
  accountId: string;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** One line for each variable that a deployment needs and the environment has not. */
export const missingCredentials = (env: Environment): string[] =>
  Object.entries(CREDENTIALS)
    .filter(([name]) => !env[name])
    .map(([name, meaning]) => `${name} is not set: ${meaning}`);

/**
 * From CLOUDFLARE_API_TOKEN and CLOUDFLARE_ACCOUNT_ID; CLOUDFLARE_API_BASE_URL names another API, as it does for wrangler.
 *
 * @throws CommandFailure that names all that is missing
 */
export function platformClient(env: Environment): PlatformClient {
  const missing = missingCredentials(env);
  if (missing.length > 0) throw wrongUse(missing.join('\n'));
  const client = new Cloudflare({
    apiToken: env.CLOUDFLARE_API_TOKEN ?? '',
    baseURL: env.CLOUDFLARE_API_BASE_URL || undefined,
    timeout: ANSWER_TIMEOUT_MS,
  });
  return { client, accountId: env.CLOUDFLARE_ACCOUNT_ID ?? '' };
}

/**
 * Runs calls of the SDK.
 *
 * @param failed a sentence without its full stop
 * @throws CommandFailure where the platform refuses or does not answer
 */
export async function askPlatform<Answer>(failed: string, ask: () => Promise<Answer>): Promise<Answer> {
  try {
    return await ask();
  } catch (error) {
    if (!(error instanceof Cloudflare.APIError)) throw error;
    const errors = error.errors.map(({ code, message }) => `${code} ${message}`).join(', ');
    throw unreachable(`${failed}: ${error.status ?? 'no answer'} ${errors === '' ? error.message : errors}`);
  }
}
