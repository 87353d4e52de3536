/** The alarm of a room, by the clock of alarms. It is written only if it must go off earlier than it is set to. */
import { errorFields, log } from '../observability/log.ts';
import type { RoomStorage } from './room-tables.ts';

export class RoomAlarm {
  readonly #storage: Pick<RoomStorage, 'getAlarm' | 'setAlarm'>;
  /** Null if it is not known. */
  #atMs: number | null = null;

  constructor(storage: Pick<RoomStorage, 'getAlarm' | 'setAlarm'>) {
    this.#storage = storage;
  }

  /** It has gone off, and is set no more. */
  wentOff(): void {
    this.#atMs = null;
  }

  /** In the step of the caller: it is stored with all that the step has written. */
  setBy(atMs: number): void {
    if (this.#atMs === null || this.#atMs > atMs) this.set(atMs);
  }

  set(atMs: number): void {
    this.#atMs = atMs;
    void this.#storage.setAlarm(atMs);
  }

  /** Sets it unless it is set at all. For an alarm that is far away, and was set before. Never rejects. */
  async heal(atMs: () => number | null): Promise<void> {
    if (this.#atMs !== null) return;
    try {
      const stored = await this.#storage.getAlarm();
      if (this.#atMs !== null) return;
      this.#atMs = stored;
      const wantedMs = stored === null ? atMs() : null;
      if (wantedMs !== null) this.set(wantedMs);
    } catch (error) {
      log.warn('chat.alarm_not_read', errorFields(error));
    }
  }
}
