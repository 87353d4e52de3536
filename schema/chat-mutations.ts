/** The mutations of rooms. */
import type {
  ChatMessage as ChatMessageModel,
  ChatModeration as ChatModerationCode,
  ChatRoom as ChatRoomModel,
} from '../src/graphql/context.ts';
import { builder } from './builder.ts';
import { ChatReactionKind } from './chat-types.ts';
import { localId } from './global-ids.ts';
import { ChatMessage, ChatRoom } from './node.ts';
import { Rejection, resultType } from './rejections.ts';

const ChatModeration = builder.enumType('ChatModeration', {
  description: 'What a moderator may do.',
  values: {
    RELEASE: { value: 'release', description: 'Let everybody see a message that is held back.' },
    PIN: { value: 'pin', description: 'Put a message above the room, in place of any other.' },
    UNPIN: { value: 'unpin', description: 'Take the pinned message down.' },
    MUTE: { value: 'mute', description: 'Let a user post no more, for `seconds` or without an end.' },
    UNMUTE: { value: 'unmute', description: 'End a mute.' },
    BAN: {
      value: 'ban',
      description: 'Let a user neither post, react nor report, for `seconds` or without an end.',
    },
    UNBAN: { value: 'unban', description: 'End a ban.' },
    SLOW_MODE: {
      value: 'slow_mode',
      description: 'Set `seconds` between two messages of one author; 0 ends it.',
    },
  } as const satisfies Record<string, { value: ChatModerationCode; description: string }>,
});

const PostChatMessageInput = builder.inputType('PostChatMessageInput', {
  description: 'What to post, and where.',
  fields: (t) => ({
    roomId: t.id({ required: true, description: 'The global id of the room.' }),
    text: t.string({ required: true, description: '1 to 500 characters of plain text.' }),
    replyTo: t.id({ description: 'The global id of the message of this room that it answers.' }),
    clientMutationId: t.string({
      required: true,
      description: 'Chosen by the client, 1 to 255 characters; one per message to post.',
    }),
  }),
});

const ChatReactionInput = builder.inputType('ChatReactionInput', {
  description: 'A reaction to a message.',
  fields: (t) => ({
    messageId: t.id({ required: true, description: 'The global id of the message.' }),
    kind: t.field({ type: ChatReactionKind, required: true, description: 'The reaction.' }),
    remove: t.boolean({ defaultValue: false, description: 'Take it away again.' }),
  }),
});

const ModerateChatInput = builder.inputType('ModerateChatInput', {
  description: 'An act of moderation.',
  fields: (t) => ({
    roomId: t.id({ required: true, description: 'The global id of the room.' }),
    action: t.field({ type: ChatModeration, required: true, description: 'What to do.' }),
    messageId: t.id({ description: 'The message: RELEASE and PIN need it.' }),
    userId: t.id({ description: 'The user, as `ChatAuthor.id`: MUTE, UNMUTE, BAN and UNBAN need it.' }),
    seconds: t.int({
      description:
        'Seconds that a mute or a ban lasts, without an end if left out; or, for SLOW_MODE, between two messages of one author.',
    }),
    reason: t.string({ description: 'For the record: 500 characters at most.' }),
  }),
});

const ChatPayload = builder.objectRef<ChatMessageModel>('ChatPayload').implement({
  description: 'A message.',
  fields: (t) => ({
    message: t.field({
      type: ChatMessage,
      description: 'As the viewer sees it now. It needs an alias beside `Rejection.message`.',
      resolve: (message) => message,
    }),
  }),
});

const ChatModerationPayload = builder.objectRef<ChatRoomModel>('ChatModerationPayload').implement({
  description: 'It is done, and recorded.',
  fields: (t) => ({
    room: t.field({ type: ChatRoom, description: 'The room after it.', resolve: (room) => room }),
  }),
});

const ChatResult = builder.unionType('ChatResult', {
  description: 'A message, or why not.',
  types: [ChatPayload, Rejection],
  resolveType: resultType('ChatPayload'),
});

const ChatModerationResult = builder.unionType('ChatModerationResult', {
  description: 'The room, or why it was not done.',
  types: [ChatModerationPayload, Rejection],
  resolveType: resultType('ChatModerationPayload'),
});

/** Null if it is not given, and '' if it is no id of the type: no object has that. */
const optionalId = (typeName: 'ChatMessage' | 'User', id: string | null | undefined): string | null =>
  id === null || id === undefined ? null : (localId(typeName, id) ?? '');

builder.mutationFields((t) => ({
  postChatMessage: t.field({
    type: ChatResult,
    authScopes: { signedIn: true },
    description:
      'Posts to a room. Of one author, the same `clientMutationId` in one room posts once. What only moderators see yet ' +
      '(a link, an address, a first message) comes back with `heldBack: true`.',
    args: { input: t.arg({ type: PostChatMessageInput, required: true, description: 'The message.' }) },
    resolve: (_root, { input }, { chat }) =>
      chat.post({
        ...input,
        roomId: localId('ChatRoom', input.roomId),
        replyTo: optionalId('ChatMessage', input.replyTo),
      }),
  }),
  deleteChatMessage: t.field({
    type: ChatResult,
    authScopes: { signedIn: true },
    description: "Takes a message back: the author's own, or any as a moderator.",
    args: { messageId: t.arg.id({ required: true, description: 'The global id of the message.' }) },
    resolve: (_root, { messageId }, { chat }) => chat.remove(localId('ChatMessage', messageId)),
  }),
  reactToChatMessage: t.field({
    type: ChatResult,
    authScopes: { signedIn: true },
    description: 'Puts a reaction, or takes it away again.',
    args: { input: t.arg({ type: ChatReactionInput, required: true, description: 'The reaction.' }) },
    resolve: (_root, { input: { messageId, kind, remove } }, { chat }) =>
      chat.react({ messageId: localId('ChatMessage', messageId), kind, remove: remove ?? false }),
  }),
  reportChatMessage: t.boolean({
    authScopes: { signedIn: true },
    description:
      'Tells the moderators of a message; reported by several, it is held back until one has looked. False where it was ' +
      "not recorded: one's own message, one of a moderator or the team, one that is not there, or the viewer may not post " +
      'or has an account that is younger than a day.',
    args: {
      messageId: t.arg.id({ required: true, description: 'The global id of the message.' }),
      reason: t.arg.string({ required: true, description: 'Why, for moderators: 1 to 500 characters.' }),
    },
    resolve: (_root, { messageId, reason }, { chat }) =>
      chat.report({ messageId: localId('ChatMessage', messageId), reason }),
  }),
  moderateChat: t.field({
    type: ChatModerationResult,
    authScopes: { signedIn: true, permission: 'moderate' },
    description:
      'Moderators: releases what is held back, pins, mutes, bans. Every act is recorded with its author.',
    args: { input: t.arg({ type: ModerateChatInput, required: true, description: 'The act.' }) },
    resolve: (_root, { input }, { chat }) =>
      chat.moderate({
        action: input.action,
        roomId: localId('ChatRoom', input.roomId),
        messageId: optionalId('ChatMessage', input.messageId),
        userId: optionalId('User', input.userId),
        seconds: input.seconds ?? null,
        reason: input.reason ?? null,
      }),
  }),
}));
