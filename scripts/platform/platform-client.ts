/** The platform's API by its SDK, for calls that wrangler has no command for. */
import Cloudflare from 'cloudflare';
import { CommandFailure, refusal, unreachable, wrongUse } from '../operations/command-failure.ts';
import { reasonOf } from '../operations/failure-reason.ts';
import type { Environment } from '../operations/gateway-options.ts';
import { printable } from '../operations/table.ts';
import { missingCredentials } from './credentials.ts';

/** A call that gets no answer is asked again twice. */
const ANSWER_TIMEOUT_MS = 30_000;

export interface PlatformClient {
  client: Cloudflare;
  accountId: string;
}

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

/** The code of a failure where the platform has understood and refused. */
export const PLATFORM_REFUSED = 'PLATFORM_REFUSED';

const isDenied = (status: number) => status === 401 || status === 403;
const isPassing = (status: number) => status === 429 || status >= 500;

/**
 * Runs calls of the SDK.
 *
 * @param failed a sentence without its full stop, such as `DNS records cannot be read`
 * @param permission the one that the token needs, as the dashboard calls it
 * @throws CommandFailure where the platform refuses or does not answer
 */
export async function askPlatform<Answer>(
  failed: string,
  ask: () => Promise<Answer>,
  permission?: string,
): Promise<Answer> {
  try {
    return await ask();
  } catch (error) {
    throw platformFailure(error, failed, permission);
  }
}

/** @throws an error that is none of the platform's, as it is */
function platformFailure(error: unknown, failed: string, permission: string | undefined): CommandFailure {
  if (error instanceof CommandFailure) {
    return new CommandFailure(
      error.exitCode,
      error.problems.map((problem) => ({ ...problem, message: `${failed}: ${problem.message}` })),
    );
  }
  if (!(error instanceof Cloudflare.APIError)) throw error;
  const { status } = error;
  if (status === undefined) return unreachable(`${failed}: the API does not answer (${reasonOf(error)})`);
  const errors = error.errors.map(({ code, message }) => `, ${code}: ${message}`);
  const words = printable(`HTTP ${status}${errors.join('')}`);
  if (isDenied(status)) {
    const needs = permission === undefined ? '' : `. It needs: ${permission}`;
    return unreachable(`${failed}: the token has no right to it (${words})${needs}`);
  }
  if (isPassing(status)) return unreachable(`${failed}: the API fails for now (${words})`);
  return refusal(PLATFORM_REFUSED, `${failed}: the API refuses it (${words})`);
}

/** The code of the platform's first error, such as 10003; undefined for an error that is none of the platform's. */
export const platformErrorCode = (error: unknown): number | undefined =>
  error instanceof Cloudflare.APIError ? error.errors[0]?.code : undefined;
