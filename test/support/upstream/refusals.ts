/** Refusals for good that a test has asked for: which calls they meet, and what they say. */
import { optionalText, text } from './body-fields.ts';
import type { Fields } from './records.ts';
import { badRequest, Refusal } from './reply.ts';

const REFUSABLE_ROUTES = [
  'create-registration',
  'create-investment',
  'create-claim',
  'create-document',
] as const;
export type RefusableRoute = (typeof REFUSABLE_ROUTES)[number];

/** A field that is left out meets every call. */
export interface RefusalSetting {
  route: RefusableRoute;
  poolId?: string;
  userId?: string;
  /** Of investments and claims. */
  investmentId?: string;
  /** Of investments: only those with a transaction hash, or only those without one. */
  paid?: boolean;
  code?: string;
  message?: string;
  /** Only the next so many calls. */
  times?: number;
}

export interface RefusableCall {
  poolId?: string;
  userId: string;
  investmentId?: string;
  paid?: boolean;
}

const MATCHED = ['poolId', 'userId', 'investmentId', 'paid'] as const;

export class Refusals {
  #settings: (RefusalSetting & { left: number })[] = [];

  add(setting: RefusalSetting): void {
    this.#settings.push({ ...setting, left: setting.times ?? Number.POSITIVE_INFINITY });
  }

  clear(): void {
    this.#settings = [];
  }

  /** @throws Refusal if one meets this call; it is used up. */
  meet(route: RefusableRoute, call: RefusableCall): void {
    const setting = this.#settings.find(
      (each) =>
        each.route === route &&
        each.left > 0 &&
        MATCHED.every((name) => each[name] === undefined || each[name] === call[name]),
    );
    if (setting === undefined) return;
    setting.left -= 1;
    throw new Refusal(409, setting.code ?? 'CONFLICT', setting.message ?? 'a refusal was asked for');
  }
}

export function refusalSetting(body: Fields): RefusalSetting {
  const route = REFUSABLE_ROUTES.find((name) => name === text(body, 'route'));
  if (route === undefined) throw badRequest(`route must be one of ${REFUSABLE_ROUTES.join(', ')}`);
  const setting: RefusalSetting = { route };
  for (const name of ['poolId', 'userId', 'investmentId', 'code', 'message'] as const) {
    const value = optionalText(body, name);
    if (value !== null) setting[name] = value;
  }
  if (typeof body.paid === 'boolean') setting.paid = body.paid;
  if (typeof body.times === 'number') setting.times = body.times;
  return setting;
}
