import type { ChatRejection } from '../room-calls.ts';
import { nameRefusal, type ScreenedMessage, screenMessage } from '../rules/screen-message.ts';
import { namesBeside } from '../rules/staff-names.ts';
import type { ChatSources, Scene } from './chat-action.ts';

/** Screens a text that the actor posts to the room. */
export const screenedBy = (
  { linkHosts, phishingHosts }: Pick<ChatSources, 'linkHosts' | 'phishingHosts'>,
  { actor: { id, displayName, role }, facts: { names, addresses, staff }, kycLevel }: Scene,
  text: string,
): ScreenedMessage =>
  screenMessage({
    text,
    author: { displayName, role, kycLevel },
    room: { names, addresses, staffNames: namesBeside(staff, id) },
    linkHosts,
    phishingHosts,
  });

/** Why the actor posts nothing under their name; null if they may. */
export const nameRefusalOf = ({ actor, facts: { names, staff } }: Scene): ChatRejection | null =>
  nameRefusal(actor, { names, staffNames: namesBeside(staff, actor.id) });
