import type { ChatAction, ChatRequest, ChatSources } from './chat-action.ts';
import {
  deleteMessage,
  type Reaction,
  type Report,
  reactToMessage,
  reportMessage,
} from './message-actions.ts';
import { type Moderating, moderateRoom } from './moderate-room.ts';
import { type Posting, postMessage } from './post-message.ts';

/** The actions in rooms, for one request. The schema asks for the viewer's rights before it calls one. */
export function createChatActions(sources: ChatSources, request: ChatRequest) {
  const action: ChatAction = { sources, request };
  return {
    post: (posting: Posting) => postMessage(action, posting),
    remove: (messageId: string | null) => deleteMessage(action, messageId),
    react: (reaction: Reaction) => reactToMessage(action, reaction),
    report: (report: Report) => reportMessage(action, report),
    moderate: (moderating: Moderating) => moderateRoom(action, moderating),
  };
}
