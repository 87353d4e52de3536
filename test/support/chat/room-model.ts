/** A drawn history of a room beside what must be true of it: the screens behind its hubs, and the texts that nobody may be given. */
import { expect } from 'vitest';
import type { ChatMessage, RoomChange } from '../../../src/chat/room-calls.ts';

export interface Shown {
  text: string;
  deleted: boolean;
  reactions: ChatMessage['reactions'];
}

export const shown = ({ text, deleted, reactions }: ChatMessage): Shown => ({ text, deleted, reactions });

/** The screens behind one hub, which ignores positions that it has had. */
export class Screen {
  readonly messages = new Map<number, Shown>();
  pinned: number | null = null;
  position: number;

  constructor(position: number, page: readonly ChatMessage[], pinned: number | null) {
    this.position = position;
    for (const message of page) this.messages.set(message.sequence, shown(message));
    this.pinned = pinned;
  }

  apply(changes: readonly RoomChange[]): void {
    const positions = changes.map(({ position }) => position);
    expect(positions).toEqual([...new Set(positions)].toSorted((a, b) => a - b));
    for (const { position, value } of changes) {
      if (position <= this.position) continue;
      this.position = position;
      const { kind, message } = value;
      if (kind === 'pinned') this.pinned = message.sequence;
      else if (kind === 'unpinned') this.pinned = null;
      else if (kind === 'held_back') this.messages.delete(message.sequence);
      else this.messages.set(message.sequence, shown(message));
    }
  }
}

/** What must be true, known from answers alone. */
export class Model {
  readonly texts = new Map<number, string>();
  readonly authors = new Map<number, string>();
  readonly heldBack = new Set<number>();
  readonly deleted = new Set<number>();
  readonly released = new Set<number>();
  readonly reporters = new Map<number, Set<string>>();
  readonly erased = new Set<string>();

  expectNoSecretIn(given: unknown): void {
    const text = JSON.stringify(given);
    for (const sequence of [...this.heldBack, ...this.deleted])
      expect(text).not.toContain(this.texts.get(sequence));
  }
}
