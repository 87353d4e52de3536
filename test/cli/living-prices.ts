/** What a client of either transport sees of the prices of `npm start`. */
import assert from 'node:assert/strict';
import type { FormattedExecutionResult } from 'graphql';

export interface Priced {
  priceUpdated: { symbol: string; priceUsd: number };
}

export const priceOf = (symbol: string) =>
  `subscription { priceUpdated(symbols: ["${symbol}"]) { symbol priceUsd } }`;

type Watch = (symbol: string) => AsyncIterableIterator<unknown>;

async function nextPrice(events: ReturnType<Watch>) {
  const { value } = await events.next();
  const { data, errors, extensions } = value as FormattedExecutionResult<Priced, { position: string }>;
  assert.equal(errors, undefined);
  assert.ok(data);
  return { ...data.priceUpdated, position: Number(extensions?.position) };
}

/** Two at once tell each new price, until they are completed. */
export async function assertTwoAtOnce(watch: Watch): Promise<void> {
  const [bitcoin, ether] = [watch('BTC'), watch('ETH')];
  for (const [events, symbol] of [
    [bitcoin, 'BTC'],
    [ether, 'ETH'],
  ] as const) {
    const first = await nextPrice(events);
    const second = await nextPrice(events);
    assert.deepEqual([first.symbol, second.symbol], [symbol, symbol]);
    assert.notEqual(first.priceUsd, second.priceUsd);
    assert.ok(second.position > first.position);
  }
  await bitcoin.return?.();
  assert.equal((await nextPrice(ether)).symbol, 'ETH');
  await ether.return?.();
}

export async function assertGoesOn(watch: Watch, breakConnection: () => void): Promise<void> {
  const events = watch('BTC');
  await nextPrice(events);
  breakConnection();
  assert.equal((await nextPrice(events)).symbol, 'BTC');
  await events.return?.();
}
