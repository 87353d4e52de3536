import { brandWithType } from '@pothos/core';
import * as z from 'zod';
import { LIST_MAX_ITEMS } from '../src/config.ts';
import type {
  ChatMessage as ChatMessageModel,
  ChatRoom as ChatRoomModel,
  GatewayContext,
  IdoPoolRow,
  InvestmentRow,
  NodeRows,
  ProjectRow,
  UserModel,
} from '../src/graphql/context.ts';
import { keysCost } from './arguments.ts';
import { builder, mayDo } from './builder.ts';
import { decodeGlobalId, type NodeTypeName } from './global-ids.ts';

/** Declared here because the types refer to one another; `implement` in each noun's file adds the fields. */
export const Project = builder.objectRef<ProjectRow>('Project');
export const IdoPool = builder.objectRef<IdoPoolRow>('IdoPool');
export const Investment = builder.objectRef<InvestmentRow>('Investment');
export const User = builder.objectRef<UserModel>('User');
export const ChatRoom = builder.objectRef<ChatRoomModel>('ChatRoom');
export const ChatMessage = builder.objectRef<ChatMessageModel>('ChatMessage');

type NodeLoaders = {
  [Name in NodeTypeName]: (id: string, context: GatewayContext) => Promise<NodeRows[Name] | null>;
};

const NODE_LOADERS: NodeLoaders = {
  Project: (id, { projects }) => projects.byId(id),
  IdoPool: (id, { idoPools }) => idoPools.byId(id),
  Investment: (id, { investments }) => investments.ofViewer(id),
  User: async (id, context) => {
    if (context.viewer?.id === id) return context.viewer;
    return mayDo(context, 'admin') ? context.users.byId(id) : null;
  },
  ChatRoom: (id, { chatRooms }) => chatRooms.byKey(id),
  ChatMessage: (id, { chatRooms }) => chatRooms.messageById(id),
};

/** Null if the id is malformed or unknown, or the viewer may not see the object. */
async function loadNode(globalId: string, context: GatewayContext): Promise<NodeRows[NodeTypeName] | null> {
  const decoded = decodeGlobalId(globalId);
  if (decoded === null || !Object.hasOwn(NODE_LOADERS, decoded.typeName)) return null;
  const typeName = decoded.typeName as NodeTypeName;
  const row = await NODE_LOADERS[typeName](decoded.id, context);
  if (row !== null) brandWithType(row, typeName as never);
  return row;
}

const idList = z
  .array(z.string())
  .min(1, { error: 'must hold at least 1 id' })
  .max(LIST_MAX_ITEMS, {
    error: `must hold at most ${LIST_MAX_ITEMS} ids`,
  });

builder.queryFields((t) => ({
  node: t.field({
    type: builder.nodeInterfaceRef(),
    nullable: true,
    description:
      'Any object by its global id; null where the id is malformed, names nothing, or the viewer may not see it. ' +
      'Always answered per viewer, never from a shared cache.',
    args: { id: t.arg.id({ required: true, description: 'The global id.' }) },
    resolve: (_root, { id }, context) => loadNode(id, context),
  }),
  nodes: t.field({
    type: [builder.nodeInterfaceRef()],
    nullable: { list: false, items: true },
    description: 'Objects by their global ids, 1 to 100, position by position; null as in `node`.',
    complexity: ({ ids }) => keysCost(ids),
    args: {
      ids: t.arg.idList({ required: true, validate: { schema: idList }, description: 'The global ids.' }),
    },
    resolve: (_root, { ids }, context) => ids.map((id) => loadNode(id, context)),
  }),
}));
