/** Wakes ledgers that have old work: the platform gives up on an alarm after six failures. */
import pLimit from 'p-limit';
import { LEDGER_POKE_AFTER_SECONDS } from '../config.ts';
import { poolsWithOldWork } from '../storage/d1/ledger-work.ts';
import { errorText, everyMinute, type JobDefinition, type JobReport, nothingDone } from './job.ts';

const LEDGERS_AT_ONCE = 6;

export const ledgerPokesJob: JobDefinition = {
  name: 'ledger-pokes',
  schedule: everyMinute,
  leaseSeconds: 300,
  async run({ db, ledgers, nowMs }, { lease }) {
    const nowSeconds = Math.floor(nowMs() / 1000);
    const outboxSince = nowSeconds - LEDGER_POKE_AFTER_SECONDS;
    const poolIds = await poolsWithOldWork(db, { outboxSince, nowSeconds });
    const report: JobReport = { ...nothingDone(), read: poolIds.length };
    await pLimit(LEDGERS_AT_ONCE).map(poolIds, async (poolId) => {
      await lease.keep();
      try {
        await ledgers.ofPool(poolId).poke();
        report.written += 1;
      } catch (error) {
        report.skipped += 1;
        report.firstError ??= errorText(error);
      }
    });
    return report;
  },
};
