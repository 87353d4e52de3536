/**
 * What fast-check draws: plain trees of small numbers without references. A schema, a document and variables are read
 * out of them afterwards, an index being taken modulo what there is to choose from. So every drawn tree means
 * something, and taking any part of it away leaves something that means less: failures shrink to a few lines.
 * Zero is always the plainest choice.
 */
import * as fc from 'fast-check';

const index = fc.nat({ max: 99 });

/** Few children the deeper they stand, so that trees end. */
function nested<Shape>(
  child: fc.Arbitrary<Shape>,
  depthIdentifier: string,
  maxLength: number,
): fc.Arbitrary<Shape[]> {
  return fc.oneof({ maxDepth: 4, depthIdentifier, withCrossShrink: true }, fc.constant<Shape[]>([]), {
    weight: 3,
    arbitrary: fc.array(child, { maxLength }),
  });
}

/** An input value, or a literal, before its type is known. */
export interface ValueShape {
  readonly pick: number;
  readonly children: readonly ValueShape[];
}

export const valueShape: fc.Arbitrary<ValueShape> = fc.letrec<{ value: ValueShape }>((tie) => ({
  value: fc.record({
    pick: index,
    children: nested(tie('value'), 'value', 3),
  }),
})).value;

export interface TypeShape {
  readonly named: number;
  /** From the inside out; a second non-null in a row means nothing. */
  readonly wraps: readonly ('list' | 'nonNull')[];
}

const wraps = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom<('list' | 'nonNull')[]>([], [], [], ['nonNull'], ['list']) },
  {
    weight: 1,
    arbitrary: fc.array(fc.constantFrom<'list' | 'nonNull'>('nonNull', 'list'), { maxLength: 4 }),
  },
);
const typeShape: fc.Arbitrary<TypeShape> = fc.record({ named: index, wraps });

export interface InputShape {
  readonly type: TypeShape;
  readonly default: ValueShape | null;
}

const inputShape: fc.Arbitrary<InputShape> = fc.record({
  type: typeShape,
  default: fc.option(valueShape, { freq: 2 }),
});

export interface FieldShape {
  readonly type: TypeShape;
  readonly args: readonly InputShape[];
  /** Even: the field has a resolver; odd: it is left to the default one. */
  readonly resolver: number;
}

const fieldShape: fc.Arbitrary<FieldShape> = fc.record({
  type: typeShape,
  args: fc.oneof(
    { weight: 1, arbitrary: fc.constant<never[]>([]) },
    { weight: 1, arbitrary: fc.array(inputShape, { minLength: 1, maxLength: 3 }) },
  ),
  resolver: fc.nat({ max: 3 }),
});

export interface CompositeShape {
  readonly fields: readonly FieldShape[];
  readonly interfaces: readonly number[];
  /** How its type, or the types of its values, are told apart. */
  readonly typing: number;
}

const compositeShape: fc.Arbitrary<CompositeShape> = fc.record({
  fields: fc.array(fieldShape, { minLength: 1, maxLength: 4 }),
  interfaces: fc.array(index, { maxLength: 2 }),
  typing: fc.nat({ max: 3 }),
});

export interface SchemaShape {
  readonly inputObjects: readonly { readonly fields: readonly InputShape[]; readonly oneOf: boolean }[];
  readonly interfaces: readonly CompositeShape[];
  readonly objects: readonly CompositeShape[];
  readonly unions: readonly { readonly members: readonly number[]; readonly typing: number }[];
  readonly query: readonly FieldShape[];
  readonly mutation: readonly FieldShape[];
}

export const schemaShape: fc.Arbitrary<SchemaShape> = fc.record({
  inputObjects: fc.array(
    fc.record({
      fields: fc.array(inputShape, { minLength: 1, maxLength: 3 }),
      oneOf: fc.nat({ max: 2 }).map((drawn) => drawn === 2),
    }),
    { maxLength: 3 },
  ),
  interfaces: fc.array(compositeShape, { maxLength: 3 }),
  objects: fc.array(compositeShape, { maxLength: 4 }),
  unions: fc.array(
    fc.record({ members: fc.array(index, { minLength: 1, maxLength: 3 }), typing: fc.nat({ max: 3 }) }),
    { maxLength: 2 },
  ),
  query: fc.array(fieldShape, { minLength: 1, maxLength: 5 }),
  mutation: fc.array(fieldShape, { minLength: 1, maxLength: 4 }),
});

export interface DirectiveShape {
  /** Modulo 4: none, none, `@skip`, `@include`. */
  readonly kind: number;
  readonly condition: ValueShape;
}

export interface SelectionShape {
  readonly kind: number;
  readonly target: number;
  readonly alias: number;
  readonly args: readonly ValueShape[];
  readonly directives: readonly DirectiveShape[];
  readonly children: readonly SelectionShape[];
}

const directiveShapes: fc.Arbitrary<DirectiveShape[]> = fc.oneof(
  { weight: 3, arbitrary: fc.constant<never[]>([]) },
  {
    weight: 1,
    arbitrary: fc.array(fc.record({ kind: fc.nat({ max: 3 }), condition: valueShape }), { maxLength: 2 }),
  },
);

const selectionShape: fc.Arbitrary<SelectionShape> = fc.letrec<{ selection: SelectionShape }>((tie) => ({
  selection: fc.record({
    kind: fc.nat({ max: 9 }),
    target: index,
    alias: fc.nat({ max: 19 }),
    args: fc.array(valueShape, { maxLength: 3 }),
    directives: directiveShapes,
    children: nested(tie('selection'), 'selection', 4),
  }),
})).selection;

export interface OperationShape {
  readonly mutation: boolean;
  readonly selections: readonly SelectionShape[];
}

export interface DocumentShape {
  readonly operations: readonly OperationShape[];
  readonly fragments: readonly { readonly on: number; readonly selections: readonly SelectionShape[] }[];
}

const selectionShapes = fc.array(selectionShape, { minLength: 1, maxLength: 6 });

export const documentShape: fc.Arbitrary<DocumentShape> = fc.record({
  operations: fc.array(
    fc.record({ mutation: fc.nat({ max: 3 }).map((n) => n === 3), selections: selectionShapes }),
    {
      minLength: 1,
      maxLength: 2,
    },
  ),
  fragments: fc.array(fc.record({ on: index, selections: selectionShapes }), { maxLength: 3 }),
});

/** An entry of a resolver script: the plainest choice half of the time, else any. */
const scriptEntry = fc.nat({ max: 1_999 }).map((drawn) => (drawn > 999 ? 0 : drawn));
const SCRIPT_ENTRIES = 40;

export interface RunShape {
  readonly operation: number;
  readonly variables: readonly ValueShape[];
  readonly script: readonly number[];
  /** Zero: nothing but schema, document, variables and operation name is passed. */
  readonly options: number;
  /** Zero: never; else the run is aborted in the step before it. */
  readonly abort: number;
}

export const runShape: fc.Arbitrary<RunShape> = fc.record({
  operation: fc.nat({ max: 19 }),
  variables: fc.array(valueShape, { maxLength: 5 }),
  script: fc.array(scriptEntry, { minLength: SCRIPT_ENTRIES, maxLength: SCRIPT_ENTRIES }),
  options: fc.nat({ max: 29 }),
  abort: fc.oneof(
    { weight: 6, arbitrary: fc.constant(0) },
    { weight: 1, arbitrary: fc.integer({ min: 1, max: 5 }) },
  ),
});
