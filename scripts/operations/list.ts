/** `list`: the releases that the gateway knows, and how alive they are. */
import { type ListedRelease, releaseList } from './admin-answers.ts';
import type { Command } from './command.ts';
import { EXIT } from './command-failure.ts';
import { day, minute } from './points-in-time.ts';
import { stateStyle } from './release-names.ts';
import { table } from './table.ts';

export const list: Command = {
  summary: 'Lists the releases: their state, operations, and last use',
  options: {
    client: { type: 'string', value: '<name>', help: 'only of this app' },
  },
  details: 'Use of an operation counts for every release that carries it: caches in front answer without us.',
  async run(call) {
    const client = call.optionalText('client');
    const { releases: all } = await call.gateway().get('/admin/releases', releaseList);
    const releases = all.filter((release) => client === undefined || release.client === client);
    const text =
      releases.length === 0
        ? 'No releases.'
        : table<ListedRelease>(
            [
              { title: 'client', text: (release) => release.client },
              { title: 'version', text: ({ version }) => version },
              { title: 'state', text: ({ state }) => state, style: ({ state }) => stateStyle(state) },
              { title: 'operations', align: 'right', text: ({ operations }) => String(operations) },
              { title: 'published', text: ({ publishedAt }) => minute(publishedAt) },
              { title: 'last used', text: ({ lastUsedAt }) => minute(lastUsedAt) },
              { title: 'sunset', text: ({ sunset }) => day(sunset) },
            ],
            releases,
          );
    return { exitCode: EXIT.ok, text, answer: { releases } };
  },
};
