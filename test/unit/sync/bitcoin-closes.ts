import { existsSync, readFileSync } from 'node:fs';

const REAL_CANDLES = new URL('../../../../shared/data/btcusd-1d.csv', import.meta.url);

/** Daily closes of bitcoin, oldest first: the real ones where they are at hand, else a walk of the same size. */
export function bitcoinCloses(): number[] {
  return existsSync(REAL_CANDLES) ? realCloses() : madeUpCloses();
}

function realCloses(): number[] {
  const [header = '', ...lines] = readFileSync(REAL_CANDLES, 'utf8').trim().split('\n');
  const column = header.split(',').indexOf('close');
  return lines.map((line) => Number(line.split(',')[column]));
}

/** Deterministic: up and down by at most four percent a day. */
export function madeUpCloses(days = 2_000): number[] {
  const closes = [13_480];
  for (let day = 1; day < days; day += 1) {
    const swing = Math.sin(day * 12.9898) * 43_758.5453;
    closes.push((closes[day - 1] ?? 0) * (1 + 0.08 * (swing - Math.floor(swing) - 0.499)));
  }
  return closes;
}
