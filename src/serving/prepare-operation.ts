/**
 * Decides what an operation runs, however it came: which document, which operation of it, and that it is small enough.
 * A refusal is a value.
 *
 * A registered document was validated when it was registered, and is only held to the bounds of its variables. Any other
 * document is guarded first and validated afterwards, and its first fault is reported.
 */
import {
  type DocumentNode,
  GraphQLError,
  type GraphQLSchema,
  getOperationAST,
  type OperationDefinitionNode,
  parse,
  validate,
} from 'graphql';
import { tooComplex } from '../../schema/errors.ts';
import type { PolicyOf } from '../cache/cache-policy.ts';
import { DOCUMENT_MAX_TOKENS, OPERATION_MAX_COST } from '../config.ts';
import { guardDocument } from '../graphql/document-guard.ts';
import type { MeasuredRequest } from '../metrics/measured-request.ts';
import {
  type ChosenDocument,
  chooseDocument,
  type DocumentSources,
  ruleRefusals,
} from '../operations/choose-document.ts';
import { createCurrentFacts } from '../operations/current-facts.ts';
import { isAllowedCost, operationCost } from '../operations/operation-cost.ts';
import type { OperationRequest } from '../operations/operation-request.ts';
import {
  carriedId,
  type FoundOperation,
  type OperationKind,
  type OperationRegistry,
  type Refusal,
} from '../operations/registered-operation.ts';
import type { MemoryBudget } from '../storage/bounded-memory.ts';

/** An operation that may run: it is small enough, and its document is valid. */
export interface PreparedOperation {
  sent: OperationRequest;
  chosen: ChosenDocument;
  document: DocumentNode;
  operation: OperationDefinitionNode;
}

/** The operation that runs, or the error that refuses it: a GraphQLError, or a fault. Either way with the refusals to count. */
export type Preparation = { refusals: readonly Refusal[] } & (
  | { ok: true; prepared: PreparedOperation }
  /**
   * With the registered operation that was asked for, if the request names one. Look-ups that storage fails are a fault;
   * those beyond their budget are not.
   */
  | { ok: false; error: unknown; found?: FoundOperation | null; isFault?: boolean }
);

export interface PrepareOptions {
  /** Refuses an operation that may not run over the request's transport; null where it may. */
  mayRun?(kind: OperationKind, isPublic: () => boolean): GraphQLError | null;
  registry: OperationRegistry;
}

export type Prepare = (sent: OperationRequest, options: PrepareOptions) => Promise<Preparation>;

export interface PrepareSources extends Pick<DocumentSources, 'mode'> {
  schema: GraphQLSchema;
  schemaHash: string;
  policyOf: PolicyOf;
  memory: MemoryBudget;
}

/**
 * Heap of a parsed document, by measurement in Node: 63 bytes for each character in the project's own documents, 147 with
 * their plans; 210 where all names have one character, and 400 for a document of one field.
 */
const DOCUMENT_BYTES = 1_000;
const REGISTERED_CHARACTER_BYTES = 150;
const SENT_CHARACTER_BYTES = 250;

