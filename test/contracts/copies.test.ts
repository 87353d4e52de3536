import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const FILES = ['http.md', 'schema.graphql', 'upstream.md'];
const here = (file: string) => new URL(`./${file}`, import.meta.url);
const sharedFolder = new URL('../../../shared/contract/', import.meta.url);

describe('the copies of the contract', () => {
  it('are all here', () => {
    for (const file of FILES) expect(readFileSync(here(file), 'utf8').length).toBeGreaterThan(1000);
  });

  it('equal the contract where it stands beside the project', () => {
    // A fresh clone has no ../shared: then the copies are what there is, and nothing can differ.
    const originals = existsSync(sharedFolder) ? readdirSync(sharedFolder) : [];
    for (const file of originals) {
      expect(readFileSync(here(file), 'utf8'), file).toBe(readFileSync(new URL(file, sharedFolder), 'utf8'));
    }
  });
});
