/**
 * The state from one minute to the next: one JSON value, bounded in size. A part of it that has not the form, e.g. of another
 * build, begins anew, and the others stay.
 */
import * as z from 'zod';
import { SEVERITIES } from '../observability/notice.ts';
import type { Incident } from '../storage/d1/incidents.ts';
import { noWindows } from './windows.ts';

/** Made at first use: most isolates only answer, and never see the state. */
const stateSchema = z.lazy(() => {
  const number = z.number();
  const text = z.string();
  const histogram = z.array(number);
  const worst = z.object({ operationId: text, client: text, version: text });
  const slots = z.array(
    z.object({
      at: number,
      culprits: z.array(worst.extend({ faults: number })),
      requests: number,
      faults: number,
      hits: number,
      misses: number,
      registrations: number,
      paymentsConfirmed: number,
      paymentsFailed: number,
    }),
  );

  const windows = z.object({
    recent: z.array(
      z.object({
        at: number,
        cells: z.array(
          worst.extend({ count: number, unknown: number, misses: number, durationMs: number, histogram }),
        ),
        refusedDocuments: z.array(z.object({ client: text, version: text, documentId: text, count: number })),
        d1: histogram,
        memoryShare: number.nullable(),
      }),
    ),
    minutes: slots,
    hours: slots,
  });

  const jobs = z.record(
    text,
    z.object({
      /** The start of the latest run that was seen. */
      startedAt: number.nullable(),
      notOkSeconds: number,
    }),
  );

  /** An alert that is not normal. */
  const activeAlert = z.object({
    rule: text,
    subject: text,
    phase: z.enum(['pending', 'firing', 'recovering']),
    /** Since the phase began. */
    seconds: number,
    /** From the moment that it fired; null before. It says all that the message of its end needs. */
    incident: z
      .object({
        id: text,
        runbook: text,
        severity: z.enum(SEVERITIES),
        /** Unix seconds. */
        startedAt: number,
        summary: text,
        value: text,
        threshold: text,
        worst: worst.optional(),
      })
      .nullable(),
  });

  /** Parts that are asked for once an hour. */
  const hourly = z.object({
    /** Watched seconds; null before the first look. */
    askedAt: number.nullable(),
    pools: z.array(z.object({ poolId: text, registered: number, participating: number })).nullable(),
    sizes: z.array(z.object({ name: text, bytes: number, maxBytes: number })).nullable(),
    forecastDollars: number.nullable(),
  });

  return z.object({
    /** Unix seconds of the last look. */
    lookedAt: number.nullable().catch(null),
    watchedSeconds: number.catch(0),
    /** Null before the first look. */
    lastFlushId: number.nullable().catch(null),
    lastAccountRowId: number.nullable().catch(null),
    payments: z
      .array(z.object({ hour: number, confirmed: number, failed: number }))
      .nullable()
      .catch(null),
    jobs: jobs.catch(() => ({})),
    /** Seconds that the oldest call of a ledger has waited, by pool. */
    outboxes: z.record(text, number).catch(() => ({})),
    hourly: hourly.catch(() => ({ askedAt: null, pools: null, sizes: null, forecastDollars: null })),
    windows: windows.catch(noWindows),
    alerts: z.array(activeAlert).catch(() => []),
    /** Incidents so far: the next one has the next number. */
    incidents: number.catch(0),
  });
});

export type AlertState = z.infer<typeof stateSchema>;
export type ActiveAlert = AlertState['alerts'][number];

/** The state before the first look. */
export const noAlertState = (): AlertState => stateSchema.parse({});

/** @param value parsed JSON, of whatever form */
export function parsedAlertState(value: unknown): AlertState {
  return stateSchema.safeParse(value).data ?? noAlertState();
}

/** With alerts for incidents that go on, and of which the state knows nothing: they must end too. */
export function withIncidents(state: AlertState, incidents: readonly Incident[]): AlertState {
  const known = new Set(state.alerts.map(({ incident }) => incident?.id));
  const adopted = incidents
    .filter(({ id }) => !known.has(id))
    .map(({ id, rule, subject, worst, endedAt: _, ...rest }): ActiveAlert => {
      const incident = { id, ...rest, ...(worst && { worst }) };
      return { rule, subject, phase: 'firing', seconds: 0, incident };
    });
  return { ...state, alerts: [...state.alerts, ...adopted] };
}
