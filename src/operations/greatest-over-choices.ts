/** Takes one of the options. */
export type Choose = <Option>(options: readonly Option[]) => Option | undefined;

/**
 * The greatest result over every way to choose; not a number if one result is none. `compute` must choose alike while
 * its earlier choices are the same. It runs once for each combination, so the options should be few.
 */
export function greatestOverChoices(compute: (choose: Choose) => number): number {
  const path: { index: number; options: number }[] = [];
  let greatest = Number.NEGATIVE_INFINITY;
  do {
    let depth = 0;
    const result = compute((options) => {
      const step = path[depth] ?? { index: 0, options: options.length };
      path[depth] = step;
      depth += 1;
      return options[step.index];
    });
    greatest = Math.max(greatest, result);
    while (path.length > 0 && !advance(path)) path.pop();
  } while (path.length > 0);
  return greatest;
}

/** False if the last step has no further option. */
function advance(path: { index: number; options: number }[]): boolean {
  const last = path.at(-1);
  if (last === undefined || last.index + 1 >= last.options) return false;
  last.index += 1;
  return true;
}
