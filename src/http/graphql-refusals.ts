/** Refusals of `/graphql` that come before an operation is looked at, as metrics and clients see them. */
import { GraphQLError } from 'graphql';
import type { Preparation } from '../serving/prepare-operation.ts';
import { bypassing } from './cached-answer.ts';
import { isForeignHandshake } from './cross-site.ts';
import { errorResponse } from './responses.ts';
import type { RouteContext } from './router.ts';

type Refused = Pick<RouteContext, 'requestId' | 'measured'>;

export function methodRefusal({ requestId, measured }: Refused): Response {
  measured.refused('BAD_USER_INPUT');
  const refusal = { message: 'Use GET or POST.', code: 'BAD_USER_INPUT', requestId };
  return bypassing(errorResponse(405, refusal, { Allow: 'GET, HEAD, POST' }));
}

/** Null if the handshake may open a socket. */
export function foreignPageRefusal(
  request: Request,
  corsOrigins: readonly string[],
  { requestId, measured }: Refused,
): Response | null {
  if (!isForeignHandshake(request, corsOrigins)) return null;
  measured.refused('FORBIDDEN');
  const message = 'Pages of this origin may open no socket here.';
  return bypassing(errorResponse(403, { message, code: 'FORBIDDEN', requestId }));
}

/** Refusals of a document have a code. */
export const codeOfRefusal = (preparation: Preparation): string =>
  !preparation.ok && preparation.error instanceof GraphQLError
    ? String(preparation.error.extensions.code)
    : '';
