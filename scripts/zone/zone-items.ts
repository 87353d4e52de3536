/** Items and rules of a zone, in one shape for those that are desired and those that are there: a pure function compares them. */
import type { ZonePhase } from '../../zone/desired-zone.ts';
import type { Kind } from '../../zone/item-kinds.ts';

/** As the API takes and gives them; a pool names its monitor, and a balancer its pools, by name. */
export type Fields = Readonly<Record<string, unknown>>;

export interface DesiredItem {
  kind: Kind;
  /** Unique among the items of its kind: type and name of a record, the name of a pool, the id of a setting, … */
  key: string;
  fields: Fields;
}

export interface FoundItem extends DesiredItem {
  id: string;
  /** Carries the mark of zone/. Items without it were made by hand. */
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
export const isAddress = ({ kind, fields }: DesiredItem) =>
  kind === 'DNS record' && ADDRESS_TYPES.has(String(fields.type));

export interface DesiredRule extends Fields {
  ref: string;
  action: string;
  expression: string;
}

/** A rule with all that the API says of it, known here or not, so that a rule by hand is sent back as it was. */
export interface FoundRule extends Fields {
  id: string;
  ref?: string | undefined;
  last_updated?: string | undefined;
}

export interface DesiredPhase {
  phase: ZonePhase;
  /** In the order in which they run. */
  rules: readonly DesiredRule[];
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

export interface DesiredState {
  items: readonly DesiredItem[];
  phases: readonly DesiredPhase[];
}

export interface FoundZone {
  items: readonly FoundItem[];
  phases: readonly FoundPhase[];
}
