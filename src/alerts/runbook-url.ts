/**
 * The page of a rule: its URL if people read the pages somewhere, else its file in the project.
 *
 * @param base `RUNBOOKS_URL`
 */
export const runbookUrl = (base: string | undefined, rule: string): string =>
  `${base ?? 'docs/runbooks'}/${rule}.md`;
