/** `check --budget`: finds the operations of a release that cost more than those of the last one, by a set share. */
import { styleText } from 'node:util';
import {
  checkedOperations,
  type ListedRelease,
  type LiveOperation,
  liveOperations,
  releaseList,
} from './admin-answers.ts';
import { type AdminClient, inChunks } from './admin-client.ts';
import type { CommandResult } from './command.ts';
import { CommandFailure, EXIT, refusal, unreachable } from './command-failure.ts';
import {
  type CostChange,
  type CostComparison,
  compareCosts,
  REQUESTS_MIN,
  type ReleaseOperation,
} from './compare-costs.ts';
import { metricsAnswer } from './metrics-answer.ts';
import { shortId } from './printed-values.ts';
import { readManifestPath } from './read-manifest-path.ts';
import { printable, table } from './table.ts';

export interface BudgetOptions {
  /** The allowed growth as a share. */
  budget: number;
  client: string;
  /** A published release; or, where it is left out, `manifest`. */
  version: string | undefined;
  /** The operations of a release that is not published yet. */
  manifest: string | undefined;
  /** The release to compare with; by default the last one before. */
  against: string | undefined;
  days: number;
}

/** The most that the endpoint of metrics takes. */
const METRICS_DAYS_MAX = 40;
const DAY_SECONDS = 86_400;

interface BudgetAnswer extends CostComparison {
  client: string;
  /** The release, or the file of its manifest. */
  release: string;
  against: string;
  budget: number;
  days: number;
}

/** @param nowSeconds Unix time */
export async function checkBudget(
  gateway: AdminClient,
  options: BudgetOptions,
  nowSeconds: number,
): Promise<CommandResult> {
  const { client, version, manifest, budget } = options;
  const days = Math.min(options.days, METRICS_DAYS_MAX);
  const { releases } = await gateway.get('/admin/releases', releaseList);
  const ofClient = releases.filter((release) => release.client === client);
  const against = baseOf(ofClient, options);
  const { operations: live } = await gateway.get('/admin/live-operations?days=1', liveOperations);
  const counted = await readCounted(gateway, client, nowSeconds - days * DAY_SECONDS, nowSeconds);
  const before = carriedBy(live, client, against).map((operation) => measured(operation, against, counted));
  const after =
    manifest === undefined
      ? carriedBy(live, client, version ?? '').map((operation) => measured(operation, version, counted))
      : (await costsOf(gateway, manifest)).map((operation) => measured(operation, undefined, counted));
  const release = manifest ?? `${client} ${version}`;
  const comparison = compareCosts(before, after, budget);
  const answer = { client, release, against: `${client} ${against}`, budget, days, ...comparison };
  const isOver = comparison.changes.some((change) => change.isOver);
  return { exitCode: isOver ? EXIT.refused : EXIT.ok, text: budgetText(answer), answer };
}

/** @throws CommandFailure where there is nothing to compare. */
function baseOf(releases: readonly ListedRelease[], { client, version, against }: BudgetOptions): string {
  const live = releases.filter(({ state }) => state !== 'retired');
  const find = (wanted: string) => {
    const found = live.find((release) => release.version === wanted);
    if (found === undefined) throw refusal('NO_SUCH_RELEASE', `${client} ${wanted} is no live release.`);
    return found;
  };
  const publishedAt = version === undefined ? Number.POSITIVE_INFINITY : find(version).publishedAt;
  if (against !== undefined) return find(against).version;
  const earlier = live
    .filter((release) => release.version !== version && release.publishedAt <= publishedAt)
    .toSorted((one, other) => one.publishedAt - other.publishedAt);
  const last = earlier.at(-1);
  if (last === undefined)
    throw refusal(
      'NO_SUCH_RELEASE',
      `${client} has no live release before it: there is nothing to compare with.`,
    );
  return last.version;
}

type Registered = Pick<ReleaseOperation, 'id' | 'name' | 'cost'>;

const carriedBy = (live: readonly LiveOperation[], client: string, version: string): Registered[] =>
  live
    .filter(({ releases }) =>
      releases.some((release) => release.client === client && release.version === version),
    )
    .map(({ id, name, cost = null }) => ({ id, name, cost }));

