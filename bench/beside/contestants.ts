/**
 * The gateways that `--beside` compares, each on a workerd process of its own: the working tree, a commit, and the
 * working tree a second time.
 *
 * Only `src/index.ts`, `wrangler.toml`, `migrations`, `operations/manifest.json` and `package-lock.json` of a commit
 * are used. The rest (synced market, upstream, load) is the working tree's for all of them.
 */
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { bundleDrivenGateway, gatewayObjects } from '../bundle.ts';
import { type PriceSource, startPriceSource } from '../live/price-source.ts';
import { type BenchUpstream, migrateAndSync, startBenchUpstream } from '../synced-market.ts';
import { startWorkerd, type Workerd } from '../workerd.ts';

const run = promisify(execFile);

export interface Contestant {
  name: string;
  /** The folder that it was bundled from. */
  project: string;
  /**
   * Its Workers: `gateway` over local D1 and KV; `in-memory` over D1 and KV that answer from memory; `one-hub`, which
   * takes its prices from `prices` and opens every socket at one hub.
   */
  workerd: Workerd;
  prices: PriceSource;
  /** The id of a registered operation. */
  operationId(name: string): string;
}

export interface Contestants {
  all: [workingTree: Contestant, commit: Contestant, workingTreeAgain: Contestant];
  close(): Promise<void>;
}

export async function startContestants(commit: string, signal: AbortSignal): Promise<Contestants> {
  const folder = await mkdtemp(path.join(tmpdir(), 'com2000-beside-'));
  const closing: (() => Promise<unknown>)[] = [() => rm(folder, { recursive: true, force: true })];
  const close = async () => {
    for (const step of closing.reverse()) await step();
  };
  try {
    const checkout = path.join(folder, 'checkout');
    await run('git', ['worktree', 'add', '--detach', checkout, commit], { signal });
    closing.push(() => run('git', ['worktree', 'remove', '--force', checkout]));
    await provideModules(checkout, signal);
    const upstream = await startBenchUpstream();
    closing.push(() => upstream.close());
    const start = async (name: string, project: string, script: string): Promise<Contestant> => {
      const contestant = await startContestant(name, project, script, upstream);
      closing.push(() => Promise.all([contestant.workerd.stop(), contestant.prices.close()]));
      return contestant;
    };
    const own = await bundleDrivenGateway(signal);
    const other = await bundleDrivenGateway(signal, checkout);
    const all: Contestants['all'] = [
      await start('working tree', '.', own),
      await start(commit, checkout, other),
      await start('working tree again', '.', own),
    ];
    return { all, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Ours where both lock the same, else its own. */
async function provideModules(checkout: string, signal: AbortSignal): Promise<void> {
  const lockOf = (project: string) => readFile(path.join(project, 'package-lock.json'), 'utf8');
  if ((await lockOf('.')) === (await lockOf(checkout)))
    await symlink(path.resolve('node_modules'), path.join(checkout, 'node_modules'));
  else await run('npm', ['ci', '--no-audit', '--no-fund'], { cwd: checkout, signal });
}

async function startContestant(
  name: string,
  project: string,
  script: string,
  { gatewayVars }: BenchUpstream,
): Promise<Contestant> {
  const prices = await startPriceSource('by hand');
  const durableObjects = gatewayObjects(project);
  // Objects stay in memory: rounds lie further apart than requests in production.
  const sameForAll = { durableObjects, keepsObjects: true };
  const liveVars = { PRICE_API_URL: prices.url, PRICE_POLL_SECONDS: '1', OPERATIONS_MODE: 'open' };
  const workerd = await startWorkerd(
    [
      {
        ...sameForAll,
        name: 'gateway',
        script,
        storage: 'market',
        vars: { ...gatewayVars, DRIVEN: 'storage' },
      },
      {
        ...sameForAll,
        name: 'in-memory',
        script,
        storage: 'market',
        vars: { ...gatewayVars, DRIVEN: 'memory' },
      },
      {
        ...sameForAll,
        name: 'one-hub',
        script,
        storage: 'live',
        vars: { ...gatewayVars, ...liveVars, DRIVEN: 'one hub' },
      },
    ],
    { project },
  );
  await migrateAndSync(workerd, 'gateway', { afterTheNight: false, project });
  const manifest = JSON.parse(await readFile(path.join(project, 'operations/manifest.json'), 'utf8')) as {
    operations: { id: string; name: string }[];
  };
  return {
    name,
    project,
    workerd,
    prices,
    operationId(wanted) {
      const found = manifest.operations.find((operation) => operation.name === wanted);
      if (found === undefined) throw new Error(`${name} registers no ${wanted}`);
      return found.id;
    },
  };
}
