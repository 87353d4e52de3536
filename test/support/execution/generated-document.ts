/**
 * A document for a given schema, read out of a drawn shape so that it is nearly always valid: one response name stands
 * for one field with one list of arguments in the whole document, whose selections then merge wherever it is repeated.
 */
import {
  doTypesOverlap,
  type GraphQLCompositeType,
  type GraphQLField,
  type GraphQLInputType,
  GraphQLNonNull,
  type GraphQLSchema,
  getNamedType,
  isCompositeType,
  isLeafType,
  isNonNullType,
  isObjectType,
} from 'graphql';
import { literalOf, type VariableChoice } from './generated-inputs.ts';
import type { DirectiveShape, DocumentShape, SelectionShape, ValueShape } from './shapes.ts';

export interface GeneratedDocument {
  readonly text: string;
  readonly operationNames: readonly (string | undefined)[];
  /** By name; no operation has others. */
  readonly variables: ReadonlyMap<string, GraphQLInputType>;
}

/** Some of them are names that a plain object already has, or that a promise would have. */
const ALIASES = ['a', 'b', '__proto__', 'constructor', 'then', 'toString', 'length'] as const;

export function generatedDocument(schema: GraphQLSchema, shape: DocumentShape): GeneratedDocument {
  return new DocumentWriter(schema, shape).write();
}

class DocumentWriter {
  readonly #schema: GraphQLSchema;
  readonly #shape: DocumentShape;
  readonly #composites: readonly GraphQLCompositeType[];
  readonly #variables = new Map<string, { readonly type: GraphQLInputType; readonly definition: string }>();
  /** What a response name stands for: the field and its arguments. */
  readonly #responseNames = new Map<string, { readonly field: string; readonly args: string }>();

  constructor(schema: GraphQLSchema, shape: DocumentShape) {
    this.#schema = schema;
    this.#shape = shape;
    this.#composites = Object.values(schema.getTypeMap())
      .filter(isCompositeType)
      .filter(({ name }) => !name.startsWith('__'));
  }

