import { env } from 'cloudflare:workers';
import { beforeAll, expect, test } from 'vitest';
import { type Serving, startServing } from '../support/serving-bench.ts';

let serving: Serving;
beforeAll(async () => {
  serving = await startServing();
});

const globalId = (text: string) => btoa(text).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');

async function answered<Data>(query: string, variables: Record<string, unknown> = {}): Promise<Data> {
  const { data, errors } = await serving.gateway.query<Data>(query, variables);
  expect(errors).toBeUndefined();
  return data;
}

interface Listed {
  projects: { nodes: { id: string; name: string }[] };
  idoPools: { nodes: { id: string; name: string }[] };
}
const LISTED = '{ projects(first: 100) { nodes { id name } } idoPools(first: 100) { nodes { id name } } }';
const NODES =
  'query ($ids: [ID!]!) { nodes(ids: $ids) { __typename id ... on Project { name } ... on IdoPool { name } } }';

test('every project and pool is found again by the id it was given out with', async () => {
  const { projects, idoPools } = await answered<Listed>(LISTED);
  const given = [
    ...projects.nodes.map((node) => ({ __typename: 'Project', ...node })),
    ...idoPools.nodes.map((node) => ({ __typename: 'IdoPool', ...node })),
  ];
  expect(given).toHaveLength(36);
  const ids = given.map(({ id }) => id);
  expect(await answered(NODES, { ids })).toEqual({ nodes: given });
  for (const node of [given[0], given.at(-1)]) {
    const query =
      'query ($id: ID!) { node(id: $id) { __typename id ... on Project { name } ... on IdoPool { name } } }';
    expect(await answered(query, { id: node?.id })).toEqual({ node });
  }
  const [project, pool] = [given[0], given.at(-1)];
  expect(
    await answered(
      'query ($project: ID!, $pool: ID!) { project(by: { id: $project }) { name } idoPool(id: $pool) { name } }',
      {
        project: project?.id,
        pool: pool?.id,
      },
    ),
  ).toEqual({ project: { name: project?.name }, idoPool: { name: pool?.name } });
});

test('nodes answers position by position, duplicates and nothings too', async () => {
  const { projects } = await answered<Listed>(LISTED);
  const [first, second] = projects.nodes;
  const ids = [second?.id, 'x', first?.id, second?.id, globalId('Project:nobody')];
  const nodes = await answered<{ nodes: ({ id: string } | null)[] }>(NODES, { ids });
  expect(nodes.nodes.map((node) => node?.id ?? null)).toEqual([
    second?.id,
    null,
    first?.id,
    second?.id,
    null,
  ]);
});

test('investments and users are nobody’s to see while signed out', async () => {
  const investment = await env.DB.prepare('SELECT id, user_id FROM user_investment_cache LIMIT 1').first<{
    id: string;
    user_id: string;
  }>();
  expect(investment).not.toBeNull();
  const ids = [
    globalId(`Investment:${investment?.id}`),
    globalId(`User:${investment?.user_id}`),
    globalId('User:null'),
  ];
  expect(await answered(NODES, { ids })).toEqual({ nodes: [null, null, null] });
});

test('nobody is signed in by a cookie, and a token that is not valid is refused', async () => {
  const query = '{ viewer { id } idoPools(first: 3) { nodes { viewerState { registered } } } }';
  const refused = await serving.gateway.post({ query }, { Authorization: 'Bearer anything' });
  expect([refused.status, refused.errors?.[0]?.extensions.code]).toEqual([401, 'UNAUTHENTICATED']);
  for (const headers of [{}, { Cookie: 'session=anything' }]) {
    const { data, errors } = await serving.gateway.post({ query }, headers as Record<string, string>);
    expect(errors).toBeUndefined();
    expect(data).toEqual({ viewer: null, idoPools: { nodes: Array(3).fill({ viewerState: null }) } });
  }
});

test('an id holds what is not ASCII', async () => {
  await env.DB.prepare("UPDATE project_cache SET id = 'prj_ビット:コイン' WHERE slug = 'bitcoin'").run();
  const { project } = await answered<{ project: { id: string } }>(
    '{ project(by: { slug: "bitcoin" }) { id } }',
  );
  expect(project.id).toMatch(/^[\w-]+$/);
  expect(await answered('query ($id: ID!) { node(id: $id) { id } }', { id: project.id })).toEqual({
    node: project,
  });
});
