/** Who sees what, asked field by field, and as a page for a person to read. */
import type { OpenedEntry } from './entries.ts';
import type { Held } from './field-arguments.ts';
import { documentFor } from './field-document.ts';
import { NO_OBJECT, outcomeOf } from './outcome.ts';
import { ASKERS, type Asker, openSession } from './people.ts';
import type { RouteRow } from './route-rows.ts';
import type { Way } from './schema-walk.ts';
import type { Send } from './transports.ts';
import { UNANSWERED } from './unanswered.ts';

export interface Row {
  entry: OpenedEntry;
  coordinate: string;
  outcomes: Readonly<Record<Asker, string>>;
}

export type SendOf = (...sent: [...Parameters<Send>, Asker]) => ReturnType<Send>;

/** The response names that lead to a field. */
const pathOf = ({ entry, steps }: Way, asker: Asker) => [
  ...(entry as OpenedEntry).path(asker),
  ...steps.map(({ name }) => name),
];

/**
 * One document asks for all fields of an object. Where it has an error, each field is asked for alone: an error of one
 * field may take the others with it.
 */
export async function rowsOf(held: Held, ways: readonly Way[], send: SendOf): Promise<Row[]> {
  const rows: Row[] = [];
  for (const group of Map.groupBy(ways, groupOf).values()) {
    const outcomes = new Map(group.map((way) => [way, {} as Record<Asker, string>]));
    for (const asker of ASKERS) {
      const ask = async (asked: readonly Way[]) => {
        const token = await accessTokenFor(held, asked, asker);
        return send(await documentFor(held, asker, asked), token, asker);
      };
      const together = await ask(group);
      for (const [way, known] of outcomes) {
        const isAlone = group.length === 1 || together.errors === undefined;
        known[asker] = outcomeOf(isAlone ? together : await ask([way]), pathOf(way, asker));
      }
    }
    for (const [way, known] of outcomes)
      rows.push({ entry: way.entry as OpenedEntry, coordinate: coordinateOf(way), outcomes: known });
  }
  return rows;
}

/** A mutation is asked for alone: it may end the session, or take the next one's input. */
const groupOf = (way: Way) =>
  [
    way.entry.title,
    ...way.steps.slice(0, way.entry.type === 'Mutation' ? undefined : -1).map(({ name }) => name),
  ].join('.');

export const coordinateOf = ({ steps }: Way) => steps.at(-1)?.coordinate ?? '';

/** Null for a stranger. Mutations have a session of their own, which they may end. */
async function accessTokenFor({ people }: Held, [way]: readonly Way[], asker: Asker): Promise<string | null> {
  if (asker === 'stranger') return null;
  const { id, accessToken } = people.of[asker];
  return way?.entry.type === 'Mutation' ? (await openSession(id)).accessToken : accessToken;
}

/** The coordinates that no asker got a value of. */
export function withoutAnswer(rows: readonly Row[]): string[] {
  const answered = new Set(
    rows.filter(({ outcomes }) => Object.values(outcomes).some(isAnswer)).map(({ coordinate }) => coordinate),
  );
  return [...new Set(rows.map(({ coordinate }) => coordinate))].filter((name) => !answered.has(name));
}

const isAnswer = (outcome: string) =>
  ![NO_OBJECT, 'null', 'empty'].includes(outcome) && !/^[A-Z_ ]+$/.test(outcome);

const HEADINGS: Readonly<Record<Asker, string>> = {
  stranger: 'stranger',
  user: 'the user',
  other: 'another user',
  moderator: 'moderator',
  admin: 'admin',
};

const headOf = (what: string) => [
  `| ${what} | ${ASKERS.map((asker) => HEADINGS[asker]).join(' | ')} |`,
  `|---|${ASKERS.map(() => '---|').join('')}`,
];

const lineOf = (name: string, outcomes: Row['outcomes']) =>
  `| \`${name}\` | ${ASKERS.map((asker) => outcomes[asker]).join(' | ')} |`;

export function printRights(
  rows: readonly Row[],
  routes: readonly RouteRow[],
  fileRoutes: readonly RouteRow[],
): string {
  const titles = [...new Set(rows.map(({ entry }) => entry.title))];
  const sections = titles.flatMap((title) => [
    `## ${title}`,
    '',
    ...headOf('field'),
    ...rows
      .filter(({ entry }) => entry.title === title)
      .map(({ coordinate, outcomes }) => lineOf(coordinate, outcomes)),
    '',
  ]);
  return [
    '# Who sees what',
    '',
    'Each field of the schema, asked by a stranger, a user, another user, a moderator and an admin. The objects are those of',
    'the user, who reaches the account as `viewer`; the others reach it by its global id.',
    '',
    '| word | meaning |',
    '|---|---|',
    '| `value` | the field has a value |',
    '| `null`, `empty` | the field is null, or an empty list, without an error |',
    `| ${NO_OBJECT} | there is no object that has the field: a field above it is null, or an empty list; or no event comes |`,
    '| a code in capitals | the error of the field, or of a field above it |',
    '',
    'Checked by `test/flows/accounts/rights.test.ts`;',
    '`npx vitest run --project flows-alone accounts/rights.test.ts -u` writes it anew. A new field or route fails the test until its',
    'row is here: read the row before you commit it.',
    '',
    ...sections,
    '## Routes of `/api`',
    '',
    "The status of each, with the code of a refusal. An investment is the user's; where a route names nothing, each asker is",
    'answered about their own. The payment and the claim of the user are refused for the state of that investment.',
    '',
    ...headOf('route'),
    ...routes.map(({ route, outcomes }) => lineOf(route, outcomes)),
    '',
    '## Routes of files',
    '',
    'The files are the user’s. A signature or a key opens a file to whoever has it; a session alone opens none.',
    '',
    ...headOf('route'),
    ...fileRoutes.map(({ route, outcomes }) => lineOf(route, outcomes)),
    '',
    '## Fields that nobody gets a value of',
    '',
    '| field, or type | reason |',
    '|---|---|',
    ...Object.entries(UNANSWERED).map(([name, reason]) => `| \`${name}\` | ${reason} |`),
    '',
  ].join('\n');
}
