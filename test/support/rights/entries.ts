/** The places where the walk through the schema begins, and the objects that it finds there. */
import { encodeGlobalId } from '../../../schema/global-ids.ts';
import { FIELD_ARGUMENTS, type Held } from './field-arguments.ts';
import type { Asker } from './people.ts';
import type { Entry } from './schema-walk.ts';

export interface OpenedEntry extends Entry {
  operation?: 'mutation' | 'subscription';
  /** The fields around a selection; null for a root type. */
  open: ((held: Held, asker: Asker, selection: string) => string | Promise<string>) | null;
  /** The response names of these fields. */
  path(asker: Asker): readonly string[];
}

const byId = (id: string, type: string, selection: string) =>
  `node(id: ${JSON.stringify(id)}) { ... on ${type} { ${selection} } }`;

const result = (mutation: string, type: string, given: string): OpenedEntry => ({
  title: `\`${type}\` of one's own`,
  type,
  operation: 'mutation',
  open: async (held, asker, selection) => {
    const text = given || (await FIELD_ARGUMENTS[`Mutation.${mutation}`]?.(held, asker));
    return `${mutation}(${text}) { ... on ${type} { ${selection} } }`;
  },
  path: () => [mutation],
});

const root = (type: string, title: string): Pick<OpenedEntry, 'title' | 'type' | 'open' | 'path'> => ({
  title,
  type,
  open: null,
  path: () => [],
});

export const ENTRIES: readonly OpenedEntry[] = [
  root('Query', 'Queries, and what is public'),
  {
    title: 'Any object by its global id',
    type: 'Node',
    open: ({ projectId }, _asker, selection) => byId(projectId, 'Node', selection),
    path: () => ['node'],
  },
  {
    title: "The user's account, and what it leads to",
    type: 'User',
    again: ['Investment'],
    open: ({ people }, asker, selection) =>
      asker === 'user'
        ? `viewer { ${selection} }`
        : byId(encodeGlobalId('User', people.of.user.id), 'User', selection),
    path: (asker) => [asker === 'user' ? 'viewer' : 'node'],
  },
  {
    title: "The user's investment, by its global id",
    type: 'Investment',
    open: ({ people }, _asker, selection) =>
      byId(people.of.user.investmentIds[0] ?? '', 'Investment', selection),
    path: () => ['node'],
  },
  {
    title: 'A message that everybody sees, by its global id',
    type: 'ChatMessage',
    open: ({ chat }, _asker, selection) => byId(chat.shownId, 'ChatMessage', selection),
    path: () => ['node'],
  },
  {
    title: 'A message of the user that is held back, by its global id',
    type: 'ChatMessage',
    open: ({ chat }, _asker, selection) => byId(chat.heldBackId, 'ChatMessage', selection),
    path: () => ['node'],
  },
  { ...root('Mutation', 'Mutations'), operation: 'mutation' },
  result('refreshSession', 'AuthPayload', ''),
  result('updateProfile', 'ProfilePayload', ''),
  result('investInPool', 'InvestPayload', ''),
  result('registerForPool', 'PoolRegistrationPayload', ''),
  result('createWalletChallenge', 'WalletChallenge', ''),
  result('createUpload', 'Upload', ''),
  result('completeUpload', 'CompleteUploadPayload', ''),
  result('postChatMessage', 'ChatPayload', ''),
  result('moderateChat', 'ChatModerationPayload', ''),
  result('register', 'Rejection', 'input: { email: "no address", password: "" }'),
  { ...root('Subscription', 'Subscriptions'), operation: 'subscription' },
];
