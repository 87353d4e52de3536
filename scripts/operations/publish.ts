/**
 * `publish`: what an app release sends becomes what the gateway runs.
 *
 * Nothing is stored before every document has passed, and nothing stored is seen before the one last call that
 * makes the release: whatever ends this process leaves the old state or the new one.
 */
import type { CheckedOperation } from './admin-answers.ts';
import {
  checkedOperations,
  publishedRelease,
  releaseDiffers,
  releaseList,
  storedOperations,
} from './admin-answers.ts';
import { type AdminClient, AdminRefusal } from './admin-client.ts';
import type { Command, CommandCall } from './command.ts';
import { CommandFailure, EXIT, type Problem } from './command-failure.ts';
import { inChunks } from './in-chunks.ts';
import type { ManifestOperation } from './manifest-operation.ts';
import { publishText } from './publish-text.ts';
import { readManifestPath } from './read-manifest-path.ts';

export const publish: Command = {
  summary: 'Makes the operations of an app release runnable',
  argument: '<manifest or folder>',
  options: {
    client: { type: 'string', value: '<name>', help: 'the app, as it names itself: ios', required: true },
    version: { type: 'string', value: '<version>', help: 'its release: 5.2.0', required: true },
    replace: { type: 'boolean', help: 'even where this release was published with other content' },
    force: { type: 'boolean', help: 'even where an operation costs more than the limit' },
    'dry-run': { type: 'boolean', help: 'check and compare, and store nothing' },
  },
  details: [
    "Takes Apollo's manifest, Relay's map and pair list, codegen's persisted-documents.json, Apollo iOS's legacy map,",
    "Cosmo's manifest and files, and a folder of .graphql files. Publishing the same thing twice changes nothing.",
    'A version that is not semver, such as 5.2, is no part of any range that deprecate and retire take.',
  ].join('\n'),
  async run(call) {
    const [client, version] = [call.text('client'), call.text('version')];
    const operations = readManifestPath(call.argument ?? '');
    const gateway = call.gateway();
    const { checked, overLimit } = await checkAll(gateway, operations, call);
    const dryRun = call.flag('dry-run');
    const replace = call.flag('replace');
    const release = { operationIds: operations.map(({ id }) => id), replace };
    const put = (body: object) =>
      gateway.send(
        'PUT',
        `/admin/releases/${encodeURIComponent(client)}/${encodeURIComponent(version)}`,
        body,
        publishedRelease,
      );
    // Refused before anything is stored, where it would be refused after.
    const planned = await put({ ...release, dryRun: true }).catch(explainReplace);
    if (!dryRun) await storeUnknown(gateway, operations, checked, call);
    const published = dryRun ? planned : await put(release).catch(explainReplace);

    const details = new Map(checked.map((operation) => [operation.id, operation]));
    const added = published.new.flatMap((id) => details.get(id) ?? []);
    // Content alone makes no release live again that was ended.
    const state = published.changed ? 'published' : await stateOf(gateway, client, version);
    const answer = { client, version, state, dryRun, ...published, new: added, overLimit };
    return { exitCode: EXIT.ok, text: publishText(answer), answer };
  },
};

async function checkAll(gateway: AdminClient, operations: readonly ManifestOperation[], call: CommandCall) {
  const checked: CheckedOperation[] = [];
  const problems: Problem[] = [];
  let done = 0;
  for (const chunk of inChunks(operations)) {
    call.progress.show('checking', done, operations.length);
    const answer = await gateway.send(
      'POST',
      '/admin/operations/check',
      { operations: chunk },
      checkedOperations,
    );
    checked.push(...answer.operations);
    problems.push(...answer.problems);
    done += chunk.length;
  }
  call.progress.clear();
  const refused = problems.filter(({ code }) => code !== 'COST_EXCEEDED' || !call.flag('force'));
  if (refused.length > 0) throw nothingPublished(refused, operations);
  return { checked, overLimit: problems };
}

function nothingPublished(problems: readonly Problem[], operations: readonly ManifestOperation[]) {
  const names = new Map(operations.map(({ id, name }) => [id, name]));
  const named = problems.map(({ id, code, message }) => ({
    ...(id === undefined ? {} : { id }),
    code,
    message: id === undefined ? message : `${names.get(id) ?? 'operation'} (${id}): ${code}: ${message}`,
  }));
  const onlyCost = problems.every(({ code }) => code === 'COST_EXCEEDED');
  const advice = onlyCost ? ' --force publishes it as it is.' : '';
  const count = problems.length === 1 ? '1 problem' : `${problems.length} problems`;
  return new CommandFailure(EXIT.refused, [
    ...named,
    { code: 'NOTHING_PUBLISHED', message: `Nothing is published: ${count}.${advice}` },
  ]);
}

async function storeUnknown(
  gateway: AdminClient,
  operations: readonly ManifestOperation[],
  checked: readonly CheckedOperation[],
  call: CommandCall,
): Promise<void> {
  const known = new Set(checked.filter((operation) => operation.known).map(({ id }) => id));
  const unknown = operations.filter(({ id }) => !known.has(id));
  const force = call.flag('force');
  let done = 0;
  for (const chunk of inChunks(unknown)) {
    call.progress.show('storing', done, unknown.length);
    await gateway.send('PUT', '/admin/operations', { operations: chunk, force }, storedOperations);
    done += chunk.length;
  }
  call.progress.clear();
}

async function stateOf(gateway: AdminClient, client: string, version: string) {
  const { releases } = await gateway.get('/admin/releases', releaseList);
  const release = releases.find((each) => each.client === client && each.version === version);
  return release?.state ?? 'published';
}

function explainReplace(error: unknown): never {
  if (!(error instanceof AdminRefusal) || error.code !== 'RELEASE_DIFFERS') throw error;
  const differs = releaseDiffers.safeParse(error.extensions).data;
  const counts = differs ? ` ${differs.new.length} would be new in it, ${differs.gone.length} gone.` : '';
  throw new CommandFailure(EXIT.refused, [
    ...error.problems,
    {
      code: 'NOTHING_PUBLISHED',
      message: `Nothing is published.${counts} --replace puts this in its place.`,
    },
  ]);
}
