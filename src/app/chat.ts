/** The parts of an isolate that rooms use. */
import type { ChatSources } from '../chat/actions/chat-action.ts';
import { roomsOf } from '../chat/rooms.ts';
import type { Config } from '../config.ts';
import type { FileUrls } from '../files/file-urls.ts';

export function createChatSources(
  env: Pick<Env, 'DB' | 'REALTIME_CHAT'>,
  { CHAT_LINK_HOSTS: linkHosts, CHAT_PHISHING_HOSTS: phishingHosts }: Config,
  urls: FileUrls,
): ChatSources {
  return {
    db: env.DB,
    rooms: roomsOf(env.REALTIME_CHAT),
    linkHosts,
    phishingHosts,
    shownAvatarUrl: (userId, stored) => urls.shownAvatar(userId, stored),
  };
}
