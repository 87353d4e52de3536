/** A step of a deployment, and all that it may use. */
import type { Wrangler } from '../platform/run-wrangler.ts';
import type { RemoteDatabase } from './database.ts';
import type { DeployedWorker } from './deployed-worker.ts';
import type { TargetEnvironment } from './environment.ts';

/**
 * `gradual`: 0 % first, and then more. `whole`: 100 % at once, which a change of Durable Object classes needs. `first`: whole, and
 * no version of the gateway served before; `wrangler secret put` may have made an empty Worker.
 */
export type DeploymentKind = 'gradual' | 'whole' | 'first';

/** Kept in D1 after each step. */
export interface DeploymentState {
  /** The version that all traffic was on before; null where there was none. */
  versionBefore: string | null;
  /** The uploaded version; null before the upload. */
  versionNow: string | null;
  /** The database's, from before the migrations. */
  bookmark: string | null;
}

/** The part that `plan` knows too, without a network. */
export interface PlannedDeployment {
  readonly target: TargetEnvironment;
  readonly kind: DeploymentKind;
  /** A commit of git: 40 hex digits. */
  readonly commit: string;
}

export interface Deployment extends PlannedDeployment {
  readonly id: string;
  /** Steps write it. */
  readonly state: DeploymentState;
  readonly db: RemoteDatabase;
  readonly worker: DeployedWorker;
  readonly wrangler: Wrangler;
  /** The environment's D1 and CACHE_KV, for the statements of `src/storage`. */
  readonly d1: D1Database;
  readonly kv: KVNamespace;
  /** The folder of wrangler.toml and migrations/. */
  readonly folder: string;
  readonly gateway: Gateway;
  nowMs(): number;
  /** Ends early where the signal is aborted. */
  sleep(milliseconds: number, signal?: AbortSignal): Promise<void>;
}

/** The gateway as a client reaches it. */
export interface Gateway {
  /** Without a slash at its end. */
  readonly origin: string;
  /** The value of OPERATIONS_KEY or ADMIN_KEY. */
  readonly adminKey: string | undefined;
  readonly fetch: typeof fetch;
}

/** Prints one line. */
export type Report = (line: string) => void;

export interface Step {
  readonly name: string;
  /**
   * It moves traffic, or looks at traffic that was moved. If one fails, all traffic goes back to the version before. Where traffic is
   * there when a deployment goes on, these steps begin anew.
   */
  readonly movesTraffic?: true;
  /** It is done again where a deployment goes on, as long as not all traffic is on the new version. */
  readonly isRepeated?: true;
  /** It is done too after all traffic has gone back to the version before. */
  readonly followsReturn?: true;
  /** One line for `plan`. */
  describe(deployment: PlannedDeployment): string;
  /**
   * It may run again, after it failed or after it did its work and the answer was lost.
   *
   * @throws CommandFailure that says in words what failed
   */
  run(deployment: Deployment, report: Report): Promise<void>;
}
