/** The plans of a zone, the cheapest first. */
export const PLANS = ['free', 'pro', 'business', 'enterprise'] as const;
export type Plan = (typeof PLANS)[number];

/** Features that are bought beside a plan. */
export const ADD_ONS = ['bot_management', 'load_balancing'] as const;
export type AddOn = (typeof ADD_ONS)[number];

/** The need of an item: a plan or a dearer one, an add-on, or both. */
export interface Need {
  plan?: Plan;
  addOn?: AddOn;
}

/** `needs`: skipped where it is not met. `standsInFor`: skipped where that need is met, because something better is applied then. */
export interface Availability {
  needs?: Need;
  standsInFor?: Need;
}
