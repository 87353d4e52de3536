/** The document that asks for fields of one entry. */
import type { OpenedEntry } from './entries.ts';
import { FIELD_ARGUMENTS, type Held } from './field-arguments.ts';
import type { Asker } from './people.ts';
import type { Way } from './schema-walk.ts';

interface Selected {
  given: string;
  fields: Map<string, Selected>;
  /** If no field in it is asked for. */
  selection: string;
}

/** @param ways of one entry; a field that several go through is asked for once */
export async function documentFor(held: Held, asker: Asker, ways: readonly Way[]): Promise<string> {
  const [first] = ways;
  if (first === undefined) throw new Error('a document asks for something');
  const top = new Map<string, Selected>();
  for (const { steps } of ways) {
    let fields = top;
    for (const { coordinate, name, selection } of steps) {
      const known = fields.get(name) ?? {
        given: (await FIELD_ARGUMENTS[coordinate]?.(held, asker)) ?? '',
        fields: new Map(),
        selection,
      };
      fields.set(name, known);
      fields = known.fields;
    }
  }
  const { open, operation = 'query' } = first.entry as OpenedEntry;
  const selection = print(top);
  return `${operation} { ${open === null ? selection : await open(held, asker, selection)} }`;
}

const print = (fields: ReadonlyMap<string, Selected>): string =>
  [...fields]
    .map(([name, { given, fields: inner, selection }]) => {
      const selected = inner.size > 0 ? print(inner) : selection;
      return `${name}${given && `(${given})`}${selected && ` { ${selected} }`}`;
    })
    .join(' ');
