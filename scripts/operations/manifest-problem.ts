/** A manifest that cannot be published as it is: every reason at once, so that one run of a build shows them all. */
export class ManifestProblem extends Error {
  readonly reasons: readonly string[];

  constructor(sourceName: string, reasons: readonly string[]) {
    super(reasons.map((reason) => `${sourceName}: ${reason}`).join('\n'));
    this.name = 'ManifestProblem';
    this.reasons = reasons;
  }
}
