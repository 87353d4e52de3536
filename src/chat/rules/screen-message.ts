/**
 * The rules of a message that need nothing of its room's state: its text, its author's name, and what it has of links,
 * addresses and words of thieves. The room itself decides who may post.
 */
import { rejection } from '../../auth/rejection.ts';
import type { ChatRejection, ChatRole } from '../room-calls.ts';
import { areVerified, findAddresses } from './find-addresses.ts';
import { deobfuscated } from './find-hosts.ts';
import { matchingForm, plainForm } from './matching-form.ts';
import { leadsOf, type MessageLeads } from './message-leads.ts';
import { messageText } from './message-text.ts';
import { isStaffLike } from './names.ts';
import { isPhishingHost } from './phishing-hosts.ts';
import { fraudOf, type Lead } from './scam-words.ts';

/** Of wallets. `nova.sol` is the name of a file too. */
const WALLET_NAME = /[a-z0-9-]\.(?:eth|bnb|ton)(?![a-z0-9])/;

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
  /** Why it waits for a moderator, for its record; null if everybody may see it. */
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
  const { author, room, linkHosts } = given;
  const refusedBy = (refusal: ChatRejection): ScreenedMessage => ({
    text,
    links: [],
    holdReason: null,
    refusal,
  });
  const ofName = nameRefusal(author, room);
  if (ofName !== null) return refusedBy(ofName);
  const leads = leadsOf(text, linkHosts);
  if (leads.hosts.some((host) => isPhishingHost(host, given.phishingHosts))) {
    return refusedBy(refused('It names a host that is known for fraud.'));
  }
  if (leads.lookalikes) return refusedBy(refused('It names a host that looks like one of the platform.'));
  const holdReason = isStaff(author) ? null : holdReasonOf(text, leads, author, room);
  return { text, links: leads.links, holdReason, refusal: null };
}

const refused = (why: string) => rejection('CHAT_MESSAGE_REFUSED', why);
const isStaff = ({ role }: Pick<MessageAuthor, 'role'>): boolean => role !== 'member';

/** Why nobody of that name posts in the room; null if they may. */
export function nameRefusal(
  author: Pick<MessageAuthor, 'displayName' | 'role'>,
  room: Pick<RoomFacts, 'names' | 'staffNames'>,
): ChatRejection | null {
  if (isStaff(author) || !isStaffLike(author.displayName, room)) return null;
  return refused("The author's name looks like that of the platform, the project or one of their people.");
}

function holdReasonOf(
  text: string,
  found: MessageLeads,
  author: MessageAuthor,
  room: RoomFacts,
): string | null {
  const addresses = findAddresses(plainForm(text));
  if (!areVerified(addresses, room.addresses)) return 'An address that is not one of the project.';
  if (author.kycLevel === 0) {
    if (found.hasLink) return 'A link of an account without identification.';
    if (WALLET_NAME.test(deobfuscated(matchingForm(text))))
      return 'The name of a wallet, of an account without identification.';
  }
  if (found.handles.some((handle) => isStaffLike(handle, { names: room.names, staffNames: [] }))) {
    return 'A handle that looks like one of the platform or the project.';
  }
  const leads = new Set<Lead>(addresses.length > 0 ? ['address'] : []);
  if (found.hasLink) leads.add('link');
  if (found.hasContact) leads.add('contact');
  const fraud = fraudOf(text, leads);
  return fraud === null ? null : `Words of a fraud that ${fraud}.`;
}
