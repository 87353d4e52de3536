/** The sender's country by its address, as the platform knows it: two letters; empty if it does not. */
export function countryOf({ cf }: Request): string {
  const country = cf?.country;
  return typeof country === 'string' ? country : '';
}
