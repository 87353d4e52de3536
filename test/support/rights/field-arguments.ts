/** Arguments that make sense, for every field that needs them, as GraphQL text. */
import { runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { privateKeyToAccount } from 'viem/accounts';
import { encodeGlobalId } from '../../../schema/global-ids.ts';
import { PASSWORD } from '../accounts.ts';
import type { TestGateway } from '../gateway.ts';
import { insertAttachments } from '../uploaded-files.ts';
import { bearer } from './ask-as.ts';
import type { HeldMessages } from './held-messages.ts';
import { type Asker, openSession, type People, signedChallenge } from './people.ts';

export interface Held {
  gateway: TestGateway;
  people: People;
  /** Global ids. */
  projectId: string;
  poolId: string;
  /** Of a pool that is on sale. */
  saleId: string;
  /** Of a pool that is open for registration. */
  registrationId: string;
  symbol: string;
  chat: HeldMessages;
}

export type FieldArguments = (held: Held, asker: Asker) => string | Promise<string>;

const quoted = (value: string) => JSON.stringify(value);
const personOf = ({ people }: Held, asker: Asker) => (asker === 'stranger' ? undefined : people.of[asker]);

/** The user's investment by GraphQL is the one by `/api`. */
export const SAME_INTENT = 'the-same-intent';

let made = 0;
const nextNumber = () => {
  made += 1;
  return made;
};

/** One upload a second is allowed. */
async function forgetUploads(userId: string): Promise<void> {
  const counter = env.ATTEMPTS.getByName(`limit:createUpload:user:${userId}`);
  // A counter that was never asked has no table.
  await counter.begin({ id: 'first', track: '', rule: { max: 9, windowMs: 1, lockMs: 0 } });
  await runInDurableObject(counter, (_, { storage }) => storage.sql.exec('DELETE FROM attempt'));
}

export const FIELD_ARGUMENTS: Readonly<Record<string, FieldArguments>> = {
  'Query.candles': ({ symbol }) => `symbol: ${quoted(symbol)}`,
  'Query.comparePrices': ({ symbol }) => `symbols: [${quoted(symbol)}, "NOT-HELD"]`,
  'Query.idoPool': ({ poolId }) => `id: ${quoted(poolId)}`,
  'Query.chatRoom': ({ projectId }) => `of: { projectId: ${quoted(projectId)} }`,
  'Query.node': ({ projectId }) => `id: ${quoted(projectId)}`,
  'Query.nodes': ({ projectId }) => `ids: [${quoted(projectId)}]`,
  'Query.price': ({ symbol }) => `symbol: ${quoted(symbol)}`,
  'Query.prices': ({ symbol }) => `symbols: [${quoted(symbol)}]`,
  'Query.project': ({ projectId }) => `by: { id: ${quoted(projectId)} }`,
  'Query.searchProjects': ({ symbol }) => `query: ${quoted(symbol)}`,
  'Mutation.register': () =>
    `input: { email: "new-${nextNumber()}@example.com", password: ${quoted(PASSWORD)} }`,
  'Mutation.login': ({ people }) =>
    `input: { email: ${quoted(people.of.other.email)}, password: ${quoted(PASSWORD)} }`,
  'Mutation.createWalletChallenge': () => `input: { address: "0x${'0c'.repeat(20)}" }`,
  'Mutation.connectWallet': async (held, asker) => {
    const wallet = privateKeyToAccount(`0x${String(nextNumber()).padStart(64, '0')}`);
    const signed = await signedChallenge(held.gateway, wallet, personOf(held, asker)?.accessToken);
    return `input: { message: ${quoted(signed.message)}, signature: ${quoted(signed.signature)} }`;
  },
  'Mutation.refreshSession': (held, asker) =>
    `refreshToken: ${quoted((personOf(held, asker) ?? held.people.of.other).refreshToken)}`,
  'Mutation.changePassword': () =>
    `input: { currentPassword: "not the password at all", newPassword: ${quoted(PASSWORD)} }`,
  'Mutation.endSession': async ({ people }) => {
    const { sessionId } = await openSession(people.of.user.id);
    return `sessionId: ${quoted(encodeGlobalId('Session', sessionId))}`;
  },
  'Mutation.updateProfile': () => 'input: {}',
  'Mutation.registerForPool': ({ registrationId }) => `poolId: ${quoted(registrationId)}`,
  'Mutation.investInPool': ({ saleId }) =>
    `input: { poolId: ${quoted(saleId)}, amount: "10", idempotencyKey: "${SAME_INTENT}" }`,
  'Mutation.submitPayment': ({ people }) =>
    `input: { investmentId: ${quoted(people.of.user.investmentIds[0] ?? '')}, transactionHash: "0x${'0d'.repeat(32)}" }`,
  'Mutation.claimTokens': ({ people }) => `investmentId: ${quoted(people.of.user.investmentIds[0] ?? '')}`,
  'Mutation.createUpload': async (held, asker) => {
    const person = personOf(held, asker);
    if (person !== undefined) await forgetUploads(person.id);
    return 'input: { kind: ATTACHMENT, contentType: "image/png", sizeBytes: 1 }';
  },
  'Mutation.completeUpload': async ({ people }) => {
    const id = crypto.randomUUID();
    await insertAttachments(people.of.user.id, id);
    return `uploadId: ${quoted(encodeGlobalId('Upload', id))}`;
  },
  'Mutation.deleteFile': async ({ people }) => {
    const id = crypto.randomUUID();
    await insertAttachments(people.of.user.id, id);
    return `id: ${quoted(encodeGlobalId('UserFile', id))}`;
  },
  'Mutation.postChatMessage': ({ chat }) =>
    `input: { roomId: ${quoted(chat.roomId)}, text: "Hello", clientMutationId: "asked-${nextNumber()}" }`,
  'Mutation.deleteChatMessage': async ({ chat, people }) =>
    `messageId: ${quoted(await chat.post(bearer(people.of.user.accessToken), 'To be deleted'))}`,
  'Mutation.reactToChatMessage': ({ chat }) => `input: { messageId: ${quoted(chat.shownId)}, kind: LIKE }`,
  // Another one for each: three reports hold a message back.
  'Mutation.reportChatMessage': async ({ chat }) =>
    `messageId: ${quoted(await chat.post(chat.talker, 'To be reported'))}, reason: "A test"`,
  'Mutation.moderateChat': ({ chat }) =>
    `input: { roomId: ${quoted(chat.roomId)}, action: SLOW_MODE, seconds: 0 }`,
  'Subscription.chatEvents': ({ chat }) => `roomId: ${quoted(chat.roomId)}`,
  'Subscription.priceUpdated': ({ symbol }) => `symbols: [${quoted(symbol)}]`,
  'Subscription.idoPoolUpdated': ({ poolId }) => `id: ${quoted(poolId)}`,
};
