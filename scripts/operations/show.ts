/** `show`: everything that the gateway knows of one operation. */
import { Command } from '@commander-js/extra-typings';
import type { ShownOperation } from './admin-answers.ts';
import type { Run } from './command.ts';
import { EXIT } from './command-failure.ts';
import { findOperation, ID_HELP } from './find-operation.ts';
import { changeAndKey, lifetime, minute, stateCell, steeringText } from './printed-values.ts';
import { facts, printable, table } from './table.ts';

export const show = (run: Run) =>
  new Command('show')
    .summary('Shows one operation: its document, cost, cache policy, releases and use')
    .description(ID_HELP)
    .argument('<id>')
    .action((id) =>
      run(async ({ gateway }) => {
        const operation = await findOperation(gateway(), id);
        return { exitCode: EXIT.ok, text: showText(operation), answer: operation };
      }),
    );

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
    ['state', [operation.liveness?.state ?? 'in no release', ...steeringText(operation.steering)].join(', ')],
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
