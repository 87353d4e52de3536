/** `npm start` and GraphiQL, in a real browser: `npm run test:browser`, with Chromium in CHROMIUM or /usr/bin. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type Browser, chromium } from 'playwright-core';
import { type RunningStart, runStart } from './running-start.ts';

let start: RunningStart;
let browser: Browser;

before(async () => {
  [start, browser] = await Promise.all([
    runStart(),
    chromium.launch({
      executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
      args: ['--no-sandbox', '--disable-gpu'],
    }),
  ]);
});

after(async () => {
  await browser.close();
});

interface MarketList {
  data: { projects: { totalCount: number; nodes: { price: { price: number } | null }[] } };
}

async function post(body: object): Promise<MarketList> {
  const response = await fetch(`${start.gatewayUrl}/graphql`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(body),
  });
  return (await response.json()) as MarketList;
}

test('the two requests that npm start prints answer with 250 projects and prices', async () => {
  const bodies = [...start.output().matchAll(/^ +-d '(\{.*\})'$/gm)].map((match) =>
    JSON.parse(match[1] ?? ''),
  );
  assert.equal(bodies.length, 2);
  for (const body of bodies) {
    const { projects } = (await post(body)).data;
    assert.equal(projects.totalCount, 250);
    assert.equal(projects.nodes.length, 3);
    assert.ok(projects.nodes.every((node) => node.price !== null && node.price.price > 0));
  }
});

test('GraphiQL renders, runs the market list, and asks nobody but the gateway', async () => {
  const page = await browser.newPage({ viewport: { width: 1400, height: 900 } });
  const requests: string[] = [];
  const problems: string[] = [];
  page.on('request', (request) => requests.push(request.url()));
  page.on('pageerror', (error) => problems.push(error.message));

  await page.goto(`${start.gatewayUrl}/graphql`);
  await page.locator('.graphiql-query-editor', { hasText: 'MarketList' }).waitFor();
  await page.locator('.graphiql-execute-button').click();
  await page.locator('.result-window', { hasText: '"projects"' }).waitFor();
  if (process.env.SCREENSHOT !== undefined) await page.screenshot({ path: process.env.SCREENSHOT });

  assert.equal(await page.title(), 'COM2000');
  assert.deepEqual(problems, []);
  const overNetwork = requests.filter((url) => !/^(blob|data):/.test(url));
  assert.ok(overNetwork.length >= 3, 'the page, its schema, its query');
  assert.deepEqual(
    overNetwork.filter((url) => new URL(url).origin !== start.gatewayUrl),
    [],
  );
});

test('GraphiQL shows the events of a subscription, also in a browser with cookies', async () => {
  const page = await browser.newPage();
  // Browsers send a cookie of localhost to every port.
  await page.context().addCookies([{ name: 'session', value: '1', url: start.gatewayUrl }]);
  const query = 'subscription { priceUpdated(symbols: ["BTC"]) { symbol price } }';
  await page.goto(`${start.gatewayUrl}/graphql?${new URLSearchParams({ query })}`);
  await page.locator('.graphiql-query-editor', { hasText: 'priceUpdated' }).waitFor();
  await page.locator('.graphiql-execute-button').click();
  const result = page.locator('.result-window');
  await result.filter({ hasText: '"priceUpdated"' }).waitFor();
  const first = (await result.textContent()) ?? '';
  assert.match(first, /"symbol":\s*"BTC"/);
  await page.waitForFunction(
    (before) => document.querySelector('.result-window')?.textContent !== before,
    first,
  );
  assert.match((await result.textContent()) ?? '', /"price":\s*[\d.]+/);
  await page.close();
});

test('Ctrl-C ends npm start and everything that it started', async () => {
  const { exitCode, leftProcesses } = await start.interrupt();
  assert.equal(exitCode, 0);
  assert.deepEqual(leftProcesses, []);
});