  write(): GeneratedDocument {
    const fragments = this.#shape.fragments.map((_, index) => ({
      name: `F${index}`,
      body: ` on ${this.#fragmentType(index)} ${this.#fragmentBody(index)}`,
    }));
    const named = this.#shape.operations.length > 1;
    const operations = this.#shape.operations.map(({ mutation, selections }, index) => {
      const type = mutation ? this.#schema.getMutationType() : this.#schema.getQueryType();
      const body = this.#selectionSet(type as GraphQLCompositeType, selections, 0);
      return { kind: mutation ? 'mutation' : 'query', name: named ? `Op${index}` : undefined, body };
    });
    const used = usedFragments(
      operations.map(({ body }) => body),
      fragments,
    );
    const text = [
      ...operations.map(({ kind, name, body }) => {
        const bodies = [body, ...usedFragments([body], fragments).map((fragment) => fragment.body)].join(' ');
        return `${kind}${name === undefined ? '' : ` ${name}`}${this.#definitions(bodies)} ${body}`;
      }),
      ...used.map(({ name, body }) => `fragment ${name}${body}`),
    ].join('\n');
    return {
      text,
      operationNames: operations.map(({ name }) => name),
      variables: new Map([...this.#variables].map(([name, { type }]) => [name, type])),
    };
  }

  #definitions(bodies: string): string {
    const used = new Set(bodies.match(/\$v\d+/g));
    const definitions = [...this.#variables].filter(([name]) => used.has(`$${name}`));
    return definitions.length === 0
      ? ''
      : `(${definitions.map(([, { definition }]) => definition).join(', ')})`;
  }

  #fragmentType(index: number): GraphQLCompositeType {
    const type = this.#composites[(this.#shape.fragments[index]?.on ?? 0) % this.#composites.length];
    if (type === undefined) {
      throw new Error('A schema has a query type.');
    }
    return type;
  }

  #fragmentBody(index: number): string {
    return this.#selectionSet(
      this.#fragmentType(index),
      this.#shape.fragments[index]?.selections ?? [],
      index + 1,
    );
  }

  /** Fragments from `firstFragment` on may be spread, so that none comes back to itself. */
  #selectionSet(
    parent: GraphQLCompositeType,
    shapes: readonly SelectionShape[],
    firstFragment: number,
  ): string {
    const selections = shapes.flatMap((shape) => this.#selection(parent, shape, firstFragment));
    return `{ ${selections.length === 0 ? '__typename' : selections.join(' ')} }`;
  }

  #selection(parent: GraphQLCompositeType, shape: SelectionShape, firstFragment: number): string[] {
    const directives = this.#directives(shape.directives);
    if (shape.kind === 8) {
      const spreads = this.#shape.fragments.flatMap((_, index) =>
        index >= firstFragment && doTypesOverlap(this.#schema, this.#fragmentType(index), parent)
          ? [index]
          : [],
      );
      return spreads.length === 0 ? [] : [`...F${spreads[shape.target % spreads.length]}${directives}`];
    }
    if (shape.kind >= 6 && shape.kind !== 9) {
      const types = [
        undefined,
        ...this.#composites.filter((type) => doTypesOverlap(this.#schema, type, parent)),
      ];
      const type = types[shape.target % types.length];
      const condition = type === undefined ? '' : ` on ${type.name}`;
      return [
        `...${condition}${directives} ${this.#selectionSet(type ?? parent, shape.children, firstFragment)}`,
      ];
    }
    const fields = 'getFields' in parent ? Object.values(parent.getFields()) : [];
    const field = shape.kind === 9 ? undefined : fields[shape.target % Math.max(1, fields.length)];
    if (field === undefined) {
      const name = this.#responseName('__typename', '__typename', '', shape.alias).alias;
      return [`${name}__typename${directives}`];
    }
    return [this.#field(parent, field, shape, directives, firstFragment)];
  }

  #field(
    parent: GraphQLCompositeType,
    field: GraphQLField<unknown, unknown>,
    shape: SelectionShape,
    directives: string,
    firstFragment: number,
  ): string {
    const declared = field.args.map((arg) => `${arg.name}:${arg.type}`).join();
    const identity = `${field.name}(${declared}):${field.type}`;
    const type = getNamedType(field.type);
    // Objects that exclude each other may give one response name to different leaves of one type.
    const alone = isObjectType(parent) && isLeafType(type) && shape.alias === 19;
    const wanted = alone
      ? { alias: `${field.type}`.replaceAll(/\W/g, '_').concat('_: '), args: this.#args(field, shape.args) }
      : this.#responseName(field.name, identity, this.#args(field, shape.args), shape.alias);
    const subselection = isCompositeType(type)
      ? ` ${this.#selectionSet(type, shape.children, firstFragment)}`
      : '';
    return `${wanted.alias}${field.name}${wanted.args}${directives}${subselection}`;
  }

  #args(field: GraphQLField<unknown, unknown>, shapes: readonly ValueShape[]): string {
    const given = field.args.flatMap((arg, index) => {
      const hasDefault = arg.defaultValue !== undefined || arg.default !== undefined;
      const shape = shapes[index];
      if (shape === undefined && (hasDefault || !isNonNullType(arg.type))) {
        return [];
      }
      return [`${arg.name}: ${literalOf(arg.type, shape, this.#variable, { hasDefault, oneOf: false })}`];
    });
    return given.length === 0 ? '' : `(${given.join(', ')})`;
  }

  /** The name to put before the field; where it stands for the same field already, with the arguments it had there. */
  #responseName(
    name: string,
    field: string,
    args: string,
    drawn: number,
  ): { readonly alias: string; readonly args: string } {
    const wanted = drawn < 12 ? name : (ALIASES[drawn % ALIASES.length] ?? name);
    for (let attempt = 0; ; attempt += 1) {
      const responseName = attempt === 0 ? wanted : `${wanted}${attempt}`;
      const known = this.#responseNames.get(responseName);
      if (known === undefined) {
        this.#responseNames.set(responseName, { field, args });
      } else if (known.field !== field) {
        continue;
      }
      return { alias: responseName === name ? '' : `${responseName}: `, args: known?.args ?? args };
    }
  }

  #directives(shapes: readonly DirectiveShape[]): string {
    const names = new Set<string>();
    return shapes
      .map(({ kind, condition }) => {
        const name = ['', '', 'skip', 'include'][kind % 4] ?? '';
        if (name === '' || names.has(name)) {
          return '';
        }
        names.add(name);
        const boolean = this.#schema.getDirective('skip')?.args[0]?.type as GraphQLInputType;
        return ` @${name}(if: ${literalOf(boolean, condition, this.#variable)})`;
      })
      .join('');
  }

  readonly #variable: VariableChoice = (type, shape, { hasDefault, oneOf }) => {
    const required = oneOf && !isNonNullType(type) ? new GraphQLNonNull(type) : type;
    const withDefault = shape.pick % 4 === 1;
    const nullable =
      isNonNullType(required) && (withDefault || (hasDefault && shape.pick % 4 === 2)) && !oneOf
        ? required.ofType
        : required;
    const known = [...this.#variables].find(([, variable]) => String(variable.type) === String(nullable));
    if (known !== undefined && shape.pick % 8 < 6) {
      return known[0];
    }
    const name = `v${this.#variables.size}`;
    const initial = withDefault
      ? ` = ${literalOf(required, shape.children[0] ?? { pick: shape.pick + 1, children: [] })}`
      : '';
    this.#variables.set(name, { type: nullable, definition: `$${name}: ${nullable}${initial}` });
    return name;
  };
}

/** Those that the bodies spread, directly or through others. */
function usedFragments<Fragment extends { readonly name: string; readonly body: string }>(
  bodies: readonly string[],
  fragments: readonly Fragment[],
): Fragment[] {
  const reached = new Set<Fragment>();
  const reach = (body: string): void => {
    for (const fragment of fragments) {
      if (!reached.has(fragment) && new RegExp(`\\.\\.\\.${fragment.name}\\b`).test(body)) {
        reached.add(fragment);
        reach(fragment.body);
      }
    }
  };
  bodies.forEach(reach);
  return fragments.filter((fragment) => reached.has(fragment));
}
