import { describe, expect, test } from 'vitest';
import { createMainApi } from '../../../src/upstream/main-api.ts';
import { clientOptions, json, type ScriptedAnswer, scriptedFetch, status } from './scripted-fetch.ts';

const mainApi = (...answers: ScriptedAnswer[]) => createMainApi(clientOptions(scriptedFetch(...answers)));

describe('the documents and media of a project', () => {
  const paper = { kind: 'whitepaper', url: 'https://files.example/paper.pdf', updated_at: 1 };

  test('are lists, empty where they are absent, whatever else the detail has', async () => {
    const film = { kind: 'video', url: 'https://files.example/film.mp4', updated_at: 1 };
    const answer = { team: 42, documents: [paper], media: [{ ...film, content_type: 'video/mp4' }] };
    expect(await mainApi(json(answer)).projectFiles('p-1')).toEqual({
      files: { documents: [paper], media: [film] },
      reasons: [],
    });
    for (const absent of [{}, { documents: null, media: null }])
      expect(await mainApi(json(absent)).projectFiles('p-1')).toEqual({
        files: { documents: [], media: [] },
        reasons: [],
      });
  });

  test.each([
    { ...paper, kind: 'poem' },
    { ...paper, url: 'javascript:alert(1)' },
    { ...paper, url: '' },
    { ...paper, updated_at: -1 },
    7,
  ])('lose an item that is refused, and no other: %j', async (bad) => {
    const answer = await mainApi(json({ documents: [bad, paper] })).projectFiles('p-1');
    expect(answer?.files).toEqual({ documents: [paper], media: [] });
    expect(answer?.reasons).toHaveLength(1);
  });

  test('lose a list that is refused, which is not an empty one', async () => {
    const answer = await mainApi(json({ documents: 'none', media: [] })).projectFiles('p-1');
    expect(answer?.files).toEqual({ media: [] });
    expect(answer?.reasons).toHaveLength(1);
  });

  test('are null where the main API does not know the project', async () => {
    expect(await mainApi(status(404)).projectFiles('nope')).toBeNull();
    expect(await mainApi().projectFiles('..')).toBeNull();
  });

  test('are not had from an answer of another form', async () => {
    for (const answer of [[], [1], null, 'x'])
      await expect(mainApi(json(answer)).projectFiles('p-1')).rejects.toMatchObject({ kind: 'malformed' });
  });
});
