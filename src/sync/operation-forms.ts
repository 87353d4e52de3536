/** Gives operations that were published by an earlier build the forms under which `safelist` finds them. */
import { schema } from '../../schema/schema.ts';
import { bringLivenessToKv } from '../operations/liveness-writes.ts';
import { bundledRelease } from '../operations/manifest.ts';
import { storeMissingForms } from '../operations/store-forms.ts';
import { everyFiveMinutes, type JobDefinition, type JobReport, nothingDone } from './job.ts';

/** A thousand operations: the next run continues with the rest. */
const BATCHES_A_RUN = 20;

export const operationFormsJob: JobDefinition = {
  name: 'operation-forms',
  schedule: everyFiveMinutes,
  leaseSeconds: 300,
  effects: [
    {
      // Isolates look forms up in KV only if the overlay names them.
      failureEvent: 'operations.forms_not_named',
      run: async ({ cacheKv, ...deps }, { written }) => {
        if (written > 0) await bringLivenessToKv({ ...deps, kv: cacheKv });
      },
    },
  ],
  async run({ db }, { lease: { write } }) {
    const report: JobReport = nothingDone();
    const onStored = (operations: number) => {
      report.read += operations;
      report.written += operations;
    };
    const { schemaHash } = bundledRelease;
    try {
      await storeMissingForms({ db, write, schema, schemaHash, maxBatches: BATCHES_A_RUN, onStored });
    } catch (failure) {
      report.failure = failure;
    }
    return report;
  },
};
