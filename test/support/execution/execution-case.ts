/** A schema, a document for it and several runs of the document; prints itself so that a person can read a failure. */
import * as fc from 'fast-check';
import { type DocumentNode, type GraphQLSchema, parse, printSchema, validate, validateSchema } from 'graphql';
import { type GeneratedDocument, generatedDocument } from './generated-document.ts';
import { rawValueOf } from './generated-inputs.ts';
import { generatedSchema } from './generated-schema.ts';
import type { Request } from './performed-run.ts';
import {
  type DocumentShape,
  documentShape,
  type RunShape,
  runShape,
  type SchemaShape,
  schemaShape,
} from './shapes.ts';
import { Stage } from './stage.ts';

interface CaseShape {
  readonly schema: SchemaShape;
  readonly document: DocumentShape;
  readonly runs: readonly RunShape[];
}

export class ExecutionCase {
  readonly stage = new Stage();
  readonly schema: GraphQLSchema;
  readonly runs: readonly RunShape[];
  readonly document: DocumentNode;
  readonly #generated: GeneratedDocument;

  constructor(shape: CaseShape) {
    this.schema = generatedSchema(shape.schema, this.stage);
    this.#generated = generatedDocument(this.schema, shape.document);
    this.document = parse(this.#generated.text);
    this.runs = shape.runs;
  }

  /** Why execution would refuse, or not be asked, to run it. */
  problems(): readonly string[] {
    const ofSchema = validateSchema(this.schema);
    const all = ofSchema.length > 0 ? ofSchema : validate(this.schema, this.document);
    return all.map(({ message }) => message);
  }

  requestOf({ operation, variables }: RunShape): Request {
    const names = this.#generated.operationNames;
    const operationName =
      operation === 19 ? 'Unknown' : operation === 18 ? undefined : names[operation % names.length];
    const given = [...this.#generated.variables].flatMap(([name, type], index): [string, unknown][] => {
      const value = rawValueOf(type, variables[index % Math.max(1, variables.length)]);
      return value === undefined && index % 2 === 0 ? [] : [[name, value]];
    });
    const variableValues = given.length === 0 ? undefined : { ...Object.fromEntries(given), unknown: 1 };
    return { schema: this.schema, document: this.document, operationName, variableValues };
  }

  [fc.toStringMethod](): string {
    return `a case of ${this.runs.length} runs:\n${printSchema(this.schema)}\n\n${this.#generated.text}`;
  }
}

export const executionCase: fc.Arbitrary<ExecutionCase> = fc
  .record({
    schema: schemaShape,
    document: documentShape,
    runs: fc.array(runShape, { minLength: 1, maxLength: 3 }),
  })
  .map((shape) => new ExecutionCase(shape));
