import { type ScreenedMessage, screenMessage } from '../rules/screen-message.ts';
import type { ChatSources, Scene } from './chat-action.ts';

/** What the rules say of a text that the actor posts to the room. */
export const screenedBy = (
  { linkHosts, phishingHosts }: Pick<ChatSources, 'linkHosts' | 'phishingHosts'>,
  { actor: { id, displayName, role }, facts: { names, addresses, staff }, kycLevel }: Scene,
  text: string,
): ScreenedMessage =>
  screenMessage({
    text,
    author: { displayName, role, kycLevel },
    room: {
      names,
      addresses,
      staffNames: staff.filter((other) => other.id !== id).flatMap(({ display_name }) => display_name ?? []),
    },
    linkHosts,
    phishingHosts,
  });
