/** People with real accounts, who sign in over HTTP, and their sockets to the hubs of a live market. */
import { env } from 'cloudflare:workers';
import { afterEach, beforeEach, vi } from 'vitest';
import { decodeGlobalId } from '../../schema/global-ids.ts';
import { type AuthAnswer, askForTokens, PASSWORD, register } from './accounts.ts';
import type { ClientSocket } from './client-socket.ts';
import { startGateway, type TestGateway } from './gateway.ts';
import { coldIsolate, isolateWithAccounts } from './isolates.ts';
import type { LiveMarket } from './live-market.ts';

export interface Person extends Pick<AuthAnswer, 'accessToken' | 'refreshToken'> {
  /** Of the user. */
  id: string;
  email: string;
  sessionId: string;
}

export interface LiveAccounts {
  /** This test's. */
  readonly gateway: TestGateway;
  /** A new account. */
  registered(): Promise<Person>;
  /** The same account on another device. */
  again(person: Person): Promise<Person>;
  connected(person: Pick<Person, 'accessToken'> | null, hubName?: string): Promise<ClientSocket>;
}

/** @param bindings of the hubs, in the place of the environment's */
export function useLiveAccounts(live: LiveMarket, bindings: Partial<Env> = {}): LiveAccounts {
  let gateway: TestGateway;
  let accounts = 0;

  beforeEach(async () => {
    await env.DB.exec('DELETE FROM user_account');
    isolateWithAccounts(bindings);
    // Alarms go off by the real clock: the market is brought to it.
    const realNow = Math.floor(Date.now() / 1000);
    gateway = startGateway(live.upstream);
    await gateway.advance(realNow - live.upstream.startAt);
  });
  afterEach(() => {
    vi.useRealTimers();
    coldIsolate();
  });

  return {
    get gateway() {
      return gateway;
    },
    registered: async () => {
      accounts += 1;
      const email = `user-${accounts}@example.com`;
      return personOf(email, await register(gateway, email));
    },
    again: async ({ email }) => {
      const input = { email, password: PASSWORD };
      return personOf(email, await askForTokens(gateway, 'LogIn', { input }));
    },
    connected: (person, hubName) =>
      live.connected(hubName, person === null ? undefined : `Bearer ${person.accessToken}`),
  };
}

function personOf(email: string, { accessToken, refreshToken, viewer }: AuthAnswer): Person {
  const { sid } = JSON.parse(atob(accessToken.split('.')[1] ?? ''));
  return { id: decodeGlobalId(viewer.id)?.id ?? '', email, sessionId: sid, accessToken, refreshToken };
}
