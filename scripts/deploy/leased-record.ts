/** The record of a deployment while a run has its lease. */
import type { DeploymentRecord, DeploymentRecords } from './record.ts';

export interface LeasedRecord {
  readonly record: DeploymentRecord;
  /**
   * Writes the record, and says that the run is at work.
   *
   * @throws TakenOver
   */
  save(): Promise<void>;
  /** Lets the next run go on at once. */
  release(): Promise<void>;
  nowSeconds(): number;
}

export function leasedRecord(
  record: DeploymentRecord,
  { records, runId, nowMs }: { records: DeploymentRecords; runId: string; nowMs(): number },
): LeasedRecord {
  const nowSeconds = () => Math.floor(nowMs() / 1000);
  return {
    record,
    nowSeconds,
    save: () => records.save(record, runId),
    release: () => records.release(record, runId),
  };
}
