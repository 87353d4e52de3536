/** `node bench/cost/run.ts [--quick] [--variants] [--hours 24] [--out file.json]`: what the fixed traffic costs a month. */
import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { measureCost } from './measure-cost.ts';
import { printCosts } from './print-costs.ts';

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    variants: { type: 'boolean', default: false },
    hours: { type: 'string' },
    out: { type: 'string' },
  },
});

const results = await measureCost({
  quick: values.quick,
  variants: values.variants,
  ...(values.hours === undefined ? {} : { hours: Number(values.hours) }),
});
console.log(printCosts(results));
if (values.out !== undefined) await writeFile(values.out, `${JSON.stringify(results, null, 2)}\n`);
