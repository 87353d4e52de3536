/** Values of wrangler.toml that a deployment cannot go with. */
import type { TargetEnvironment } from './environment.ts';

/** The ids of the repository end so: no resource of the platform has such an id. */
const PLACEHOLDER_ID = /0{20}/;
/** No name below `.example` is anybody's (RFC 2606). */
const EXAMPLE_HOST = /[a-z0-9-]\.example(?![a-z0-9.-])/i;

/** One line for each. */
export const missingIn = ({ values }: TargetEnvironment): string[] =>
  values.flatMap(({ place, value }) => {
    if (PLACEHOLDER_ID.test(value.replaceAll('-', ''))) return [`${place} is a placeholder: ${value}`];
    return EXAMPLE_HOST.test(value) ? [`${place} names a host below .example: ${value}`] : [];
  });
