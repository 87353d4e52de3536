/** Fields a test has set by hand. They lie over what the market says, from the moment they were set. */
import type { Fields } from './records.ts';

export interface FieldOverrides {
  fields: Fields;
  touchedAt: number;
  /** The record is the test's alone; the market knows nothing of it. */
  whole: boolean;
}

export class Overrides {
  readonly #byId = new Map<string, FieldOverrides>();

  /** A time given for `updated_at` stays; left out, the record was updated now. */
  set(id: string, fields: Fields, now: number, whole: boolean): void {
    const before = this.#byId.get(id);
    const kept: Fields = whole ? {} : { ...before?.fields };
    delete kept.updated_at;
    this.#byId.set(id, {
      fields: { ...kept, ...fields },
      touchedAt: now,
      whole: whole || before?.whole === true,
    });
  }

  has(id: string): boolean {
    return this.#byId.has(id);
  }

  find(id: string): FieldOverrides | undefined {
    return this.#byId.get(id);
  }

  /** Those that are records of their own. */
  *whole(): Generator<[string, FieldOverrides]> {
    for (const entry of this.#byId) if (entry[1].whole) yield entry;
  }
}
