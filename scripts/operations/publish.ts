/**
 * `publish`: makes the operations of an app release runnable.
 *
 * Stores nothing before every document has passed. One last call makes the release of the stored documents, so a
 * publish that ends early leaves the old release or the new one.
 */
import { Command, InvalidArgumentError } from '@commander-js/extra-typings';
import {
  type CheckedOperation,
  checkedOperations,
  publishedRelease,
  storedOperations,
} from './admin-answers.ts';
import { type AdminClient, inChunks } from './admin-client.ts';
import { nonEmpty, type Run } from './command.ts';
import { EXIT, type Problem } from './command-failure.ts';
import type { ManifestOperation } from './manifest-operation.ts';
import type { Progress } from './progress-bar.ts';
import { explainReleaseRefusal, explainStoreRefusal, nothingPublished } from './publish-refusals.ts';
import { publishText } from './publish-text.ts';
import { readManifestPath } from './read-manifest-path.ts';
import { semverWarnings } from './releases-in-range.ts';

export const publish = (run: Run) =>
  new Command('publish')
    .summary('Makes the operations of an app release runnable')
    .description(
      [
        "Takes Apollo's manifest, Relay's map and pair list, codegen's persisted-documents.json, Apollo iOS's legacy map, Cosmo's manifest and files, a folder of .graphql files, and the gateway's own operations/manifest.json.",
        'Publishing the same thing twice changes nothing.',
        'A version that is not semver, such as 5.2, is in no range that deprecate, retire and restore take.',
      ].join('\n'),
    )
    .argument('<manifest or folder>')
    .requiredOption('--client <name>', 'the app, as it names itself: ios', publishableName)
    .requiredOption('--version <version>', 'its release: 5.2.0', publishableName)
    .option('--replace', 'even where this release was published with other content; its state stays')
    .option('--force', 'even where an operation costs more than the limit')
    .option('--dry-run', 'check and compare, and store nothing')
    .action((source, { client, version, replace = false, force = false, dryRun = false }) =>
      run(async ({ gateway: openGateway, progress }) => {
        const operations = readManifestPath(source);
        const gateway = openGateway();
        const { checked, overLimit } = await checkAll(gateway, operations, force, progress);
        const release = { operationIds: operations.map(({ id }) => id), replace };
        const path = `/admin/releases/${encodeURIComponent(client)}/${encodeURIComponent(version)}`;
        const put = (body: object) =>
          gateway.send('PUT', path, body, publishedRelease).catch(explainReleaseRefusal(operations));
        // A release that would be refused is refused here, before anything is stored.
        const planned = await put({ ...release, dryRun: true });
        if (!dryRun) await storeUnknown(gateway, operations, checked, force, progress);
        const published = dryRun ? planned : await put(release);

        const details = new Map(checked.map((operation) => [operation.id, operation]));
        const added = published.new.flatMap((id) => details.get(id) ?? []);
        const names = [...operations.map(({ id, name }) => ({ id, name })), ...published.names];
        const warnings = semverWarnings(version);
        const answer = { client, version, dryRun, ...published, names, new: added, overLimit, warnings };
        return { exitCode: EXIT.ok, text: publishText(answer), answer };
      }),
    );

/** The gateway refuses it too: ids of the form `<app>~<version>~<id>` could not name such a release. */
function publishableName(text: string): string {
  if (text.includes('~'))
    throw new InvalidArgumentError('It contains "~", which separates the parts of an id.');
  // They mean other folders in the path of a URL.
  if (['.', '..'].includes(text)) throw new InvalidArgumentError('It is no name.');
  return nonEmpty(text);
}

async function checkAll(
  gateway: AdminClient,
  operations: readonly ManifestOperation[],
  force: boolean,
  progress: Progress,
) {
  const checked: CheckedOperation[] = [];
  const problems: Problem[] = [];
  let done = 0;
  for (const chunk of inChunks(operations)) {
    progress.show('checking', done, operations.length);
    const body = { operations: chunk };
    const answer = await gateway.send('POST', '/admin/operations/check', body, checkedOperations);
    checked.push(...answer.operations);
    problems.push(...answer.problems);
    done += chunk.length;
  }
  progress.clear();
  const refused = problems.filter(({ code }) => code !== 'COST_EXCEEDED' || !force);
  if (refused.length > 0) throw nothingPublished(refused, operations);
  return { checked, overLimit: problems };
}

async function storeUnknown(
  gateway: AdminClient,
  operations: readonly ManifestOperation[],
  checked: readonly CheckedOperation[],
  force: boolean,
  progress: Progress,
): Promise<void> {
  const known = new Set(checked.filter((operation) => operation.known).map(({ id }) => id));
  const unknown = operations.filter(({ id }) => !known.has(id));
  let done = 0;
  for (const chunk of inChunks(unknown)) {
    progress.show('storing', done, unknown.length);
    await gateway
      .send('PUT', '/admin/operations', { operations: chunk, force }, storedOperations)
      .catch(explainStoreRefusal(operations));
    done += chunk.length;
  }
  progress.clear();
}
