/** Account operations as an app asks them: by id, over HTTP, with the tokens that it was given. */
import manifest from '../../operations/manifest.json' with { type: 'json' };
import type { GraphQLAnswer, TestGateway } from './gateway.ts';

export interface AuthAnswer {
  __typename?: string;
  accessToken: string;
  accessTokenExpiresAt: string;
  refreshToken: string;
  deviceToken: string;
  viewer: { id: string; email: string | null; kycLevel: number; permissions: string[] };
  code?: string;
  message?: string;
  field?: string[] | null;
}

export const PASSWORD = 'correct horse battery staple';

/** Of one of the project's own operations. */
export const documentIdOf = (name: string) => {
  const found = manifest.operations.find((operation) => operation.name === name);
  if (found === undefined) throw new Error(`no operation is called ${name}`);
  return found.id;
};

/** Asks one of the project's own operations. @param accessToken of the viewer */
export function ask<Data = Record<string, unknown>>(
  gateway: TestGateway,
  name: string,
  variables: Record<string, unknown> = {},
  { accessToken, headers = {} }: { accessToken?: string | undefined; headers?: Record<string, string> } = {},
): Promise<GraphQLAnswer<Data>> {
  const authorization: Record<string, string> =
    accessToken === undefined ? {} : { authorization: `Bearer ${accessToken}` };
  return gateway.post<Data>({ documentId: documentIdOf(name), variables }, { ...authorization, ...headers });
}

/** The answer of an operation whose one field is an AuthResult. */
export async function askForTokens(...asked: Parameters<typeof ask>): Promise<AuthAnswer> {
  const { data, errors } = await ask<Record<string, AuthAnswer>>(...asked);
  const [answer] = Object.values(data ?? {});
  if (answer === undefined || answer === null) throw new Error(JSON.stringify(errors));
  return answer;
}

export const register = (gateway: TestGateway, email: string, password = PASSWORD) =>
  askForTokens(gateway, 'Register', { input: { email, password, displayName: 'Ann' } });
