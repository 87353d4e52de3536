import type { Step } from '../step.ts';

export const bookmark: Step = {
  name: 'bookmark',
  describe: ({ target }) =>
    `note the state of the database ${target.databaseName}, to which it can be restored`,
  async run({ db, state }, report) {
    state.bookmark = await db.bookmark();
    report(state.bookmark);
  },
};
