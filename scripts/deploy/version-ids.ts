/** The versions that a step needs, which an earlier step has found. */
import type { Deployment } from './step.ts';

export function versionIds({ state }: Deployment): { before: string; now: string } {
  const { versionBefore, versionNow } = state;
  if (versionBefore === null || versionNow === null)
    throw new Error('A step that needs both versions runs after the upload.');
  return { before: versionBefore, now: versionNow };
}
