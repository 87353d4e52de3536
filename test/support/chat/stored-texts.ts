/** All that is stored outside of rooms, as text: D1, KV, and the hubs' own storage. */
import { runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { SUBSCRIPTION_HUBS } from '../../../src/config.ts';
import type { Told } from './told-texts.ts';

const TABLES = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE '\\_cf%' ESCAPE '\\'";

export async function storedTexts(): Promise<Told[]> {
  return [...(await d1Texts()), ...(await kvTexts()), ...(await hubTexts())];
}

async function d1Texts(): Promise<Told[]> {
  const { results } = await env.DB.prepare(TABLES).all<{ name: string }>();
  const texts: Told[] = [];
  for (const { name } of results) {
    const rows = await env.DB.prepare(`SELECT * FROM "${name}"`).all();
    texts.push({ path: `D1 ${name}`, text: JSON.stringify(rows.results) });
  }
  return texts;
}

async function kvTexts(): Promise<Told[]> {
  const texts: Told[] = [];
  for (const name of ['CACHE_KV', 'PRICES_KV', 'SESSIONS_KV'] as const) {
    const { keys } = await env[name].list();
    for (const key of keys) {
      const value = await env[name].get(key.name);
      texts.push({ path: `${name} ${key.name}`, text: JSON.stringify([key, value]) });
    }
  }
  return texts;
}

async function hubTexts(): Promise<Told[]> {
  const texts: Told[] = [];
  for (let at = 0; at < SUBSCRIPTION_HUBS; at += 1) {
    const hub = env.SUBSCRIPTION_HUBS.getByName(`hub-${at}`);
    const text = await runInDurableObject(hub, async (_, { storage }) => {
      const tables = storage.sql.exec<{ name: string }>(TABLES).toArray();
      const rows = tables.map(({ name }) => storage.sql.exec(`SELECT * FROM "${name}"`).toArray());
      return JSON.stringify([rows, [...(await storage.list())]]);
    });
    texts.push({ path: `hub-${at}`, text });
  }
  return texts;
}
