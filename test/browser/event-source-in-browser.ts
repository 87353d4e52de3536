/** A browser's own EventSource against a gateway that `npm start` runs, over a connection that breaks. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Page } from 'playwright-core';
import manifest from '../../operations/manifest.json' with { type: 'json' };
import { type CuttableProxy, startCuttableProxy } from '../support/cuttable-proxy.ts';
import type { OpenedBrowser } from './files-in-browser.ts';

interface SeenEvent {
  id: string;
  symbol: string;
  price: number;
}

function urlOf({ url }: CuttableProxy, documentId: string): string {
  const variables = JSON.stringify({ symbols: ['BTC'] });
  return `${url}/graphql?${new URLSearchParams({ documentId, variables })}`;
}

const TICKER = manifest.operations.find(({ name }) => name === 'PriceTicker')?.id ?? '';

/** Code in the page keeps its events there, for the test to read. */
async function watchIn(page: Page, url: string): Promise<void> {
  await page.evaluate((address) => {
    const scope = globalThis as unknown as Record<string, unknown>;
    const seen: SeenEvent[] = [];
    const source = new EventSource(address);
    source.addEventListener('next', ({ data, lastEventId: id }) => {
      const { symbol, price } = JSON.parse(data).data.priceUpdated;
      seen.push({ id, symbol, price });
    });
    Object.assign(scope, { seen, source });
  }, url);
}

/** The events, once there are more of them than so many. */
async function seenAfter(page: Page, count: number): Promise<SeenEvent[]> {
  const handle = await page.waitForFunction((least) => {
    const { seen } = globalThis as unknown as { seen: SeenEvent[] };
    return seen.length > least ? seen : null;
  }, count);
  return (await handle.jsonValue()) as SeenEvent[];
}

/** The last event that the browser named. */
const resumedFrom = (proxy: CuttableProxy) => /^last-event-id: (.*)\r$/im.exec(proxy.sent())?.[1];

/** @param opened once tests run */
export function testEventSource(opened: () => OpenedBrowser): void {
  let proxy: CuttableProxy;
  let browser: OpenedBrowser['browser'];

  before(async () => {
    const { start, browser: own } = opened();
    browser = own;
    proxy = await startCuttableProxy(start.gatewayUrl);
  });

  after(() => proxy?.close());

  test('a page of another origin sees prices, and comes back by itself to where it was', async () => {
    const page = await browser.newPage();
    await watchIn(page, urlOf(proxy, TICKER));
    const before = await seenAfter(page, 1);
    assert.ok(before.every(({ symbol, price }) => symbol === 'BTC' && price > 0));
    assert.equal(resumedFrom(proxy), undefined);
    proxy.cut();
    await page.waitForFunction(
      () => (globalThis as unknown as { source: EventSource }).source.readyState === EventSource.CONNECTING,
    );
    const { length, [length - 1]: last } = await seenAfter(page, 1);
    const ids = (await seenAfter(page, length)).map(({ id }) => Number(id));
    assert.equal(resumedFrom(proxy), last?.id);
    assert.deepEqual(
      ids,
      ids.toSorted((a, b) => a - b),
    );
    await page.close();
  });

  test('what is refused is not asked for again', async () => {
    const page = await browser.newPage();
    const url = urlOf(proxy, 'unknown');
    await watchIn(page, url);
    const state = await page.waitForFunction(() => {
      const { source } = globalThis as unknown as { source: EventSource };
      return source.readyState === EventSource.CLOSED;
    });
    assert.equal(await state.jsonValue(), true);
    await page.close();
  });
}
