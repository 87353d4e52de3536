/** One reader's room as its events tell it, in their order. It finds fault with every event that breaks the promise. Pure. */

export interface RoomEvent {
  kind: 'POSTED' | 'DELETED' | 'REACTED' | 'PINNED' | 'UNPINNED' | 'HELD_BACK' | 'RELEASED';
  message: { id: string; text: string; deleted: boolean };
}

export interface RoomResult {
  data: { chatEvents: RoomEvent };
  extensions: { position: string; gap?: true };
}

export class RoomLog {
  /** Messages that the reader shows, by id, in the order in which they came. */
  readonly shown = new Map<string, { text: string; isDeleted: boolean }>();
  gaps = 0;
  #position: string;

  /** @param position all that came before it is of no interest */
  constructor(position: string) {
    this.#position = position;
  }

  /** To resume from. */
  get position(): string {
    return this.#position;
  }

  /** @throws Error if it comes twice, out of order, or with a text that must not be seen any more */
  take({ data, extensions }: RoomResult): void {
    const { kind, message } = data.chatEvents;
    const { id, text } = message;
    const fault = (what: string) =>
      new Error(`${what}: ${kind} ${id} "${text}" at ${extensions.position} after ${this.#position}`);
    const [position, last] = [Number(extensions.position), Number(this.#position)];
    if (extensions.gap) {
      this.gaps += 1;
      this.shown.clear();
      // The last event of the state that follows has a whole position; a reader who breaks off before is sent it again.
    } else if (position < last || (position === last && Number.isInteger(last)))
      throw fault('positions go back');
    this.#position = extensions.position;
    switch (kind) {
      case 'POSTED':
        if (this.shown.has(id)) throw fault('twice');
        this.shown.set(id, { text, isDeleted: false });
        return;
      case 'RELEASED':
        this.shown.set(id, { text, isDeleted: false });
        return;
      case 'DELETED':
        if (text !== '') throw fault('a deleted text');
        this.shown.set(id, { text, isDeleted: true });
        return;
      case 'HELD_BACK':
        if (text !== '') throw fault('a text that is held back');
        this.shown.delete(id);
        return;
      case 'REACTED':
      case 'PINNED':
      case 'UNPINNED':
        return;
      default:
        throw fault(`an unknown kind ${kind satisfies never}`);
    }
  }
}
