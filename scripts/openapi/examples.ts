/** Calls of `/api` with their real answers, which a test records (`test/flows/rest/openapi.test.ts`). */
import { readFile } from 'node:fs/promises';
import type { Endpoint } from '../../src/rest/endpoint.ts';

const FILE = 'operations/rest/examples.json';

export interface ExampleRequest {
  path?: Record<string, string>;
  query?: Record<string, string>;
  headers?: Record<string, string>;
  body?: unknown;
}

/** Values that are drawn anew at each run have stand-ins. */
export interface RestExample {
  operation: string;
  request: ExampleRequest;
  status: number;
  /** Null where the answer has none. */
  body: unknown;
}

export const isAnswer = ({ status }: RestExample) => status < 400;

/** @throws where an endpoint has no answer among them */
export async function readExamples(endpoints: readonly Endpoint[]): Promise<RestExample[]> {
  const examples = JSON.parse(await readFile(FILE, 'utf8')) as RestExample[];
  const answered = new Set(examples.filter(isAnswer).map(({ operation }) => operation));
  const missing = endpoints.map(({ operation }) => operation).filter((operation) => !answered.has(operation));
  if (missing.length > 0) {
    throw new Error(
      `${FILE} has no example of ${missing.join(', ')}: add a call to test/support/rest-examples.ts, and run ` +
        '`npx vitest run --project flows rest/openapi -u`',
    );
  }
  return examples;
}
