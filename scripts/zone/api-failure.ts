/** The failures of the platform's API as those of a command, in words that name the right that is missing. */
import { APIError } from 'cloudflare';
import { CommandFailure, refusal, unreachable } from '../operations/command-failure.ts';
import { reasonOf } from '../operations/failure-reason.ts';
import { printable } from '../operations/table.ts';

const isDenied = (status: number) => status === 401 || status === 403;
const isPassing = (status: number) => status === 429 || status >= 500;

/**
 * @param doing such as `DNS records cannot be read`.
 * @param permission of the token, as the dashboard calls it.
 * @throws what is no failure of the API, as it is.
 */
export function apiFailure(error: unknown, doing: string, permission: string): CommandFailure {
  if (error instanceof CommandFailure) {
    return new CommandFailure(
      error.exitCode,
      error.problems.map((problem) => ({ ...problem, message: `${doing}: ${problem.message}` })),
    );
  }
  if (!(error instanceof APIError)) throw error;
  const { status } = error;
  if (status === undefined) return unreachable(`${doing}: the API does not answer (${reasonOf(error)})`);
  const errors = error.errors.map(({ code, message }) => `, ${code}: ${message}`);
  const words = printable(`HTTP ${status}${errors.join('')}`);
  if (isDenied(status)) {
    return unreachable(`${doing}: the token has no right to it (${words}). It needs: ${permission}`);
  }
  if (isPassing(status)) return unreachable(`${doing}: the API fails for now (${words})`);
  return refusal('ZONE_REFUSED', `${doing}: the API refuses it (${words})`);
}

/** Runs a call of the API. @throws CommandFailure */
export async function asking<Answer>(
  doing: string,
  permission: string,
  call: () => Promise<Answer>,
): Promise<Answer> {
  try {
    return await call();
  } catch (error) {
    throw apiFailure(error, doing, permission);
  }
}

/** The code of the platform's first error, such as 10003; undefined for what is no failure of the API. */
export const codeOf = (error: unknown): number | undefined =>
  error instanceof APIError ? error.errors[0]?.code : undefined;
