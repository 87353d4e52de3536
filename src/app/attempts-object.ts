import { DurableObject } from 'cloudflare:workers';
import { type Attempt, AttemptLog, type AttemptResult } from '../auth/attempt-log.ts';
import type { AttemptsObject } from '../auth/attempts.ts';
import { alarmNowMs, nowMs } from './runtime.ts';

/** The attempts of one key, whose name is the object's. Nothing is left of it when they have expired. */
export class Attempts extends DurableObject<Env> implements AttemptsObject {
  #log: AttemptLog | null = null;

  async begin(attempt: Attempt): Promise<AttemptResult> {
    const log = this.#opened();
    const result = log.begin(attempt, nowMs());
    await this.#keepUntilExpired(log);
    return result;
  }

  async takeBack(id: string): Promise<void> {
    this.#opened().takeBack(id);
  }

  override async alarm(): Promise<void> {
    const log = this.#opened();
    log.deleteExpired(nowMs());
    await this.#keepUntilExpired(log);
  }

  #opened(): AttemptLog {
    this.#log ??= new AttemptLog(this.ctx.storage.sql);
    return this.#log;
  }

  /** One alarm for all attempts that are there: it goes off when the last one expires, and is then set for newer ones. */
  async #keepUntilExpired({ expiresAtMs }: AttemptLog): Promise<void> {
    const { storage } = this.ctx;
    if (expiresAtMs === null) {
      this.#log = null;
      await storage.deleteAll();
    } else if ((await storage.getAlarm()) === null)
      await storage.setAlarm(alarmNowMs() + expiresAtMs - nowMs());
  }
}