export function createPrepare(sources: PrepareSources): Prepare {
  const { schema, mode, policyOf, memory } = sources;
  const currentFacts = createCurrentFacts(schema, sources.schemaHash);
  const clientDocuments = memory.open<string>('clientDocuments');
  const normalForms = memory.open<string | null>('normalForms');
  const registeredDocuments = memory.open<DocumentNode>('registeredDocuments');
  // Clients cannot crowd registered documents out of another memory.
  const sentDocuments = memory.open<DocumentNode>('sentDocuments');
  const isOpen = mode === 'open';

  function parsed(text: string, isRegistered: boolean): DocumentNode {
    const documents = isRegistered ? registeredDocuments : sentDocuments;
    const known = documents.get(text);
    if (known !== undefined) return known;
    const document = isRegistered ? parse(text) : parseWithin(text);
    const characterBytes = isRegistered ? REGISTERED_CHARACTER_BYTES : SENT_CHARACTER_BYTES;
    documents.set(text, document, DOCUMENT_BYTES + characterBytes * text.length);
    return document;
  }

  /** By its node: a valid document is not validated again while it is in memory. */
  const valid = new WeakSet<DocumentNode>();
  function requireValid(document: DocumentNode): void {
    if (valid.has(document)) return;
    const tooLarge = guardDocument(document, { introspection: isOpen });
    if (tooLarge !== null) throw tooLarge;
    const [fault] = validate(schema, document, undefined, { maxErrors: 1, hideSuggestions: !isOpen });
    // graphql-js gives up comparing overlapping fields with this message.
    if (fault?.message === 'Validation aborted.')
      throw tooComplex('Too many fields of the document overlap.', { rule: 'overlaps' });
    if (fault !== undefined) throw fault;
    valid.add(document);
  }

  function prepared(
    sent: OperationRequest,
    chosen: ChosenDocument,
    mayRun: PrepareOptions['mayRun'],
  ): PreparedOperation {
    const registered = chosen.found?.operation ?? null;
    const document = parsed(chosen.document, registered !== null);
    const operation = getOperationAST(document, sent.operationName);
    if (!operation) {
      throw new GraphQLError('The request must name one operation of the document.', {
        extensions: { code: 'BAD_USER_INPUT', argumentPath: ['operationName'] },
      });
    }
    // An operation that was registered with another schema may have become private since.
    const isPublic = () =>
      registered?.cachePolicy.scope === 'public' && policyOf(document, operation).scope === 'public';
    const refusal = mayRun?.(operation.operation, isPublic);
    if (refusal) throw refusal;
    const variables = sent.variables ?? {};
    if (registered !== null) {
      requireWithinBounds(currentFacts(registered, document, operation).variableBounds, variables);
    } else {
      requireValid(document);
      const cost = operationCost(schema, document, variables, sent.operationName);
      if (!isAllowedCost(cost)) {
        throw tooComplex(`The operation costs ${cost}; ${OPERATION_MAX_COST} is the most.`, { rule: 'cost' });
      }
    }
    return { sent, chosen, document, operation };
  }

  return async (sent, { mayRun, registry }) => {
    let documentId = sent.documentIds[0] ?? null;
    let refusals: readonly Refusal[] = [];
    let found: FoundOperation | null = null;
    try {
      const choice = await chooseDocument(sent, { mode, registry, clientDocuments, normalForms });
      if (!choice.ok) return choice;
      refusals = choice.refusals;
      found = choice.chosen.found;
      documentId = found === null ? documentId : carriedId(found.operation);
      return { ok: true, prepared: prepared(sent, choice.chosen, mayRun), refusals };
    } catch (error) {
      const { client } = sent;
      return {
        ok: false,
        error,
        found,
        refusals: [...refusals, ...ruleRefusals(error, { documentId, client })],
      };
    }
  };
}

/** Notes for metrics what is asked for, also if it may not run. */
export function measurePreparation(measured: MeasuredRequest, preparation: Preparation): void {
  if (!preparation.ok && preparation.isFault === false) measured.ofCaller();
  const found = preparation.ok ? preparation.prepared.chosen.found : preparation.found;
  if (found) {
    const { name, kind } = found.operation;
    measured.operation = { id: carriedId(found.operation), name, kind };
  } else if (preparation.ok) measured.operation.kind = preparation.prepared.operation.operation;
}

/** @throws GraphQLError OPERATION_TOO_COMPLEX if the document has too many tokens. */
export function parseWithin(text: string): DocumentNode {
  try {
    return parse(text, { maxTokens: DOCUMENT_MAX_TOKENS });
  } catch (error) {
    // graphql-js tells it by the message alone.
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
    const value = Object.hasOwn(variables, name) ? variables[name] : undefined;
    const size = Array.isArray(value) ? value.length : value;
    if (typeof size === 'number' && size > bound) {
      throw tooComplex(`${name}: must be at most ${bound}`, { argumentPath: [name], rule: 'variables' });
    }
  }
}
