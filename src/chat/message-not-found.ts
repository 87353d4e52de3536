import { rejection } from '../auth/rejection.ts';
import type { ChatRejection } from './room-calls.ts';

/** The same for a message that is not there and for one that the viewer may not see. */
export const messageNotFound = (field: string[]): ChatRejection =>
  rejection('CHAT_MESSAGE_NOT_FOUND', 'There is no such message that you may see.', field);
