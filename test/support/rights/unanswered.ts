/** Fields, and types with all of their fields, that nobody gets a value of: a row of them decides nothing yet. */
export const UNANSWERED: Readonly<Record<string, string>> = {
  'Portfolio.unpricedSymbols': 'each symbol of the test has a price',
  'PriceComparison.unrankedSymbols': 'each symbol of the test has a change to rank it by',
};

/** @param coordinates of all fields that nobody got a value of; each has to be named here, and no other field */
export function wronglyNamed(coordinates: readonly string[], all: readonly string[]): string[] {
  const unanswered = new Set(coordinates);
  const isNamed = (coordinate: string) =>
    Object.hasOwn(UNANSWERED, coordinate) || Object.hasOwn(UNANSWERED, coordinate.split('.')[0] ?? '');
  return all.filter((coordinate) => isNamed(coordinate) !== unanswered.has(coordinate));
}
