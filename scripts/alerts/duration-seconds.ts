import { InvalidArgumentError } from '@commander-js/extra-typings';

const UNIT_SECONDS: Readonly<Record<string, number>> = { m: 60, h: 3_600, d: 86_400 };

/** @param text such as `30m`, `2h` or `3d` */
export function durationSeconds(text: string): number {
  const [, count, unit = ''] = /^(\d{1,5})([mhd])$/.exec(text) ?? [];
  if (count === undefined)
    throw new InvalidArgumentError('It must be minutes, hours or days, such as 30m, 2h or 3d.');
  return Number(count) * (UNIT_SECONDS[unit] ?? 0);
}
