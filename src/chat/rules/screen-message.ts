/**
 * The rules of a message that need nothing of its room's state: its text, its author's name, and what it has of links,
 * addresses and words of thieves. Who may post at all is the room's to say.
 */
import type { ChatRejection, ChatRole } from '../room-calls.ts';
import { messageText } from './message-text.ts';

export interface MessageAuthor {
  /** As others see it. */
  displayName: string;
  role: ChatRole;
  kycLevel: number;
}

export interface RoomFacts {
  /** The project's name and symbol, and the pool's name. */
  names: readonly string[];
  /** The contract addresses that the platform has verified. */
  addresses: readonly string[];
  /** The names of moderators and of the team. */
  staffNames: readonly string[];
}

export interface ScreenedMessage {
  /** As it is stored; as it was given if it is refused. */
  text: string;
  /** The links that may be followed, as they stand in the text. */
  links: string[];
  /** Why moderators look first, for them; null if everybody may see it. */
  holdReason: string | null;
  refusal: ChatRejection | null;
}

export function screenMessage(given: {
  text: string;
  author: MessageAuthor;
  room: RoomFacts;
  /** Hosts whose links may be followed, with their subdomains. */
  linkHosts: readonly string[];
  /** Hosts of thieves, with their subdomains, beside those of the bundled list. */
  phishingHosts: readonly string[];
}): ScreenedMessage {
  const text = messageText(given.text);
  if (typeof text !== 'string') return { text: given.text, links: [], holdReason: null, refusal: text };
  return { text, links: [], holdReason: null, refusal: null };
}
