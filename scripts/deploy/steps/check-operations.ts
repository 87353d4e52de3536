import path from 'node:path';
import { brokenText } from '../../operations/check.ts';
import { refusal } from '../../operations/command-failure.ts';
import { readSchema, SCHEMA_FILE } from '../../operations/read-schema.ts';
import { readLiveOperations, USED_DAYS } from '../live-operations.ts';
import { type Broken, breaksOf, operationLines, SHOWN_OPERATIONS } from '../operation-breaks.ts';
import { DeploymentRecords } from '../record.ts';
import { schemaOfVersion } from '../schema-of-version.ts';
import type { Step } from '../step.ts';

/** The operations that a deployment must not break. It works while the gateway is down. */
export const checkOperations: Step = {
  name: 'operations',
  // Releases may be published while a deployment is held.
  isRepeated: true,
  describe: ({ kind }) =>
    kind === 'first'
      ? 'check no operations: no release is published yet'
      : `check ${SCHEMA_FILE} against the operations of all live releases; end where one would break`,
  async run(deployment, report) {
    const { kind, state, db, folder, worker } = deployment;
    if (kind === 'first') {
      report('no release is published yet');
      return;
    }
    const oldSchema =
      state.versionBefore === null
        ? undefined
        : await schemaOfVersion({ records: new DeploymentRecords(db, folder), worker }, state.versionBefore);
    if (oldSchema === undefined)
      report(
        'the schema of the version that serves is not known here: documents are checked, and nothing else',
      );
    const operations = await readLiveOperations(deployment, report);
    const newSchema = readSchema(path.join(folder, SCHEMA_FILE));
    const { broken, brokenBefore } = breaksOf(operations, oldSchema, newSchema);
    for (const line of operationLines(brokenBefore, 'cannot run on the version that serves either'))
      report(line);
    if (broken.length > 0) throw refusal('OPERATIONS_BREAK', brokenOperationsText(broken, operations.length));
    report(`none of ${operations.length} live operations breaks`);
  },
};

function brokenOperationsText(broken: Broken, all: number): string {
  const shown = broken.slice(0, SHOWN_OPERATIONS).map((operation) => brokenText(operation, USED_DAYS));
  const more = broken.length - shown.length;
  return [
    `${broken.length} of ${all} live operations would break:`,
    ...shown,
    ...(more > 0 ? [`and ${more} more: npm run operations -- check lists them`] : []),
    'Nothing has changed. Keep the schema as these operations need it, or retire the releases that carry them.',
  ].join('\n');
}
