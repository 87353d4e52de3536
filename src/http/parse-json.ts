import { unreadable } from '../operations/operation-request.ts';

/** @throws GraphQLError with status 400 and the message. */
export function parseJson(text: string, message: string, argumentPath: readonly string[]): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw unreadable(message, 400, { argumentPath });
  }
}
