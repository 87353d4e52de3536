/**
 * The normal form of a document: its text without layout and comments, with its definitions in one order. Two documents
 * with one normal form have the same answers: values, and the order of fields, are kept.
 *
 * A client cannot make it expensive: the numbers of tokens and lines, the nesting and the length of the form are bounded.
 */
import { type DefinitionNode, type DocumentNode, Kind, parse, print, type SelectionSetNode } from 'graphql';
import {
  DOCUMENT_MAX_TOKENS,
  NORMAL_FORM_MAX_LINE_BREAKS,
  NORMAL_FORM_MAX_NESTING,
  REQUEST_BODY_MAX_BYTES,
} from '../config.ts';

/** Null if the text is no document, or is beyond a limit. */
export function normalFormOfText(text: string): string | null {
  if (hasTooManyLines(text)) return null;
  let document: DocumentNode;
  try {
    document = parse(text, { maxTokens: DOCUMENT_MAX_TOKENS, noLocation: true });
  } catch {
    return null;
  }
  return normalFormOf(document);
}

/** The operation first, and then the fragments by their names. Null if the document is beyond a limit. */
export function normalFormOf(document: DocumentNode): string | null {
  // The printer indents each level anew, so its output grows with the square of the nesting.
  if (!document.definitions.every((definition) => isFlatEnough(definition))) return null;
  const definitions = document.definitions.toSorted((one, other) => compare(placeOf(one), placeOf(other)));
  const form = print({ ...document, definitions });
  return form.length <= REQUEST_BODY_MAX_BYTES ? form : null;
}

function hasTooManyLines(text: string): boolean {
  let count = 0;
  for (const lineBreak of ['\n', '\r']) {
    for (let at = text.indexOf(lineBreak); at >= 0; at = text.indexOf(lineBreak, at + 1)) {
      count += 1;
      if (count > NORMAL_FORM_MAX_LINE_BREAKS) return true;
    }
  }
  return false;
}

function isFlatEnough(definition: DefinitionNode): boolean {
  if (!('selectionSet' in definition)) return true;
  let level: readonly SelectionSetNode[] = [definition.selectionSet];
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth === NORMAL_FORM_MAX_NESTING) return false;
    level = level.flatMap(({ selections }) =>
      selections.flatMap((selection) =>
        'selectionSet' in selection && selection.selectionSet !== undefined ? [selection.selectionSet] : [],
      ),
    );
  }
  return true;
}

/** Names of fragments follow `1`; the sort is stable, so definitions of other kinds keep their order. */
function placeOf(definition: DefinitionNode): string {
  if (definition.kind === Kind.OPERATION_DEFINITION) return '0';
  return definition.kind === Kind.FRAGMENT_DEFINITION ? `1${definition.name.value}` : '2';
}

function compare(one: string, other: string): number {
  if (one === other) return 0;
  return one < other ? -1 : 1;
}
