/** Rooms, their messages, and what happens in them. */
import type {
  ChatAuthor as ChatAuthorModel,
  ChatEventKind as ChatEventKindCode,
  ChatEvent as ChatEventModel,
  ChatReactionKind as ChatReactionKindCode,
  ChatReaction as ChatReactionModel,
  ChatRole as ChatRoleCode,
} from '../src/graphql/context.ts';
import { builder } from './builder.ts';
import { connectionObject } from './connections.ts';
import { encodeGlobalId } from './global-ids.ts';
import { ChatMessage } from './node.ts';

const ChatRole = builder.enumType('ChatRole', {
  description: 'The role of an author.',
  values: {
    MEMBER: { value: 'member', description: 'Somebody who speaks for themselves.' },
    MODERATOR: { value: 'moderator', description: 'Somebody who keeps order in the rooms.' },
    TEAM: { value: 'team', description: 'Somebody who speaks for a project as one of its team.' },
  } as const satisfies Record<string, { value: ChatRoleCode; description: string }>,
});

export const ChatReactionKind = builder.enumType('ChatReactionKind', {
  description: 'How one may react to a message.',
  values: {
    LIKE: { value: 'like', description: 'A thumb.' },
    ROCKET: { value: 'rocket', description: 'A rocket.' },
    HEART: { value: 'heart', description: 'A heart.' },
    LAUGH: { value: 'laugh', description: 'A laughing face.' },
    SAD: { value: 'sad', description: 'A sad face.' },
    WARNING: { value: 'warning', description: 'A warning sign.' },
  } as const satisfies Record<string, { value: ChatReactionKindCode; description: string }>,
});

const ChatAuthor = builder.objectRef<ChatAuthorModel>('ChatAuthor').implement({
  description: 'An author as everybody sees them: never an address or a wallet.',
  fields: (t) => ({
    id: t.id({
      description: 'The global id of the user, for moderators to mute or ban.',
      resolve: ({ id }) => encodeGlobalId('User', id),
    }),
    displayName: t.exposeString('displayName', {
      description: 'Without a name of their own, `User-` and six letters.',
    }),
    avatarUrl: t.exposeString('avatarUrl', { nullable: true, description: 'Their picture.' }),
    role: t.expose('role', { type: ChatRole, description: "The role, from the author's permissions alone." }),
  }),
});

const ChatReaction = builder.objectRef<ChatReactionModel>('ChatReaction').implement({
  description: 'The number of reactions of one kind.',
  fields: (t) => ({
    kind: t.expose('kind', { type: ChatReactionKind, description: 'The reaction.' }),
    count: t.exposeInt('count', { description: 'The number of users who have reacted so.' }),
  }),
});

/** There is one reaction of each kind, and there are few links in 500 characters. */
const FEW_ITEMS = { field: 1, multiplier: 6 };

ChatMessage.implement({
  description: 'A message in a room.',
  interfaces: [builder.nodeInterfaceRef()],
  fields: (t) => ({
    id: t.id({
      description: 'The global id.',
      resolve: (message, _args, { chatRooms }) => encodeGlobalId('ChatMessage', chatRooms.messageId(message)),
    }),
    author: t.expose('author', { type: ChatAuthor, description: 'Who wrote it.' }),
    text: t.exposeString('text', {
      description:
        '1 to 500 characters of plain text; empty once deleted, and in an event that it is held back.',
    }),
    links: t.exposeStringList('links', {
      description: 'Links that may be followed: hosts of the allowlist alone. Any other stays text.',
    }),
    replyTo: t.field({
      type: ChatMessage,
      nullable: true,
      description: 'The message that it answers; null where there is none, or none that the viewer may see.',
      resolve: (message, _args, { chatRooms }) => chatRooms.repliedMessage(message),
    }),
    reactions: t.expose('reactions', {
      type: [ChatReaction],
      complexity: FEW_ITEMS,
      description: 'Without kinds that nobody has chosen.',
    }),
    postedAt: t.expose('postedAt', { type: 'DateTime', description: 'When the room took it.' }),
    deleted: t.exposeBoolean('deleted', {
      description: 'Whether it was taken back, or a moderator took it away.',
    }),
    heldBack: t.exposeBoolean('heldBack', { description: 'Whether only moderators and its author see it.' }),
  }),
});

export const ChatMessageConnection = connectionObject(ChatMessage, {
  name: 'ChatMessage',
  page: 'A page of messages.',
  edge: 'A message in its place in a room.',
  isCounted: false,
});

const ChatEventKind = builder.enumType('ChatEventKind', {
  description: 'What has happened to a message. Expect kinds that you do not know yet.',
  values: {
    POSTED: { value: 'posted', description: 'It is new.' },
    DELETED: { value: 'deleted', description: 'Its text is gone. A client shows that something was here.' },
    REACTED: { value: 'reacted', description: 'Its reactions have changed.' },
    PINNED: { value: 'pinned', description: 'It stands above the room now, in place of any other.' },
    UNPINNED: { value: 'unpinned', description: 'It does not stand there any more.' },
    HELD_BACK: {
      value: 'held_back',
      description: 'A client takes it away: only moderators and its author see it.',
    },
    RELEASED: {
      value: 'released',
      description: 'A moderator has released it: a client shows it in its place.',
    },
  } as const satisfies Record<string, { value: ChatEventKindCode; description: string }>,
});

export const ChatEvent = builder.objectRef<ChatEventModel>('ChatEvent').implement({
  description: 'What happened in a room, the same for everybody.',
  fields: (t) => ({
    kind: t.expose('kind', { type: ChatEventKind, description: 'The kind of the event.' }),
    message: t.expose('message', {
      type: ChatMessage,
      description: 'The message, as everybody sees it when the event is delivered.',
    }),
  }),
});
