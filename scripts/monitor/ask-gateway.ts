/** Asks a gateway, and says of each answer what is wrong with it. A failure is a value. */
import * as z from 'zod';
import { reasonOf } from '../operations/failure-reason.ts';

/** The limit of the platform's own health check. */
export const ANSWER_TIMEOUT_MS = 5_000;

export interface AskedGateway {
  url: string;
  fetch(
    url: URL,
    init: { signal: AbortSignal; headers: Record<string, string>; method?: 'POST'; body?: string },
  ): Promise<Response>;
  nowMs(): number;
}

export interface Answer {
  /** Null where nothing answered. */
  status: number | null;
  milliseconds: number;
  /** The reason why it is not as it should be; null where it is. */
  problem: string | null;
}

export async function ask<Body>(
  { url, fetch, nowMs }: AskedGateway,
  path: string,
  expected: readonly number[],
  parse: (body: unknown) => Body,
  sent: { headers?: Record<string, string>; method?: 'POST'; body?: string } = {},
): Promise<Answer & { body: Body | null }> {
  const startedMs = nowMs();
  const problemOf = (status: number | null, problem: string) => ({
    status,
    milliseconds: nowMs() - startedMs,
    problem,
    body: null,
  });
  let response: Response;
  let text: string;
  try {
    const headers = { accept: 'application/graphql-response+json, application/json', ...sent.headers };
    const signal = AbortSignal.timeout(ANSWER_TIMEOUT_MS);
    response = await fetch(new URL(path, url), { ...sent, signal, headers });
    text = await response.text();
  } catch (error) {
    const isLate = error instanceof Error && error.name === 'TimeoutError';
    const reason = isLate ? ` within ${ANSWER_TIMEOUT_MS / 1000} s` : `: ${reasonOf(error)}`;
    return problemOf(null, `no answer${reason}`);
  }
  const { status } = response;
  if (!expected.includes(status)) return problemOf(status, `answered ${status}: ${text.slice(0, 200)}`);
  try {
    return { ...problemOf(status, ''), problem: null, body: parse(JSON.parse(text)) };
  } catch (error) {
    const reason = error instanceof z.ZodError ? error.issues[0]?.message : 'it is not JSON';
    return problemOf(status, `answered ${status} with something else: ${reason}`);
  }
}
