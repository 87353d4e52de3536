/** The most that one request about rooms can spend, as docs/limits.md says it. */
import { env } from 'cloudflare:workers';
import { beforeEach, describe, expect, test } from 'vitest';
import { encodeGlobalId } from '../../../schema/global-ids.ts';
import { roomKey } from '../../../src/chat/room-key.ts';
import { DOCUMENT_MAX_ROOT_FIELDS, LIST_MAX_ITEMS } from '../../../src/config.ts';
import { openTalk, type Talk } from '../../support/chat/talk.ts';

let talk: Talk;
beforeEach(async () => {
  talk = await openTalk();
  // The isolate has written its counts of this minute.
  await talk.gateway.fetch('/health');
});

/** Projects like the one that is talked of. */
async function insertProjects(count: number): Promise<string[]> {
  const ids = Array.from({ length: count }, () => `beside-${crypto.randomUUID()}`);
  const columns = await env.DB.prepare("SELECT name FROM pragma_table_info('project_cache')").all<{
    name: string;
  }>();
  const others = columns.results
    .map(({ name }) => name)
    .filter((name) => !['id', 'slug', 'row_id'].includes(name));
  await env.DB.prepare(
    `INSERT INTO project_cache (id, slug, ${others.join(', ')})
     SELECT value, value, ${others.join(', ')} FROM json_each(?1), project_cache WHERE project_cache.id = ?2`,
  )
    .bind(JSON.stringify(ids), talk.projectId)
    .run();
  return ids;
}

async function costOf(query: string) {
  talk.gateway.resetCounts();
  const { data, errors } = await talk.asked(query);
  expect(errors).toBeUndefined();
  return { data, ...talk.gateway.counts };
}

const pageOf = (projectId: string) =>
  `chatRoom(of: { projectId: "${encodeGlobalId('Project', projectId)}" }) {
     position pinned { text } messages(first: ${LIST_MAX_ITEMS}) { nodes { text } } }`;

describe('one request of a stranger', () => {
  test('calls each room once, and D1 once for all of them', async () => {
    const ids = await insertProjects(DOCUMENT_MAX_ROOT_FIELDS);
    const query = `{ ${ids.map((id, at) => `r${at}: ${pageOf(id)}`).join(' ')} }`;
    const { durableObjectCalls, d1Calls, d1RowsWritten } = await costOf(query);
    expect({ durableObjectCalls, d1Calls, d1RowsWritten }).toEqual({
      durableObjectCalls: DOCUMENT_MAX_ROOT_FIELDS,
      d1Calls: 1,
      d1RowsWritten: 0,
    });
  });

  test('calls as many rooms as it names by global ids, each once', async () => {
    const ids = await insertProjects(LIST_MAX_ITEMS);
    const rooms = ids.map((id) => encodeGlobalId('ChatRoom', roomKey('project', id)));
    const fields = '{ ... on ChatRoom { position messages(first: 1) { nodes { text } } } }';
    const { durableObjectCalls, d1Calls } = await costOf(
      `{ nodes(ids: ${JSON.stringify(rooms)}) ${fields} }`,
    );
    expect({ durableObjectCalls, d1Calls }).toEqual({ durableObjectCalls: LIST_MAX_ITEMS, d1Calls: 1 });
  });

  test('reads a chain of replies with a call for each of its levels', async () => {
    const ann = await talk.person();
    let replyTo: string | null = null;
    for (let level = 0; level < 10; level += 1)
      replyTo = (await talk.posted(ann, `level ${level}`, { replyTo })).id;
    const chain = 'replyTo { text '.repeat(6) + '}'.repeat(6);
    const of = `of: { projectId: "${talk.ofProject.projectId}" }`;
    const { durableObjectCalls } = await costOf(
      `{ chatRoom(${of}) { messages(first: ${LIST_MAX_ITEMS}) { nodes { text ${chain} } } } }`,
    );
    expect(durableObjectCalls).toBeLessThanOrEqual(6);
  });

  test.each([
    ['postChatMessage', (id: string) => `input: { roomId: "${id}", text: "a", clientMutationId: "a" }`],
    ['reactToChatMessage', (id: string) => `input: { messageId: "${id}", kind: LIKE }`],
    ['deleteChatMessage', (id: string) => `messageId: "${id}"`],
    ['moderateChat', (id: string) => `input: { roomId: "${id}", action: SLOW_MODE, seconds: 9 }`],
  ])('changes nothing: %s calls no room, no counter and no D1', async (field, args) => {
    talk.gateway.resetCounts();
    const { errors } = await talk.asked(`mutation { ${field}(${args(talk.roomId)}) { __typename } }`);
    expect(errors).toMatchObject([{ extensions: { code: 'UNAUTHENTICATED' } }]);
    expect(talk.gateway.counts).toMatchObject({ durableObjectCalls: 0, d1Calls: 0, d1RowsWritten: 0 });
  });
});

describe('one request of a user', () => {
  test('posts, reacts and reports by a call of a counter, one of D1 beside the session, and one of the room', async () => {
    const [ann, bob] = [await talk.person(), await talk.person()];
    const { id } = await talk.posted(ann, 'The first one');
    const costs: Record<string, unknown> = {};
    const count = async (name: string, act: () => Promise<unknown>) => {
      talk.gateway.resetCounts();
      await act();
      const { durableObjectCalls, d1Calls, d1RowsWritten } = talk.gateway.counts;
      costs[name] = { durableObjectCalls, d1Calls, d1RowsWritten };
    };
    await count('first', () => talk.posted(bob, 'Now both are known to the room'));
    await count('post', () => talk.posted(ann, 'Another one'));
    await count('react', () => talk.react(bob, id));
    await count('report', () => talk.report(bob, id));
    const each = { durableObjectCalls: 2, d1Calls: 2, d1RowsWritten: 0 };
    // The room notes its new author in D1.
    const first = { ...each, d1Calls: 3, d1RowsWritten: 2 };
    expect(costs).toEqual({ first, post: each, react: each, report: each });
  });
});
