/** All that the simulated platform keeps. A resource that keeps something has a field of its own here. */

export interface PlatformState {
  readonly accountId: string;
  readonly zoneId: string;
  /** Of the zone: custom domains and routes are names in it. */
  readonly zoneName: string;
}

export function createState(ids: Pick<PlatformState, 'accountId' | 'zoneId' | 'zoneName'>): PlatformState {
  return { ...ids };
}
