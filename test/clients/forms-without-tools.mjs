/**
 * Manifests in the forms whose tools are not on npm, made by hand from what their makers publish:
 *
 * - Apollo iOS, `operationManifest.version: persistedQueries`. Text and id: one definition a line, fragments after
 *   the operation, `__typename` first in every selection but the operation's own.
 *   https://www.apollographql.com/docs/ios/code-generation/codegen-configuration
 *   https://github.com/apollographql/apollo-ios/pull/3096, https://github.com/apollographql/apollo-ios/issues/3162
 *   Apollo Kotlin's `persistedQueryManifest` has the same form, with texts of one line.
 * - Apollo iOS, `version: legacy`, which is also Kotlin's `operationOutput`.
 *   https://www.apollographql.com/docs/kotlin/kdoc/apollo-gradle-plugin-external/com.apollographql.apollo.gradle.api/-service/operation-manifest-format.html
 * - Cosmo's PQL manifest, and the file that its router reads for one operation (`<id>.json`). `wgc operations push`
 *   has no form of its own: it takes Apollo's manifest, Relay's map and pair list, and plain GraphQL.
 *   https://cosmo-docs.wundergraph.com/router/persisted-queries/persisted-operations
 *   https://github.com/wundergraph/cosmo/blob/main/router/internal/persistedoperation/PO_MANIFEST_S3_GUIDE.md
 *   https://github.com/wundergraph/cosmo/blob/main/router/internal/persistedoperation/operationstorage/fs/client.go
 */
import { Kind, parse, print, visit } from 'graphql';

/** The manifest of each form, by the name of its file. */
export function formsWithoutTools(texts, sha256) {
  const operations = texts.map((text) => {
    const document = parse(text);
    const operation = document.definitions.find(({ kind }) => kind === Kind.OPERATION_DEFINITION);
    return { name: operation.name.value, type: operation.operation, body: iosText(document), text };
  });
  const [{ text: firstText }] = operations;
  return {
    'apollo-ios': {
      format: 'apollo-persisted-query-manifest',
      version: 1,
      operations: operations.map(({ name, type, body }) => ({ id: sha256(body), body, name, type })),
    },
    'apollo-ios-legacy': Object.fromEntries(
      operations.map(({ name, body }) => [sha256(body), { name, source: body }]),
    ),
    cosmo: {
      version: 1,
      revision: 'a-revision',
      generatedAt: '2026-11-22T10:00:00Z',
      operations: Object.fromEntries(operations.map(({ text }) => [sha256(text), text])),
    },
    [`cosmo-operation/${sha256(firstText)}`]: { version: 1, body: firstText },
  };
}

function iosText(document) {
  const withTypenames = visit(document, {
    SelectionSet(node, _key, parent) {
      if (parent.kind === Kind.OPERATION_DEFINITION) return undefined;
      const typename = { kind: Kind.FIELD, name: { kind: Kind.NAME, value: '__typename' } };
      return { ...node, selections: [typename, ...node.selections] };
    },
  });
  const operationsFirst = [...withTypenames.definitions].sort(
    (a, b) => Number(a.kind !== Kind.OPERATION_DEFINITION) - Number(b.kind !== Kind.OPERATION_DEFINITION),
  );
  return operationsFirst.map((definition) => print(definition).replace(/\s+/g, ' ')).join('\n');
}
