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

test('it wants a token where one must sign in first, and takes one where one signs in', async () => {
  const { paths } = await read();
  const bearer = { bearerAuth: [] };
  for (const [path, item] of Object.entries<Record<string, { security?: unknown }>>(paths)) {
    const area = /^\/api\/(protected|auth)\//.exec(path)?.[1];
    const security = { protected: [bearer], auth: [{}, bearer] }[area ?? ''];
    for (const operation of Object.values(item)) expect([path, operation.security]).toEqual([path, security]);
  }
});

test('a body is required unless the endpoint can do without', async () => {
  const { paths } = await read();
  expect(paths['/api/auth/login'].post.requestBody.required).toBe(true);
  expect(paths['/api/protected/auth/logout'].post.requestBody.required).toBe(false);
});
