/**
 * A ledger at work: the commands of its callers, its calls of the main API, its rows in D1 and its alarm.
 *
 * Guaranteed: whatever a command leaves to do is recorded with it, and an alarm is set in the same step, so that an
 * eviction between any two steps loses nothing. The alarm is set again at each wake, after everything else.
 */
import {
  LEDGER_ALARM_BUSY_MS,
  LEDGER_ALARM_PAUSE_MS,
  LEDGER_ALARM_RETRY_MS,
  LEDGER_ALARM_WORK_MS,
  LEDGER_D1_TIMEOUT_MS,
  LEDGER_FLUSH_WAIT_MS,
} from '../config.ts';
import { errorFields, log } from '../observability/log.ts';
import { answerWithin } from '../storage/answer-within.ts';
import { shownRevisionRead } from '../storage/d1/ledger-rows.ts';
import type { MainApi } from '../upstream/main-api.ts';
import { differencesOf } from './compare-ledger.ts';
import { ProjectionFlush } from './flush-projection.ts';
import { GroupedRuns } from './grouped-runs.ts';
import { Ledger } from './ledger.ts';
import type { LedgerStorage } from './ledger-types.ts';
import { OutboxSender } from './send-outbox.ts';

export interface RunningLedgerSources {
  storage: LedgerStorage & Pick<DurableObjectStorage, 'setAlarm'>;
  db: D1Database;
  mainApi: Pick<MainApi, 'createInvestment' | 'createRegistration' | 'createClaim'>;
  /** The minute's job repeats a notification that fails. */
  notifySaleFeed(): Promise<void>;
  nowMs(): number;
  /** The clock by which alarms go off. */
  alarmNowMs(): number;
  random(): number;
  randomId(): string;
}

/** A run of the flush, which all commands share that have asked for it. Its promises do not reject. */
interface Flushing {
  run: Promise<void>;
  /** D1 has the rows, or has failed, and the alarm is set. */
  done: Promise<void>;
  /** The same, or it takes too long for a caller. */
  doneOrLate: Promise<void>;
}

export class RunningLedger {
  readonly #sources: RunningLedgerSources;
  /** Only for calls that change nothing. */
  readonly ledger: Ledger;
  readonly #outbox: OutboxSender;
  readonly #flush: ProjectionFlush;
  readonly #notifications: GroupedRuns;
  #flushing: Flushing | null = null;
  /** By the clock of alarms; null if none is known. */
  #alarmAtMs: number | null = null;
  /** The last wake found a fault of the ledger itself: the next ones come seldom. */
  #isBroken = false;

