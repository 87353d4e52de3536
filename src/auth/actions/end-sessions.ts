import { type ActingViewer, type Action, actingViewer } from './action.ts';

/** Ends this session, or every session of the user. */
export async function logOut<User extends ActingViewer>(
  { sources: { sessions }, request }: Action<User>,
  everywhere: boolean,
): Promise<true> {
  const { id, sessionId } = actingViewer(request);
  if (everywhere) await sessions.endAll(id);
  else await sessions.end(id, sessionId);
  return true;
}

/** False if the viewer has no such session. */
export async function endSession<User extends ActingViewer>(
  { sources: { sessions }, request }: Action<User>,
  sessionId: string,
): Promise<boolean> {
  const ended = await sessions.end(actingViewer(request).id, sessionId);
  return ended.length > 0;
}
