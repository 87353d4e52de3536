/**
 * Finds the first limit of size that a document breaks, in one pass over its syntax. It runs before graphql-js's
 * validation, whose time grows faster than the document: it compares overlapping fields pair by pair.
 *
 * A fragment counts at each spread, and is read once. The limits are in `config.ts`.
 */
import {
  type ASTNode,
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  GraphQLError,
  Kind,
  type SelectionSetNode,
} from 'graphql';
import { tooComplex } from '../../schema/errors.ts';
import {
  DIRECTIVES_MAX_PER_PLACE,
  DOCUMENT_MAX_ALIASES,
  DOCUMENT_MAX_DEPTH,
  DOCUMENT_MAX_ROOT_FIELDS,
  FIELD_MAX_REPETITIONS,
  INTROSPECTION_MAX_DEPTH,
} from '../config.ts';

/** The two fields that describe the schema. `__typename` is part of an answer like any other field. */
const INTROSPECTION = new Set(['__schema', '__type']);

/** The size of a selection, including its spread fragments. */
interface Extent {
  depth: number;
  introspectionDepth: number;
  aliases: number;
  /** The number of occurrences of each field at the selection's own level. */
  fields: ReadonlyMap<string, number>;
}

export interface GuardOptions {
  introspection: boolean;
}

/** @returns the fault of the document, or null. */
export function guardDocument(document: DocumentNode, options: GuardOptions): GraphQLError | null {
  try {
    const measuring = new Measuring(document, options);
    for (const definition of document.definitions) {
      measuring.requireFewDirectives(definition);
      if (definition.kind === Kind.FRAGMENT_DEFINITION) measuring.ofFragment(definition, definition);
      if (definition.kind !== Kind.OPERATION_DEFINITION) continue;
      for (const variable of definition.variableDefinitions ?? []) measuring.requireFewDirectives(variable);
      const { fields, depth, introspectionDepth } = measuring.ofSelection(definition.selectionSet);
      requireAtMost(depth, DOCUMENT_MAX_DEPTH, 'depth', definition);
      requireAtMost(introspectionDepth, INTROSPECTION_MAX_DEPTH, 'introspection-depth', definition);
      const rootFields = [...fields.values()].reduce((sum, count) => sum + count, 0);
      requireAtMost(rootFields, DOCUMENT_MAX_ROOT_FIELDS, 'root-fields', definition);
    }
    return null;
  } catch (error) {
    if (error instanceof GraphQLError) return error;
    throw error;
  }
}

class Measuring {
  readonly #fragments: ReadonlyMap<string, FragmentDefinitionNode>;
  readonly #introspection: boolean;
  readonly #known = new Map<FragmentDefinitionNode, Extent | 'being measured'>();

  constructor(document: DocumentNode, options: GuardOptions) {
    const fragments = document.definitions.filter(({ kind }) => kind === Kind.FRAGMENT_DEFINITION);
    this.#fragments = new Map((fragments as FragmentDefinitionNode[]).map((node) => [node.name.value, node]));
    this.#introspection = options.introspection;
  }

  ofSelection(selectionSet: SelectionSetNode): Extent {
    let [depth, introspectionDepth, aliases] = [0, 0, 0];
    const fields = new Map<string, number>();
    const count = (name: string, times: number, node: ASTNode) => {
      const sum = (fields.get(name) ?? 0) + times;
      requireAtMost(sum, FIELD_MAX_REPETITIONS, 'repetitions', node);
      fields.set(name, sum);
    };
    for (const selection of selectionSet.selections) {
      this.requireFewDirectives(selection);
      let inner: Extent | undefined;
      if (selection.kind === Kind.FIELD) {
        count(selection.name.value, 1, selection);
        inner = this.#ofField(selection);
      } else {
        inner = this.#ofSpread(selection);
        for (const [name, times] of inner.fields) count(name, times, selection);
      }
      depth = Math.max(depth, inner.depth);
      introspectionDepth = Math.max(introspectionDepth, inner.introspectionDepth);
      aliases += inner.aliases;
      requireAtMost(aliases, DOCUMENT_MAX_ALIASES, 'aliases', selection);
    }
    return { depth, introspectionDepth, aliases, fields };
  }

  #ofField(field: FieldNode): Extent {
    const describesSchema = INTROSPECTION.has(field.name.value);
    if (describesSchema && !this.#introspection) {
      throw new GraphQLError('Introspection is off.', {
        nodes: field,
        extensions: { code: 'BAD_USER_INPUT', rule: 'introspection' },
      });
    }
    const inner = field.selectionSet === undefined ? NOTHING : this.ofSelection(field.selectionSet);
    const aliases = inner.aliases + (field.alias === undefined ? 0 : 1);
    if (!describesSchema) return { ...inner, depth: inner.depth + 1, aliases };
    return { ...inner, depth: 1, introspectionDepth: inner.depth, aliases };
  }

  #ofSpread(spread: Exclude<SelectionSetNode['selections'][number], FieldNode>): Extent {
    if (spread.kind === Kind.INLINE_FRAGMENT) return this.ofSelection(spread.selectionSet);
    const fragment = this.#fragments.get(spread.name.value);
    // Validation says that it is unknown.
    return fragment === undefined ? NOTHING : this.ofFragment(fragment, spread);
  }

  ofFragment(fragment: FragmentDefinitionNode, at: ASTNode): Extent {
    const known = this.#known.get(fragment);
    if (known === 'being measured') {
      throw new GraphQLError(`The fragment ${fragment.name.value} is spread within itself.`, {
        nodes: at,
        extensions: { code: 'BAD_USER_INPUT', rule: 'fragment-cycle' },
      });
    }
    if (known !== undefined) return known;
    this.#known.set(fragment, 'being measured');
    const extent = this.ofSelection(fragment.selectionSet);
    this.#known.set(fragment, extent);
    return extent;
  }

  requireFewDirectives(node: ASTNode): void {
    const count = 'directives' in node ? (node.directives?.length ?? 0) : 0;
    requireAtMost(count, DIRECTIVES_MAX_PER_PLACE, 'directives', node);
  }
}

const NOTHING: Extent = { depth: 0, introspectionDepth: 0, aliases: 0, fields: new Map() };

/** The unit of each limit, by the rule's name in the counts of refusals. */
const LIMITED = {
  depth: 'levels',
  'introspection-depth': 'levels of introspection',
  'root-fields': 'fields at its root',
  repetitions: 'repetitions of one field',
  aliases: 'aliases',
  directives: 'directives in one place',
};

function requireAtMost(actual: number, limit: number, rule: keyof typeof LIMITED, node: ASTNode): void {
  if (actual <= limit) return;
  throw tooComplex(`The document has more than ${limit} ${LIMITED[rule]}.`, { nodes: node, rule });
}