  constructor(sources: RunningLedgerSources) {
    const { storage, db, mainApi, nowMs, random, randomId } = sources;
    this.#sources = sources;
    this.ledger = new Ledger(storage, { nowMs, random, randomUuid: randomId });
    this.#notifications = new GroupedRuns(() => this.#notify());
    this.#outbox = new OutboxSender({
      ledger: this.ledger,
      mainApi,
      randomId,
      changed: () => this.#goOn(),
    });
    this.#flush = new ProjectionFlush({
      ledger: this.ledger,
      sql: storage.sql,
      db,
      nowMs,
      notify: () => void this.#notifications.run(),
    });
  }

  /**
   * Runs a command. Answers when D1 has its rows, so that what the caller reads next shows them, or after a while.
   *
   * @throws what the command throws: nothing is recorded then.
   */
  async command<Answer>(run: (ledger: Ledger) => Answer): Promise<Answer> {
    const answer = run(this.ledger);
    await this.#goOn().doneOrLate;
    return answer;
  }

  /** Goes on with what is left, and gives D1 every row again if it was restored. @throws if D1 fails */
  async poke(): Promise<void> {
    await this.command((ledger) => ledger.tick());
    const pool = this.ledger.head()?.pool;
    if (pool === undefined) return;
    const shown = await answerWithin(LEDGER_D1_TIMEOUT_MS, 'database', () =>
      shownRevisionRead(this.#sources.db, pool).first<number>('revision'),
    );
    if (shown !== null) await this.command((ledger) => ledger.projectAnew(shown));
  }

  /** Compares the ledger with itself and with D1; differences become notices. @throws if D1 fails */
  async compare(): Promise<void> {
    const { db } = this.#sources;
    await this.poke();
    const differences = await differencesOf({ ledger: this.ledger, db, flush: () => this.#flush.run() });
    await this.command((ledger) => ledger.noteDifferences(differences));
  }

  /** Never rejects: the platform gives up on an alarm that fails six times. */
  async alarm(): Promise<void> {
    this.#alarmAtMs = null;
    try {
      this.ledger.tick();
      this.#isBroken = false;
    } catch (error) {
      this.#isBroken = true;
      log.error('investing.tick_failed', errorFields(error));
    }
    const { done } = this.#goOn();
    try {
      await answerWithin(LEDGER_ALARM_WORK_MS, 'main API', () => Promise.all([done, this.#outbox.idle()]));
    } catch (error) {
      log.warn('investing.alarm_not_waiting', errorFields(error));
    }
    // Last, and whatever is set: an alarm that was set meanwhile may be overdue by now.
    this.#alarmAtMs = null;
    this.#schedule();
  }

  /** Begins what is left to do. Never throws. */
  #goOn(): Flushing {
    try {
      for (const { kind, investment_id: investment, detail } of this.ledger.takeNotices())
        log.error(`investing.${kind}`, { pool: this.ledger.head()?.pool, investment, detail });
      this.#outbox.send();
    } catch (error) {
      this.#isBroken = true;
      log.error('investing.not_sent', errorFields(error));
    }
    const run = this.#flush.run();
    if (run !== this.#flushing?.run) {
      const done = run.then(() => this.#schedule());
      this.#flushing = { run, done, doneOrLate: doneOrLate(done) };
    }
    this.#schedule();
    return this.#flushing;
  }

  /** Sets the alarm if it is to go off earlier than it is set to. */
  #schedule(): void {
    const { storage, alarmNowMs } = this.#sources;
    // What runs goes on without an alarm, unless the object is evicted. It schedules the next one when it ends.
    const isBusy = this.#flush.isRunning || this.#outbox.isSending;
    const pauseMs = this.#isBroken ? LEDGER_ALARM_RETRY_MS : LEDGER_ALARM_PAUSE_MS;
    const leastMs = isBusy ? LEDGER_ALARM_BUSY_MS : Math.max(pauseMs, this.#flush.pauseMs);
    const isSetBy = (atMs: number) => this.#alarmAtMs !== null && this.#alarmAtMs <= atMs;
    if (isSetBy(alarmNowMs() + leastMs)) return;
    const restMs = this.#restMs();
    if (restMs === null) return;
    const atMs = alarmNowMs() + Math.max(leastMs, restMs);
    if (isSetBy(atMs)) return;
    this.#alarmAtMs = atMs;
    void storage.setAlarm(atMs);
  }

  /** How long there is nothing to do; null for ever. Never throws. */
  #restMs(): number | null {
    try {
      const wakeMs = this.ledger.nextWakeMs();
      return wakeMs === null ? null : wakeMs - this.#sources.nowMs();
    } catch (error) {
      log.error('investing.not_scheduled', errorFields(error));
      return LEDGER_ALARM_RETRY_MS;
    }
  }

  async #notify(): Promise<void> {
    try {
      await this.#sources.notifySaleFeed();
    } catch (error) {
      log.warn('investing.sale_feed_not_notified', errorFields(error));
    }
  }
}

async function doneOrLate(done: Promise<void>): Promise<void> {
  try {
    await answerWithin(LEDGER_FLUSH_WAIT_MS, 'database', () => done);
  } catch (error) {
    // The rows are there later; the answers are right now.
    log.warn('investing.answered_before_flush', errorFields(error));
  }
}
