/** The page of a day's report, by its link, in a browser. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { OpenedBrowser } from './files-in-browser.ts';

const DAY_MS = 86_400_000;
/** Of the narrowest phones, and of a desktop. */
const WIDTHS_PX = [320, 390, 1200];

/** @param adminKey of the gateway */
export function testReportInBrowser(opened: () => OpenedBrowser, adminKey: string): void {
  test('a link to the report of a day shows a page that fits, light and dark, and loads nothing else', async () => {
    const { start, browser } = opened();
    const date = new Date(Date.now() - DAY_MS).toISOString().slice(0, 10);
    const made = await fetch(`${start.gatewayUrl}/admin/reports/${date}`, {
      method: 'POST',
      headers: { Authorization: `Bearer ${adminKey}` },
    });
    assert.equal(made.status, 200);
    const link = new URL(((await made.json()) as { url: string }).url);

    const page = await browser.newPage();
    const requests: string[] = [];
    const problems: string[] = [];
    page.on('request', (request) => requests.push(request.url()));
    page.on('console', (message) => problems.push(message.text()));
    page.on('pageerror', (error) => problems.push(error.message));
    const address = start.gatewayUrl + link.pathname + link.search;
    const backgrounds: string[] = [];
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme });
      await page.goto(address);
      assert.equal(await page.title(), `Report of ${date}`);
      await page.getByRole('heading', { name: 'Client releases' }).waitFor();
      for (const width of WIDTHS_PX) {
        await page.setViewportSize({ width, height: 800 });
        const shown = await page.evaluate(() => document.documentElement.scrollWidth);
        assert.equal(shown, width, `${colorScheme}, ${width} px`);
      }
      backgrounds.push(await page.evaluate(() => getComputedStyle(document.body).backgroundColor));
    }
    assert.equal(new Set(backgrounds).size, 2);
    assert.deepEqual(problems, []);
    assert.deepEqual(new Set(requests), new Set([address]));
    await page.close();
  });
}
