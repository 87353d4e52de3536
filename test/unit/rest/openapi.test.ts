import { readFile } from 'node:fs/promises';
import { Validator } from '@seriousme/openapi-schema-validator';
import { expect, test } from 'vitest';
import { ENDPOINTS } from '../../../src/rest/endpoints.ts';

const read = async () => JSON.parse(await readFile('src/rest/openapi.json', 'utf8'));

test('the description of the API is OpenAPI 3.1, and all of its references lead somewhere', async () => {
  const validator = new Validator();
  const { valid, errors } = await validator.validate(await read());
  expect(errors).toBeUndefined();
  expect(valid).toBe(true);
  expect(validator.version).toBe('3.1');
  expect(() => validator.resolveRefs()).not.toThrow();
});

test('it has each endpoint under a name of its own, and nothing else', async () => {
  const { paths } = await read();
  const described = Object.entries<Record<string, { operationId: string }>>(paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, { operationId }]) => ({ route: `${method} ${path}`, operationId })),
  );
  const routes = ENDPOINTS.map(
    ({ method, path }) => `${method.toLowerCase()} ${path.replaceAll(/:(\w+)/g, '{$1}')}`,
  );
  expect(described.map(({ route }) => route).toSorted()).toEqual(routes.toSorted());
  expect(new Set(described.map(({ operationId }) => operationId)).size).toBe(ENDPOINTS.length);
});
