/** What is in a zone, in one shape for what is wanted and for what is there, so that a pure function compares them. */
import type { ZonePhase } from '../../zone/desired-zone.ts';
import type { Kind } from '../../zone/item-kinds.ts';

/** As the API takes and gives them; a pool names its monitor, and a balancer its pools, by name. */
export type Fields = Readonly<Record<string, unknown>>;

export interface WantedItem {
  kind: Kind;
  /** Unique among the items of its kind: type and name of a record, the name of a pool, the id of a setting, … */
  key: string;
  fields: Fields;
}

export interface FoundItem extends WantedItem {
  id: string;
  /** Carries the mark of the zone's file. What does not was made by hand. */
  isOurs: boolean;
  /** A record that no option removes. */
  staysByHand?: boolean;
  /** A setting that this zone's plan does not let anybody change. */
  isFixed?: boolean;
  /** ISO 8601, where the API tells it. */
  changedAt?: string | undefined;
}

const ADDRESS_TYPES = new Set(['A', 'AAAA', 'CNAME']);

/** A record that says where the requests of a host go. */
export const isAddress = ({ kind, fields }: WantedItem) =>
  kind === 'DNS record' && ADDRESS_TYPES.has(String(fields.type));

export interface WantedRule extends Fields {
  ref: string;
  action: string;
  expression: string;
}

/** With all that the API says of it, known here or not, so that a rule by hand is sent back as it was. */
export interface FoundRule extends Fields {
  id: string;
  ref?: string | undefined;
  last_updated?: string | undefined;
}

export interface WantedPhase {
  phase: ZonePhase;
  /** In the order in which they run. */
  rules: readonly WantedRule[];
}

/** The entry point ruleset of a phase. */
export interface FoundPhase {
  phase: ZonePhase;
  /** Null where the phase has no ruleset yet, and so no rules. */
  ruleset: {
    id: string;
    version: string;
    name?: string | undefined;
    description?: string | undefined;
  } | null;
  rules: readonly FoundRule[];
}

export interface WantedZone {
  items: readonly WantedItem[];
  phases: readonly WantedPhase[];
}

export interface FoundZone {
  items: readonly FoundItem[];
  phases: readonly FoundPhase[];
}
