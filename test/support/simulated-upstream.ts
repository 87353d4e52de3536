/** Starts one simulated upstream for a whole test run; each test makes a market of its own in it. */
import type { TestProject } from 'vitest/node';
import { startUpstream } from './upstream/server.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    upstreamUrl: string;
  }
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const upstream = await startUpstream();
  project.provide('upstreamUrl', upstream.url);
  return () => upstream.close();
}
