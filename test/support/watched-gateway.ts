/** Looks of the alerts at a gateway whose traffic a test makes up, minute after minute by a clock that the test drives. */
import { ALERT_RULES } from '../../src/alerts/alert-rules.ts';
import { type AlertState, noAlertState } from '../../src/alerts/alert-state.ts';
import { type Decision, decide, type LookOptions, type RuleFailure } from '../../src/alerts/decide.ts';
import type { Observed } from '../../src/alerts/observed.ts';
import type { AlertRuleName, AlertThresholds } from '../../src/settings/alert-thresholds.ts';
import type { Flush } from '../../src/storage/d1/flushes.ts';
import { type MadeUpRequests, madeUpCell } from './made-up-cells.ts';

export const WATCH_START = 1_764_000_000;

/** Nothing happens, and everything can be read. */
export const QUIET: Observed = {
  flushes: { rows: [], read: 0, lastFlushId: 0 },
  jobs: [],
  outboxes: [],
  notices: [],
  accounts: { opened: 0, lastRowId: 0 },
  payments: [],
  hasCacheInFront: false,
};

export interface WatchedGateway {
  /** Unix seconds. */
  now: number;
  state: AlertState;
  decisions: Decision[];
  failures: RuleFailure[];
  /** Moves the clock and looks once. Returns what this look has decided. */
  look(observed?: Partial<Observed>, afterSeconds?: number): Decision[];
  /** As often, once a minute. */
  minutes(count: number, observed?: () => Partial<Observed>): Decision[];
  /** A row of an isolate, written now. */
  flush(requests: readonly MadeUpRequests[], rest?: Partial<Flush>): Flush;
  /** What a look finds. */
  found(...rows: Flush[]): Partial<Observed>;
  /** The same, of requests since the last look. */
  requests(...requests: MadeUpRequests[]): Partial<Observed>;
}

export function watchGateway(options: Omit<LookOptions, 'nowSeconds'> = { thresholds: {} }): WatchedGateway {
  let flushId = 0;
  const gateway: WatchedGateway = {
    now: WATCH_START,
    state: noAlertState(),
    decisions: [],
    failures: [],
    look(observed = {}, afterSeconds = 60) {
      gateway.now += afterSeconds;
      const look = decide(gateway.state, { ...QUIET, ...observed }, { nowSeconds: gateway.now, ...options });
      // As from D1.
      gateway.state = JSON.parse(JSON.stringify(look.state));
      gateway.decisions.push(...look.decisions);
      gateway.failures.push(...look.failures);
      return look.decisions;
    },
    minutes: (count, observed = () => ({})) =>
      Array.from({ length: count }, () => gateway.look(observed())).flat(),
    flush(requests, rest = {}) {
      flushId += 1;
      const cells = requests.map((each) => madeUpCell(each, gateway.now));
      return {
        flushId,
        writtenAt: gateway.now,
        workerVersion: 'v1',
        requests: cells,
        ...{ refusals: [], others: [], isolate: null, live: null, malformed: 0 },
        ...rest,
      };
    },
    requests: (...requests) => gateway.found(gateway.flush(requests)),
    found: (...rows) => ({ flushes: { rows, read: rows.length, lastFlushId: flushId } }),
  };
  return gateway;
}

/** Looks of these rules alone. */
export function watchOnly(names: readonly AlertRuleName[], thresholds: AlertThresholds = {}): WatchedGateway {
  return watchGateway({ thresholds, rules: ALERT_RULES.filter(({ name }) => names.includes(name)) });
}

export const BUDGET_RULES = ['error-budget-fast', 'error-budget-slow', 'error-budget-ticket'] as const;

/** A minute of requests of which some fail, most of them of one operation of one release. */
export const failing = (count: number, faults: number): MadeUpRequests[] => [
  { count: count - faults, client: 'web', version: '1' },
  {
    count: Math.ceil(faults / 4),
    faults: Math.ceil(faults / 4),
    client: 'web',
    version: '1',
    outcome: 'error',
  },
  {
    count: faults - Math.ceil(faults / 4),
    faults: faults - Math.ceil(faults / 4),
    operationId: 'sha256:invest',
    outcome: 'error',
  },
];

export const eventsOf = (gateway: WatchedGateway) =>
  gateway.decisions.map(({ event, rule }) => `${event} ${rule}`);
