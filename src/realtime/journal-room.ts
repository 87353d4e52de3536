/** The room that all journals of one hub share: beyond it the longest journal loses its oldest change. */
import { HUB_JOURNALS_MAX_BYTES } from '../config.ts';

/** A journal, by its length as JSON. Characters stand for bytes. */
export interface HeldJournal {
  readonly held: number;
  evictOldest(): void;
}

export class JournalRoom {
  readonly #journals = new Set<HeldJournal>();
  #held = 0;

  /** @param grown by how much a journal is longer than before; less than 0 if it is shorter. */
  note(journal: HeldJournal, grown: number): void {
    this.#held += grown;
    if (journal.held === 0) this.#journals.delete(journal);
    else this.#journals.add(journal);
  }

  fit(): void {
    while (this.#held > HUB_JOURNALS_MAX_BYTES) {
      let longest: HeldJournal | undefined;
      for (const journal of this.#journals) if (journal.held > (longest?.held ?? 0)) longest = journal;
      if (longest === undefined) return;
      longest.evictOldest();
    }
  }
}
