/**
 * Everything between an operation that may run and its execution: which one of the document it is, whether it may
 * come this way, and whether it is small enough.
 *
 * What was registered was validated then, and is only held to the bounds of its variables. Any other document is
 * guarded first and validated afterwards, and one fault is reported, the first. What a rule refuses is counted.
 */
import { type DocumentNode, GraphQLError, type GraphQLSchema, parse, validate } from 'graphql';
import { tooComplex } from '../../schema/errors.ts';
import { createPolicyOf } from '../cache/cache-policy.ts';
import { DOCUMENT_MAX_TOKENS, OPERATION_MAX_COST, type OperationsMode } from '../config.ts';
import type { ChosenDocument } from '../operations/choose-document.ts';
import { crossSiteRefusal } from '../operations/cross-site.ts';
import { operationCost, selectedOperation } from '../operations/operation-cost.ts';
import type { OperationRequest } from '../operations/operation-request.ts';
import type { OperationUsage } from '../operations/registered-operation.ts';
import { countRefusal } from '../operations/usage.ts';
import { BoundedMemory } from '../storage/bounded-memory.ts';
import { guardDocument } from './document-guard.ts';

/** Of text; parsed, each character may weigh some 250 bytes. */
const PARSED_DOCUMENTS_MAX_CHARACTERS = 100_000;

export type PrepareOperation = (
  sent: Pick<OperationRequest, 'operationName' | 'variables' | 'documentIds' | 'client'>,
  chosen: ChosenDocument,
  http: { method: string; headers: Headers },
) => DocumentNode;

export function createPrepareOperation(
  schema: GraphQLSchema,
  mode: OperationsMode,
  usage: OperationUsage,
  policyOf = createPolicyOf(schema),
): PrepareOperation {
  const registeredDocuments = new BoundedMemory<DocumentNode>(PARSED_DOCUMENTS_MAX_CHARACTERS);
  // Apart, so that clients cannot crowd out what is registered.
  const sentDocuments = new BoundedMemory<DocumentNode>(PARSED_DOCUMENTS_MAX_CHARACTERS);
  const isOpen = mode === 'open';

  function parsed(text: string, isRegistered: boolean): DocumentNode {
    const documents = isRegistered ? registeredDocuments : sentDocuments;
    const known = documents.get(text);
    if (known !== undefined) return known;
    const document = isRegistered ? parse(text) : parseWithin(text);
    documents.set(text, document, text.length);
    return document;
  }

  /** By its node: what was found valid is not looked at again while it is kept. */
  const valid = new WeakSet<DocumentNode>();
  function requireValid(document: DocumentNode): void {
    if (valid.has(document)) return;
    const tooLarge = guardDocument(document, { introspection: isOpen });
    if (tooLarge !== null) throw tooLarge;
    const [fault] = validate(schema, document, undefined, { maxErrors: 1, hideSuggestions: !isOpen });
    // What graphql-js says when comparing overlapping fields goes on for too long.
    if (fault?.message === 'Validation aborted.')
      throw tooComplex('Too many fields of the document overlap.', { rule: 'overlaps' });
    if (fault !== undefined) throw fault;
    valid.add(document);
  }

  const prepare: PrepareOperation = (sent, { document: text, found }, http) => {
    const registered = found?.operation ?? null;
    const document = parsed(text, registered !== null);
    const operation = selectedOperation(document, sent.operationName);
    if (operation === undefined) {
      throw new GraphQLError('The request must name one operation of the document.', {
        extensions: { code: 'BAD_USER_INPUT', argumentPath: ['operationName'] },
      });
    }
    // What was registered with another schema may have become private since.
    const isAnybodys = () =>
      registered?.cachePolicy.scope === 'public' && policyOf(document, operation).scope === 'public';
    const refusal = crossSiteRefusal(http, operation.operation, isAnybodys);
    if (refusal !== null) throw refusal;
    if (registered !== null) {
      requireWithinBounds(registered.variableBounds, sent.variables ?? {});
      return document;
    }
    requireValid(document);
    const cost = operationCost(schema, document, sent.variables ?? {}, sent.operationName);
    if (cost > OPERATION_MAX_COST) {
      throw tooComplex(`The operation costs ${cost}; ${OPERATION_MAX_COST} is the most.`, { rule: 'cost' });
    }
    return document;
  };
  return (sent, chosen, http) => {
    try {
      return prepare(sent, chosen, http);
    } catch (error) {
      const documentId = chosen.found?.operation.id ?? sent.documentIds[0] ?? null;
      return countRefusal(error, usage, { documentId, client: sent.client });
    }
  };
}

function parseWithin(text: string): DocumentNode {
  try {
    return parse(text, { maxTokens: DOCUMENT_MAX_TOKENS });
  } catch (error) {
    // graphql-js says so in words alone.
    if (error instanceof GraphQLError && /more than \d+ tokens/.test(error.message)) {
      throw tooComplex(`The document has more than ${DOCUMENT_MAX_TOKENS} tokens.`, { rule: 'tokens' });
    }
    throw error;
  }
}

/** A variable that sizes a list, or that is one, goes no further than the operation's cost was counted for. */
function requireWithinBounds(
  bounds: Readonly<Record<string, number>>,
  variables: Readonly<Record<string, unknown>>,
): void {
  for (const [name, bound] of Object.entries(bounds)) {
    const value = variables[name];
    const size = Array.isArray(value) ? value.length : value;
    if (typeof size === 'number' && size > bound) {
      throw tooComplex(`${name}: must be at most ${bound}`, { argumentPath: [name], rule: 'variables' });
    }
  }
}
