/** All that the simulated platform keeps. A resource that keeps something has a field of its own here. */
import { D1Databases } from './d1.ts';
import { KvNamespaces } from './kv.ts';
import { Buckets } from './r2.ts';
import { Workers } from './workers.ts';
import { Zone } from './zone.ts';

export interface PlatformState {
  readonly accountId: string;
  readonly zoneId: string;
  /** The zone's name: custom domains and routes are names in it. */
  readonly zoneName: string;
  readonly databases: D1Databases;
  readonly kv: KvNamespaces;
  readonly buckets: Buckets;
  readonly zone: Zone;
  readonly workers: Workers;
}

export function createState(ids: Pick<PlatformState, 'accountId' | 'zoneId' | 'zoneName'>): PlatformState {
  return {
    ...ids,
    databases: new D1Databases(),
    kv: new KvNamespaces(),
    buckets: new Buckets(),
    zone: new Zone(),
    workers: new Workers(),
  };
}
