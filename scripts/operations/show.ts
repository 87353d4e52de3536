/** `show`: everything that the gateway knows of one operation. */
import { Command } from '@commander-js/extra-typings';
import { liveOperations, type ShownOperation, shownOperation } from './admin-answers.ts';
import type { AdminClient } from './admin-client.ts';
import type { Run } from './command.ts';
import { EXIT, refusal } from './command-failure.ts';
import { changeAndKey, lifetime, minute, releaseNames, stateCell } from './printed-values.ts';
import { facts, printable, table } from './table.ts';

export const show = (run: Run) =>
  new Command('show')
    .summary('Shows one operation: its document, cost, cache policy, releases and use')
    .description(
      'Takes an id. Takes a name or the beginning of an id too, if only one live operation has it.',
    )
    .argument('<id>')
    .action((id) =>
      run(async ({ gateway }) => {
        const operation = await find(gateway(), id);
        return { exitCode: EXIT.ok, text: showText(operation), answer: operation };
      }),
    );

async function find(gateway: AdminClient, wanted: string): Promise<ShownOperation> {
  const byId = (id: string) => gateway.find(`/admin/operations/${encodeURIComponent(id)}`, shownOperation);
  const exact = await byId(wanted);
  if (exact !== undefined) return exact;
  const { operations } = await gateway.get('/admin/live-operations?days=1', liveOperations);
  const matches = operations.filter(({ id, name }) => name === wanted || id.startsWith(wanted));
  if (matches.length > 1) {
    const ids = matches
      .map(({ id, name, releases }) => `\n  ${name}  ${id}  ${releaseNames(releases)}`)
      .join('');
    throw refusal('NOT_UNIQUE', `${matches.length} live operations are called ${wanted}:${ids}`);
  }
  const [only] = matches;
  const operation = only === undefined ? undefined : await byId(only.id);
  if (operation !== undefined) return operation;
  throw refusal('NOT_FOUND', `No operation has the id ${wanted}, and no live operation has that name.`);
}

function cacheText(policy: ShownOperation['cachePolicy']): string {
  const kept = `${lifetime(policy.maxAgeSeconds)}, ${policy.scope}`;
  if (policy.maxAgeSeconds === null) return kept;
  const { staleWhileRevalidateSeconds, staleIfErrorSeconds } = policy;
  return `${kept}; stale ${staleWhileRevalidateSeconds} s while revalidating, ${staleIfErrorSeconds} s on errors`;
}

function costText({ cost, isOverCostLimit }: ShownOperation): string {
  const text = String(Math.ceil(cost));
  return isOverCostLimit ? `${text} (over the limit for new operations)` : text;
}

function showText(operation: ShownOperation): string {
  const { cachePolicy, variableBounds, usage, document } = operation;
  const bounds = Object.entries(variableBounds).map(([name, bound]) => `$${name} up to ${bound}`);
  const properties = facts([
    ['name', operation.name],
    ['id', operation.id],
    ['kind', operation.kind],
    ['state', operation.liveness?.state ?? 'in no release'],
    ['cost', [costText(operation), ...bounds].join(', ')],
    ['cache', cacheText(cachePolicy)],
    ['tags', cachePolicy.tags.join(' ') || '-'],
    ['scopes', operation.scopes.join(' ') || '-'],
  ]);
  const releases = operation.releases.map(({ client, version, state, lastChange }) => [
    ...[client, version, stateCell(state), changeAndKey(lastChange), minute(lastChange?.changedAt ?? null)],
  ]);
  const uses = usage.map((use) => [use.client ?? '-', use.version ?? '-', use.count, minute(use.lastSeen)]);
  const lines = document.trimEnd().split('\n');
  return [
    properties,
    releases.length === 0
      ? '  In no release.'
      : table(['client', 'version', 'state', 'last change', 'when'], releases),
    uses.length === 0
      ? '  Not used yet.'
      : table(['client', 'version', 'count', 'last used'], uses, ['count']),
    lines.map((line) => `  ${printable(line)}`).join('\n'),
  ].join('\n\n');
}
