/**
 * `LIMIT` with a bound number, for statements that an object uses again and again. SQLite plans by the number that is
 * bound to a plain `LIMIT ?`, so it compiles the statement anew at each use, which often takes longer than to run it.
 */
export const BOUND_LIMIT = 'LIMIT +?';
