/** `npm start`, GraphiQL, and pages of other origins, in a real browser: `npm run test:browser`, with Chromium in CHROMIUM or /usr/bin. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, suite, test } from 'node:test';
import { type Browser, chromium } from 'playwright-core';
import { testEventSource } from './event-source-in-browser.ts';
import { testFilesInBrowser } from './files-in-browser.ts';
import { testReportInBrowser } from './report-in-browser.ts';
import { type RunningStart, runStart } from './running-start.ts';

interface Sent {
  method?: 'POST';
  headers?: Record<string, string>;
  credentials?: 'include';
}

const app = () =>
  createServer((_, response) => response.setHeader('Content-Type', 'text/html').end('<p>An app.</p>'));
const allowedApp = app();
const otherApp = app();
const ADMIN_KEY = 'an-admin-key-for-browsers-of-32-characters';
const originOf = (page: Server) => `http://localhost:${(page.address() as AddressInfo).port}`;

let start: RunningStart;
let browser: Browser;

before(async () => {
  for (const page of [allowedApp, otherApp]) {
    page.listen(0, 'localhost');
    await once(page, 'listening');
  }
  [start, browser] = await Promise.all([
    runStart({ CORS_ORIGINS: originOf(allowedApp), PRICE_POLL_SECONDS: '1', ADMIN_KEY }),
    chromium.launch({
      executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
      args: ['--no-sandbox', '--disable-gpu'],
    }),
  ]);
});

after(async () => {
  await browser?.close();
  for (const page of [allowedApp, otherApp]) page.close();
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

/** The status of a request from a page of the origin; null where the browser does not show the answer. */
async function statusFor(origin: string, sent: Sent): Promise<number | null> {
  const page = await browser.newPage();
  await page.goto(origin);
  const query = '{ price(symbol: "BTC") { price } }';
  const isPost = sent.method === 'POST';
  const url = `${start.gatewayUrl}/graphql${isPost ? '' : `?${new URLSearchParams({ query })}`}`;
  const init = isPost ? { ...sent, body: JSON.stringify({ query }) } : sent;
  const status = await page.evaluate(
    ([to, how]) =>
      fetch(to, how).then(
        (response) => response.status,
        () => null,
      ),
    [url, init] as const,
  );
  await page.close();
  return status;
}

test('a page of another origin asks as clients do, and one of the allowlist with credentials', async () => {
  const [listed, unlisted] = [originOf(allowedApp), originOf(otherApp)];
  const headers = {
    'content-type': 'application/json',
    'apollo-require-preflight': 'true',
    'x-apollo-operation-name': 'Price',
    traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
    baggage: 'a=b',
    'sentry-trace': '0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331',
  };
  const post: Sent = { method: 'POST', headers };
  for (const origin of [listed, unlisted]) {
    for (const init of [post, { headers }, {}]) assert.equal(await statusFor(origin, init), 200);
  }
  assert.equal(await statusFor(listed, { ...post, credentials: 'include' }), 200);
  assert.equal(await statusFor(unlisted, { ...post, credentials: 'include' }), null);
  // A GET of what shared caches keep is for every origin, and so for none with credentials.
  assert.equal(await statusFor(listed, { credentials: 'include' }), null);
});

const opened = () => ({
  ...{ start, browser },
  ...{ listedOrigin: originOf(allowedApp), otherOrigin: originOf(otherApp) },
});
suite('an EventSource', () => testEventSource(opened));
testFilesInBrowser(opened);
testReportInBrowser(opened, ADMIN_KEY);

test('Ctrl-C ends npm start and everything that it started', async () => {
  const { exitCode, leftProcesses } = await start.interrupt();
  assert.equal(exitCode, 0);
  assert.deepEqual(leftProcesses, []);
});
