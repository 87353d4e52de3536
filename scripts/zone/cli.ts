/** `npm run zone`: compares the zone with zone/, and makes it the same. */
import { ignoreClosedPipe } from '../operations/run-program.ts';
import { runZone } from './run-zone.ts';

ignoreClosedPipe();
process.exitCode = await runZone(process.argv.slice(2), {
  env: process.env,
  print: (text) => console.log(text),
  complain: (text) => console.error(text),
});
