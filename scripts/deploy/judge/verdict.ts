/** The end of a step that was watched, with sentences for people. */
export type Verdict =
  | { kind: 'promote' }
  | { kind: 'hold'; reasons: readonly string[] }
  /** The surest first. */
  | { kind: 'regress'; findings: readonly string[] };
