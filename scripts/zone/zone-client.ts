/** The API of the zone, from the environment. */
import type Cloudflare from 'cloudflare';
import { wrongUse } from '../operations/command-failure.ts';
import type { Environment } from '../operations/gateway-options.ts';
import { missingCredentials } from '../platform/credentials.ts';
import { platformClient } from '../platform/platform-client.ts';

/** The API asks for at most five minutes, after 1,200 calls in five minutes. A command that waits longer seems to hang. */
const LONGEST_WAIT_SECONDS = 60;

export interface ZoneClient {
  client: Cloudflare;
  accountId: string;
  zoneId: string;
}

/** One line for each variable that the environment has not. */
export const missingVariables = (env: Environment): string[] => [
  ...missingCredentials(env),
  ...(env.CLOUDFLARE_ZONE_ID ? [] : ['CLOUDFLARE_ZONE_ID is not set: the zone']),
];

/** @throws CommandFailure that names all that is missing */
export function zoneClient(env: Environment): ZoneClient {
  const missing = missingVariables(env);
  if (missing.length > 0) throw wrongUse(missing.join('\n'));
  const { client, accountId } = platformClient(env);
  return {
    client: client.withOptions({ fetch: fetchWithBoundedWait }),
    accountId,
    zoneId: env.CLOUDFLARE_ZONE_ID ?? '',
  };
}

/** The SDK obeys each `Retry-After`, and gives up at once where an answer says `x-should-retry: false`. */
async function fetchWithBoundedWait(url: string | URL | Request, init?: RequestInit): Promise<Response> {
  const answer = await fetch(url, init);
  if (!(Number(answer.headers.get('retry-after')) > LONGEST_WAIT_SECONDS)) return answer;
  const headers = new Headers(answer.headers);
  headers.set('x-should-retry', 'false');
  return new Response(answer.body, { status: answer.status, headers });
}
