/**
 * A regular expression that is compiled at its first use. V8 checks the literals of a whole script while it reads it, also
 * those within functions: `\p{L}` builds a set of 140,000 characters then, at each start of an isolate.
 */
export function latePattern(source: string, flags: string): () => RegExp {
  let pattern: RegExp | undefined;
  return () => {
    pattern ??= new RegExp(source, flags);
    return pattern;
  };
}
