import { env } from 'cloudflare:workers';
import { expect, it } from 'vitest';
import { startGateway, CRONS } from '../../support/gateway.ts';
import { createMarket } from '../../support/market.ts';

it('probe', async () => {
  const real = () => performance.now();
  let t = real();
  const market = await createMarket({ projectCount: 5000, poolCount: 5 });
  const gateway = startGateway(market);
  console.log('market', real() - t); t = real();
  await gateway.scheduled(CRONS.projects);
  console.log('sync', real() - t, JSON.stringify(gateway.counts)); t = real();
  const r = await market.records();
  console.log('records', real() - t, r.projects.length); t = real();
  const c = (await env.DB.prepare('select status, count(*) n from project_cache group by 1').all()).results;
  console.log(JSON.stringify(c));
  console.log(JSON.stringify((await env.DB.prepare("select category, count(*) n from project_cache where status='live' group by 1").all()).results));
  console.log(JSON.stringify((await env.DB.prepare("select kind,label, count(*) n from project_label group by 1,2").all()).results));
  for (const args of ['first:20', 'first:20,orderBy:{field:NAME,direction:ASC}', 'first:20,filter:{category:"DeFi"}','first:20,filter:{tag:"zk"}','first:20,filter:{blockchain:"ethereum"}','first:20,filter:{search:"on"}','first:20,filter:{search:"the"}']) {
    for (const sel of ['nodes{slug}', 'totalCount']) {
    gateway.resetCounts(); t = real();
    const a = await gateway.query(`{projects(${args}){${sel}}}`);
    expect(a.errors).toBeUndefined();
    console.log(args, sel, gateway.counts.d1RowsRead, gateway.counts.d1Calls, real() - t);
    }
  }
  for (const q of ['searchProjects(query:"on")', 'searchProjects(query:"the")', 'trendingProjects', 'trendingProjects(category:"DeFi")']) {
    gateway.resetCounts(); t = real();
    const a = await gateway.query(`{${q}{slug}}`);
    console.log(q, gateway.counts.d1RowsRead, real() - t);
  }
  gateway.resetCounts(); t = real();
  await gateway.query('{projectCategories{name}}');
  console.log('cats', gateway.counts.d1RowsRead, real() - t);
});
it('probe 2 sees storage', async () => {
  console.log(JSON.stringify((await env.DB.prepare('select count(*) n from project_cache').all()).results));
});
