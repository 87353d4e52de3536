import { readFile } from 'node:fs/promises';
import { Validator as JsonSchemaValidator, type Schema } from '@cfworker/json-schema';
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

// Generated clients in Go, Rust and Python could not compile it.
test('no pattern of it looks ahead or back', async () => {
  const patterns = [...JSON.stringify(await read()).matchAll(/"pattern":("(?:[^"\\]|\\.)*")/g)].map(
    ([, text]) => JSON.parse(text ?? ''),
  );
  expect(patterns.length).toBeGreaterThan(3);
  expect(patterns.filter((pattern) => /\(\?[=!<]/.test(pattern))).toEqual([]);
});

test('answers may gain fields, and bodies that clients send may not have others', async () => {
  const { paths, components } = await read();
  const operations = Object.values<Record<string, object>>(paths).flatMap((item) => Object.values(item));
  const bodies = operations.flatMap((operation) =>
    'requestBody' in operation ? [operation.requestBody] : [],
  );
  const responses = operations.map((operation) => 'responses' in operation && operation.responses);
  const isClosed = (described: unknown) => JSON.stringify(described).includes('"additionalProperties":false');
  expect(bodies.length).toBeGreaterThan(3);
  expect(bodies.filter((body) => !isClosed(body))).toEqual([]);
  expect([...responses, components].filter(isClosed)).toEqual([]);
});

test('a body is required unless the endpoint can do without', async () => {
  const { paths } = await read();
  expect(paths['/api/auth/login'].post.requestBody.required).toBe(true);
  expect(paths['/api/protected/auth/logout'].post.requestBody.required).toBe(false);
});

test('each example is what its schema allows', async () => {
  const document = await read();
  const { components } = document;
  const found: string[] = [];
  const check = (where: string, schema: object, example: unknown) => {
    const { valid, errors } = new JsonSchemaValidator(
      { ...schema, components } as Schema,
      '2020-12',
      false,
    ).validate(example);
    found.push(where);
    expect(errors, where).toEqual([]);
    expect(valid, where).toBe(true);
  };
  for (const [where, { schema, example }] of examplesIn(document, '')) check(where, schema, example);
  // At the least: an answer of each endpoint but those without a body.
  expect(found.length).toBeGreaterThan(ENDPOINTS.length);
});

interface WithExample {
  schema: object;
  example: unknown;
}

/** Whatever has an example beside a schema, by its place. */
function* examplesIn(value: unknown, where: string): Generator<[string, WithExample]> {
  if (typeof value !== 'object' || value === null) return;
  if ('example' in value && 'schema' in value) yield [where, value as WithExample];
  else for (const [name, inner] of Object.entries(value)) yield* examplesIn(inner, `${where}/${name}`);
}
