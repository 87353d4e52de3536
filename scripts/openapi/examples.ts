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

export const readExamples = async () => JSON.parse(await readFile(FILE, 'utf8')) as RestExample[];

/** To be called when the description is written: the test that records examples compares them with it. */
export function expectExamples(endpoints: readonly Endpoint[], examples: readonly RestExample[]): void {
  const answered = new Set(examples.filter(isAnswer).map(({ operation }) => operation));
  const missing = endpoints.map(({ operation }) => operation).filter((operation) => !answered.has(operation));
  if (missing.length === 0) return;
  const record = '`npx vitest run --project flows rest/openapi -u`';
  throw new Error(
    `${FILE} has no example of ${missing.join(', ')}: add a call to test/support/rest-examples.ts, run ${record}, and generate again`,
  );
}
