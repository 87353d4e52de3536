/** A session that a Worker of one version opens, and one of another version refreshes and ends. */
import assert from 'node:assert/strict';
import { type AskByName, registered } from './asking.ts';

/** A Worker may use a copy of a session for so long. */
const COPY_SECONDS = 31;

export interface SessionSources {
  ask: AskByName;
  /** Asks the Worker of the other version. */
  askOther: AskByName;
  advance(seconds: number): Promise<void>;
}

export async function assertSessionIsShared(
  { ask, askOther, advance }: SessionSources,
  email: string,
): Promise<void> {
  const { refreshToken } = await registered(ask, email);
  const { data, errors } = await askOther('RefreshSession', { refreshToken });
  const accessToken = data?.refreshSession?.accessToken as string | undefined;
  assert.ok(accessToken, JSON.stringify({ data, errors }));
  for (const asked of [ask, askOther])
    assert.equal((await asked('Viewer', {}, accessToken)).data?.viewer?.email, email);
  assert.deepEqual((await ask('LogOut', {}, accessToken)).data, { logout: true });
  await advance(COPY_SECONDS);
  for (const asked of [ask, askOther])
    assert.equal((await asked('Viewer', {}, accessToken)).data?.viewer ?? null, null);
}