/** @throws CommandFailure where an operation cannot be registered. */
async function costsOf(gateway: AdminClient, manifest: string): Promise<Registered[]> {
  const registered: Registered[] = [];
  for (const operations of inChunks(readManifestPath(manifest))) {
    const answer = await gateway.send('POST', '/admin/operations/check', { operations }, checkedOperations);
    const problems = answer.problems.filter(({ code }) => code !== 'COST_EXCEEDED');
    if (problems.length > 0) throw new CommandFailure(EXIT.refused, problems);
    registered.push(...answer.operations);
  }
  return registered;
}

type Counted = (ReleaseOperation['cells'][number] & { version: string })[];

async function readCounted(gateway: AdminClient, client: string, from: number, to: number): Promise<Counted> {
  const path = `/admin/metrics?from=${from}&to=${to}&client=${encodeURIComponent(client)}&by=operation,client,outcome,cache`;
  const { rows, leftOut } = await gateway.get(path, metricsAnswer);
  if (leftOut > 0) throw unreachable(`The gateway has left out ${leftOut} rows: ask for fewer --days.`);
  return rows.flatMap(({ operationId, version, outcome, cache, count, bytes, calls }) => {
    if (operationId === undefined || version === undefined || outcome === undefined || cache === undefined)
      throw unreachable(
        'The gateway names no operation, version, outcome and cache: it has another version.',
      );
    const isAnswer = outcome === 'ok' || outcome === 'partial';
    return isAnswer ? [{ operationId, version, outcome, cache, count, bytes, calls }] : [];
  });
}

const measured = (
  { id, name, cost }: Registered,
  version: string | undefined,
  counted: Counted,
): ReleaseOperation => ({
  ...{ id, name, cost },
  cells: counted.filter((cell) => cell.operationId === id && cell.version === version),
});

const MEASURES: Record<CostChange['measure'], (value: number) => string> = {
  d1Rows: (rows) => `${rows.toFixed(1)} D1 rows`,
  dollars: (dollars) => `$${(dollars * 1e6).toFixed(3)} a million`,
  bytes: (bytes) => `${Math.round(bytes)} bytes`,
  cost: (cost) => `cost ${Math.ceil(cost)}`,
};

function budgetText({ release, against, budget, days, changes, added }: BudgetAnswer): string {
  const percent = (share: number) => `${Math.round(share * 1000) / 10} %`;
  const over = changes.filter(({ isOver }) => isOver);
  const rows = over.map(({ name, id, measure, before, after, requests }) => [
    ...[name, shortId(id), MEASURES[measure](before), MEASURES[measure](after)],
    before === 0 ? '-' : percent(after / before - 1),
    requests === null ? 'registered cost' : `${requests.before} and ${requests.after} requests`,
  ]);
  const names = (basis: (change: CostChange) => boolean) =>
    new Set(changes.filter(basis).map(({ id }) => id)).size;
  const overNames = names(({ isOver }) => isOver);
  const byCost = names(({ measure }) => measure === 'cost');
  return [
    overNames === 0
      ? styleText(
          'green',
          printable(`No operation of ${release} costs over ${percent(budget)} more than in ${against}.`),
        )
      : styleText(
          'red',
          printable(
            `Operations of ${release} that cost over ${percent(budget)} more than in ${against}: ${overNames}.`,
          ),
        ),
    ...(rows.length === 0 ? [] : [table(['operation', 'id', 'before', 'now', 'growth', 'by'], rows)]),
    `Compared: ${names(() => true)} operations. By requests of the last ${days} days: D1 rows and dollars of an execution, bytes of an answer. By the registered cost, because one of the releases has fewer than ${REQUESTS_MIN} executions: ${byCost}.`,
    ...(added.length === 0
      ? []
      : [
          `New, so nothing to compare with: ${added.map(({ name, cost }) => printable(cost === null ? name : `${name} (cost ${Math.ceil(cost)})`)).join(', ')}.`,
        ]),
  ].join('\n\n');
}
