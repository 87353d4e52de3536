import { expect, test } from 'vitest';
import { detailTable } from '../../../bench/cost/detail-table.ts';
import { projectDetails, writeProjectDetails } from '../../../src/storage/d1/project-details.ts';

const DETAIL = { about: 'x', team: [], roadmap: [], tokenomics: [] };

test('the storage module reads what it wrote until its time is over, and every row written is charged', async () => {
  const written: number[] = [];
  const db = detailTable((rows) => written.push(rows));
  const details = new Map([
    ['one', DETAIL],
    ['two', null],
  ]);
  await writeProjectDetails(db, details, 1_000);
  expect(written).toEqual([2]);
  const read = async (nowSeconds: number) =>
    Object.fromEntries(await projectDetails(db, ['one', 'two', 'three'], nowSeconds));
  expect(await read(1_000 + 4_199)).toEqual({
    one: { fetchedAt: 1_000, detail: DETAIL },
    two: { fetchedAt: 1_000, detail: null },
  });
  expect(await read(1_000 + 4_200)).toEqual({});
});
