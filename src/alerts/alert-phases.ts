/**
 * The phases of one alert: normal → pending → firing → recovering → normal. It is normal where there is no state of it.
 *
 * Guarantees: it fires when its rule has been broken at each look for the hold, and ends when it has been kept at each look
 * for the recovery. Between two `fired` lies a `resolved`. Time is what has passed between looks (`watched-time.ts`).
 */
export type AlertPhase = 'pending' | 'firing' | 'recovering';

export interface PhaseState {
  phase: AlertPhase;
  /** Since the phase began. */
  seconds: number;
}

export interface PhaseTimes {
  holdSeconds: number;
  recoverySeconds: number;
}

export interface PhaseStep {
  /** Null: normal. */
  next: PhaseState | null;
  event: 'fired' | 'resolved' | null;
}

const step = (next: PhaseState | null, event: PhaseStep['event'] = null): PhaseStep => ({ next, event });

/** @param elapsedSeconds since the last look */
export function nextPhase(
  state: PhaseState | null,
  isBroken: boolean,
  elapsedSeconds: number,
  { holdSeconds, recoverySeconds }: PhaseTimes,
): PhaseStep {
  if (state === null) {
    if (!isBroken) return step(null);
    return holdSeconds === 0
      ? step({ phase: 'firing', seconds: 0 }, 'fired')
      : step({ phase: 'pending', seconds: 0 });
  }
  const seconds = state.seconds + elapsedSeconds;
  switch (state.phase) {
    case 'pending':
      if (!isBroken) return step(null);
      return seconds >= holdSeconds
        ? step({ phase: 'firing', seconds: 0 }, 'fired')
        : step({ phase: 'pending', seconds });
    case 'firing':
      if (isBroken) return step({ phase: 'firing', seconds });
      return recoverySeconds === 0 ? step(null, 'resolved') : step({ phase: 'recovering', seconds: 0 });
    case 'recovering':
      if (isBroken) return step({ phase: 'firing', seconds: 0 });
      return seconds >= recoverySeconds ? step(null, 'resolved') : step({ phase: 'recovering', seconds });
    default:
      return state.phase satisfies never;
  }
}
