/** The report of a day: what D1 has of it, its objects in R2, and who may read it. */
import { env } from 'cloudflare:workers';
import { beforeEach, describe, expect, test } from 'vitest';
import { REPORT_LINK_SECONDS } from '../../src/config.ts';
import { WRONG_KEYS_MAX } from '../../src/http/admin-keys.ts';
import { reportDate, reportKey } from '../../src/reports/report-keys.ts';
import { ReportUrls } from '../../src/reports/report-urls.ts';
import { signingKeysSchema } from '../../src/settings/signing-keys.ts';
import { sha256Hex } from '../../src/storage/sha256-hex.ts';
import { ADMIN_KEY, adminOf } from '../support/admin.ts';
import { type Serving, startServing } from '../support/serving-bench.ts';

const { STORAGE: bucket } = env;
const DATE = '2024-02-17';
const PAGE = '<!doctype html><title>Report</title>';

describe('GET /reports', () => {
  let serving: Serving;
  const urlsOf = (key: string) => new ReportUrls({ publicOrigin: '', keys: signingKeysSchema.parse(key) });
  const linkOf = (date = DATE, atSeconds = serving.market.startAt) =>
    urlsOf((env as unknown as { JWT_SECRET: string }).JWT_SECRET).signed(date, atSeconds);
  const read = async (path: string, headers: Record<string, string> = {}) => {
    const response = await serving.gateway.fetch(path, { headers });
    const text = await response.text();
    const code = response.status === 200 ? undefined : JSON.parse(text).errors[0].extensions.code;
    return { status: response.status, headers: response.headers, text, code };
  };

  beforeEach(async () => {
    const readKey = { name: 'reader', role: 'read', sha256: await sha256Hex('a-key-that-reads') };
    serving = await startServing({
      crons: [],
      vars: { ADMIN_KEY, OPERATIONS_KEYS: JSON.stringify([readKey]) },
    });
    await bucket.put(reportKey(DATE, 'html'), PAGE);
    await bucket.put(reportKey(DATE, 'json'), '{"version":1}');
  });

  test('a signed link opens the page and its JSON for seven days', async () => {
    const link = linkOf();
    const page = await read(link);
    expect([page.status, page.text]).toEqual([200, PAGE]);
    expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8');
    const json = await read(link.replace('?', '.json?'));
    expect([json.status, json.text]).toEqual([200, '{"version":1}']);
    expect(json.headers.get('content-type')).toBe('application/json; charset=utf-8');

    await serving.gateway.advance(REPORT_LINK_SECONDS - 1);
    expect((await read(link)).status).toBe(200);
    await serving.gateway.advance(1);
    expect(await read(link)).toMatchObject({ status: 403, code: 'FORBIDDEN' });
  });

  test('no cache keeps it, no search engine lists it, and a browser runs nothing of it', async () => {
    const { headers } = await read(linkOf());
    expect(headers.get('cache-control')).toBe('private, no-store');
    expect(headers.get('x-robots-tag')).toBe('noindex');
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('referrer-policy')).toBe('no-referrer');
    expect(headers.get('content-security-policy')).toMatch(/^sandbox; default-src 'none'; /);
    expect(headers.get('content-security-policy')).not.toContain('script');
  });

  test('a link opens its own day alone, and nothing after a change of one character', async () => {
    await bucket.put(reportKey('2024-02-16', 'html'), PAGE);
    const link = linkOf();
    const foreign = urlsOf('another-secret-of-32-characters-or-more').signed(DATE, serving.market.startAt);
    const expires = Number(/expires=(\d+)/.exec(link)?.[1]);
    const wrong = [
      `/reports/${DATE}`,
      link.replace(DATE, '2024-02-16'),
      link.replace(`expires=${expires}`, `expires=${expires + 1}`),
      link.slice(0, -1),
      `${link}A`,
      link.replace(/signature=.*/, 'signature='),
      foreign,
    ];
    for (const path of wrong)
      expect(await read(path), path).toMatchObject({ status: 403, code: 'FORBIDDEN' });
  });

  test('an admin key opens it, also one that only reads; a wrong one opens nothing', async () => {
    const asked = (key: string) => read(`/reports/${DATE}`, { Authorization: `Bearer ${key}` });
    expect((await asked(ADMIN_KEY)).text).toBe(PAGE);
    expect((await asked('a-key-that-reads')).text).toBe(PAGE);
    expect(await asked('a-guess')).toMatchObject({ status: 401, code: 'UNAUTHENTICATED' });
    const withBoth = await read(linkOf(), { Authorization: 'Bearer a-guess' });
    expect(withBoth.status).toBe(401);
  });

  test('wrong keys are counted together with those of the admin endpoint', async () => {
    const headers = { Authorization: 'Bearer a-guess' };
    for (let guess = 0; guess < WRONG_KEYS_MAX; guess += 1)
      expect((await read(`/reports/${DATE}`, headers)).status).toBe(401);
    expect((await serving.gateway.fetch('/admin/releases', { headers })).status).toBe(429);
    expect((await read(`/reports/${DATE}`, headers)).status).toBe(429);
  });

  test('there is no list of reports, and no report of a day without one', async () => {
    for (const path of [
      '/reports',
      '/reports/',
      '/reports/2024-02-30',
      '/reports/x',
      `/reports/${DATE}.html`,
      `/reports/${DATE}/`,
    ])
      expect(await read(path, { Authorization: `Bearer ${ADMIN_KEY}` }), path).toMatchObject({
        status: 404,
        code: 'NOT_FOUND',
      });
    expect(await read(linkOf('2024-01-01'))).toMatchObject({ status: 404, code: 'NOT_FOUND' });
    expect((await read(`/files/reports/${DATE}.html`)).status).toBe(404);
    const post = await serving.gateway.fetch(linkOf(), { method: 'POST' });
    expect([post.status, post.headers.get('allow')]).toEqual([405, 'GET, HEAD']);
  });

  test('no part of a link is logged', async () => {
    const link = linkOf();
    await read(link);
    await read(`${link}x`);
    expect(serving.written()).not.toContain(/signature=(.*)/.exec(link)?.[1]);
  });

  test('an admin asks for a new link, and has a report made again without a message to the channels', async () => {
    const admin = adminOf(serving.gateway);
    const found = await admin.get<{ url: string }>(`/reports/${DATE}`);
    expect(found.status).toBe(200);
    const pathOf = (url: string) => url.slice(new URL(url).origin.length);
    expect((await read(pathOf(found.body.url))).text).toBe(PAGE);
    const made = await admin.send<{ url: string; lines: string[] }>('POST', `/reports/${DATE}`);
    expect([made.status, made.body.lines[0]]).toEqual([200, 'No request of this day is recorded.']);
    expect((await read(pathOf(made.body.url))).text).toContain(`<h1>Report of ${DATE}</h1>`);
    const rows = await env.DB.prepare('SELECT count(*) AS rows FROM notification').first();
    expect(rows).toEqual({ rows: 0 });
  });

  test('a key that only reads has no report made, and nobody has one of a day that has not ended', async () => {
    const reader = adminOf(serving.gateway, 'a-key-that-reads');
    expect((await reader.get(`/reports/${DATE}`)).status).toBe(200);
    expect(await reader.send('POST', `/reports/${DATE}`)).toMatchObject({ status: 403, code: 'FORBIDDEN' });
    const admin = adminOf(serving.gateway);
    const today = reportDate(serving.market.startAt);
    for (const date of [today, '2024-02-30', 'today', '2999-01-01'])
      expect(await admin.send('POST', `/reports/${date}`), date).toMatchObject({
        status: 400,
        code: 'BAD_USER_INPUT',
      });
    expect(await admin.get('/reports/2024-01-01')).toMatchObject({ status: 404, code: 'NOT_FOUND' });
  });
});
