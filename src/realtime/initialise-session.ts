import { GraphQLError } from 'graphql';
import type { OperationSources } from './hub-operations.ts';
import type { SocketSession } from './socket-session.ts';

/** Performs `connection_init`: accepts the connection with its viewer, or closes it as forbidden. */
export async function initialiseSession(
  session: SocketSession,
  { authorization }: Record<string, unknown>,
  { viewerOf, nowMs }: Pick<OperationSources, 'viewerOf' | 'nowMs'>,
): Promise<void> {
  session.authorization = typeof authorization === 'string' ? authorization : null;
  try {
    // An authorization that does not fit in the attachment could not be checked later.
    session.store();
    const viewer = await viewerOf(session.authorization, 'cached');
    if (viewer !== null) {
      const { id, sessionId, expiresAt } = viewer;
      session.viewer = { id, sessionId, expiresAt };
    }
  } catch (error) {
    if (!(error instanceof GraphQLError)) throw error;
    session.on({ kind: 'forbidden' }, nowMs());
    return;
  }
  session.on({ kind: 'initialised' }, nowMs());
  session.store();
}
