/** Every route of `/api`, called by each asker: about the user's objects where it names one, else about the caller's own. */
import { privateKeyToAccount } from 'viem/accounts';
import { localId, type NodeTypeName } from '../../../schema/global-ids.ts';
import { ENDPOINTS } from '../../../src/rest/endpoints.ts';
import { PASSWORD } from '../accounts.ts';
import { callEndpoint } from '../rest-bench.ts';
import { goodCall, nameOf, type RestCall } from '../rest-calls.ts';
import { bearer } from './ask-as.ts';
import { type Held, SAME_INTENT } from './field-arguments.ts';
import { ASKERS, type Asker, clientAddress, openSession, signedChallenge } from './people.ts';

export interface RouteRow {
  /** Its method and path. */
  route: string;
  /** The status, and the code of a refusal. */
  outcomes: Readonly<Record<Asker, string>>;
}

type CallOf = (held: Held, asker: Asker) => RestCall | Promise<RestCall>;

const ofId = (type: NodeTypeName, globalId: string | undefined) => ({
  path: { id: localId(type, globalId ?? '') ?? '' },
});
const ofProject: CallOf = ({ projectId }) => ofId('Project', projectId);
const ofInvestment: CallOf = ({ people }) => ofId('Investment', people.of.user.investmentIds[0]);
const refreshTokenOf = ({ people }: Held, asker: Asker) =>
  people.of[asker === 'stranger' ? 'other' : asker].refreshToken;

/** An account of its own: a person's oldest session would end with so many sign-ins. */
const newcomerOf = (asker: Asker) => ({ email: `newcomer-of-${asker}@example.com`, password: PASSWORD });

let wallets = 0;
async function signedBy(held: Held, accessToken?: string) {
  wallets += 1;
  const wallet = privateKeyToAccount(`0x${String(wallets).padStart(64, 'a')}`);
  return signedChallenge(held.gateway, wallet, accessToken);
}

/** By operation. Another one is called as its row in `rest-rows.ts` says. */
const CALLS: Readonly<Record<string, CallOf>> = {
  RestProject: ofProject,
  RestPriceHistory: ofProject,
  RestPrice: ({ symbol }) => ({ path: { symbol } }),
  RestIdoPool: ({ poolId }) => ofId('IdoPool', poolId),
  RestInvestInPool: ({ saleId }) => ({
    ...ofId('IdoPool', saleId),
    headers: { 'Idempotency-Key': SAME_INTENT },
  }),
  RestRegisterForPool: ({ registrationId }) => ofId('IdoPool', registrationId),
  RestSubmitPayment: ofInvestment,
  RestClaimTokens: ofInvestment,
  RestRegister: (_, asker) => ({ body: newcomerOf(asker) }),
  RestLogIn: (_, asker) => ({ body: newcomerOf(asker) }),
  RestWalletChallenge: () => ({ body: { address: `0x${'0c'.repeat(20)}` } }),
  RestWalletConnect: async (held, asker) => ({
    body: await signedBy(held, asker === 'stranger' ? undefined : held.people.of[asker].accessToken),
  }),
  RestRefresh: (held, asker) => ({ body: { refreshToken: refreshTokenOf(held, asker) } }),
};

/** They end the session that they are called in. */
const ENDING = ['RestLogOut', 'RestWalletConnect'];

/** @param hear is told the text of each answer */
export async function routeRowsOf(
  held: Held,
  hear: (asker: Asker, text: string) => void,
): Promise<RouteRow[]> {
  const rows: RouteRow[] = [];
  for (const endpoint of ENDPOINTS) {
    const outcomes: [Asker, string][] = [];
    for (const asker of ASKERS) {
      const call = (await CALLS[endpoint.operation]?.(held, asker)) ?? {};
      const headers = {
        ...(call.headers ?? goodCall(endpoint).headers),
        'CF-Connecting-IP': clientAddress(),
        ...(await credentials(held, asker, ENDING.includes(endpoint.operation))),
      };
      const answer = await callEndpoint(held.gateway, endpoint, { ...call, headers });
      const text = await answer.text();
      hear(asker, text);
      outcomes.push([asker, [answer.status, ...codeIn(text)].join(' ')]);
    }
    rows.push({ route: nameOf(endpoint), outcomes: Object.fromEntries(outcomes) as RouteRow['outcomes'] });
  }
  return rows;
}

async function credentials(
  { people }: Held,
  asker: Asker,
  isEnding: boolean,
): Promise<Record<string, string>> {
  if (asker === 'stranger') return {};
  const { id, accessToken } = people.of[asker];
  return bearer(isEnding ? (await openSession(id)).accessToken : accessToken);
}

function codeIn(text: string): string[] {
  const { error } = JSON.parse(text || '{}') as { error?: { code: string } };
  return error === undefined ? [] : [error.code];
}
