/** `rollback`: a release becomes what it was before it was last published. */
import { releaseChange } from './admin-answers.ts';
import type { Command } from './command.ts';
import { changeResult } from './releases-in-range.ts';

export const rollback: Command = {
  summary: 'Puts a release back to what was published before',
  options: {
    client: { type: 'string', value: '<name>', help: 'the app: ios', required: true },
    version: { type: 'string', value: '<version>', help: 'its release: 5.2.0', required: true },
  },
  details: 'Refused where the release was published only once: retire ends it.',
  async run(call) {
    const [client, version] = [call.text('client'), call.text('version')];
    const gateway = call.gateway();
    const change = await gateway.send('POST', '/admin/releases/rollback', { client, version }, releaseChange);
    return changeResult('Rolled back:', change);
  },
};
