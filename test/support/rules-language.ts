/**
 * As much of Cloudflare's Rules language as the zone's rules use: read, and decided for a request
 * (developers.cloudflare.com/ruleset-engine/rules-language). What is not documented there does not parse.
 */
export type Field =
  | 'cf.bot_management.score'
  | 'cf.bot_management.verified_bot'
  | 'http.host'
  | 'http.request.uri.path'
  | 'http.request.uri.query'
  | 'ip.src'
  | 'ip.src.country';

const FIELDS: Record<Field, 'string' | 'number' | 'boolean'> = {
  'cf.bot_management.score': 'number',
  'cf.bot_management.verified_bot': 'boolean',
  'http.host': 'string',
  'http.request.uri.path': 'string',
  'http.request.uri.query': 'string',
  'ip.src': 'string',
  'ip.src.country': 'string',
};

export type Request = Record<Field, string | number | boolean> & {
  /** Items of custom lists, by the list's name. */
  lists: Record<string, readonly string[]>;
};

type Value = string | number | boolean;
type Node = (request: Request) => Value;

const text = (value: Value | undefined): string => {
  if (typeof value !== 'string') throw new Error(`no text: ${value}`);
  return value;
};

/** A plus is a space; what is not encoded stays. `r` decodes until nothing changes. */
function decoded(source: string, options = ''): string {
  const once = source
    .replaceAll('+', ' ')
    .replace(/%[0-9a-f]{2}/gi, (byte) => String.fromCharCode(Number.parseInt(byte.slice(1), 16)));
  return options.includes('r') && once !== source ? decoded(once, options) : once;
}

const FUNCTIONS: Record<string, (...values: Value[]) => Value> = {
  concat: (...values) => values.map(text).join(''),
  lower: (value) => text(value).replace(/[A-Z]/g, (letter) => letter.toLowerCase()),
  starts_with: (source, prefix) => text(source).startsWith(text(prefix)),
  url_decode: (source, options) => decoded(text(source), options === undefined ? '' : text(options)),
};

const TOKEN = /\s*(?:("(?:[^"\\]|\\["\\])*")|([(){},])|(\$[a-z0-9_]+)|([a-z0-9_.]+))/y;

export interface Expression {
  matches(request: Request): boolean;
  /** The value of an expression that makes a text, such as a redirect's target. */
  value(request: Request): Value;
  fields: ReadonlySet<Field>;
  functions: ReadonlySet<string>;
  operators: ReadonlySet<string>;
}

/** @throws Error where the text has a field, function or operator that the language or this reader does not know */
export function readExpression(source: string): Expression {
  const tokens: string[] = [];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < source.trimEnd().length) {
    const [token] = TOKEN.exec(source) ?? [];
    if (token === undefined) throw new Error(`cannot read ${source}`);
    tokens.push(token.trim());
  }
  const fields = new Set<Field>();
  const functions = new Set<string>();
  const operators = new Set<string>();
  let position = 0;
  const peek = () => tokens[position];
  const take = (expected?: string): string => {
    const token = tokens[position++];
    if (token === undefined || (expected !== undefined && token !== expected))
      throw new Error(`${expected ?? 'more'} expected, not ${token}, in ${source}`);
    return token;
  };

  const chain = (operator: 'and' | 'or', operand: () => Node): Node => {
    const operands = [operand()];
    while (peek() === operator) {
      take();
      operands.push(operand());
    }
    if (operands.length === 1) return operands[0] as Node;
    return (request) =>
      operator === 'and'
        ? operands.every((node) => truth(node, request))
        : operands.some((node) => truth(node, request));
  };
  const disjunction = (): Node => chain('or', () => chain('and', negation));
  const negation = (): Node => {
    if (peek() !== 'not') return comparison();
    take();
    const operand = negation();
    return (request) => !truth(operand, request);
  };
  const comparison = (): Node => {
    if (peek() === '(') {
      take();
      const inner = disjunction();
      take(')');
      return inner;
    }
    const left = value();
    const operator = peek() ?? '';
    if (operator === 'in') {
      take();
      operators.add(operator);
      const items = set();
      return (request) => items(request).includes(String(left(request)));
    }
    const compare = COMPARISONS[operator];
    if (!compare) return left;
    take();
    operators.add(operator);
    const right = value();
    return (request) => compare(left(request), right(request));
  };
  const set = (): ((request: Request) => readonly string[]) => {
    const token = take();
    if (token.startsWith('$')) return (request) => request.lists[token.slice(1)] ?? [];
    if (token !== '{') throw new Error(`a set expected, not ${token}`);
    const items: string[] = [];
    while (peek() !== '}') items.push(JSON.parse(take()));
    take('}');
    return () => items;
  };
  const value = (): Node => {
    const token = take();
    if (token.startsWith('"')) return () => JSON.parse(token);
    if (/^\d+$/.test(token)) return () => Number(token);
    if (peek() === '(') return call(token);
    if (!(token in FIELDS)) throw new Error(`no field ${token}`);
    const field = token as Field;
    fields.add(field);
    return (request) => request[field];
  };
  const call = (name: string): Node => {
    const run = FUNCTIONS[name];
    if (!run) throw new Error(`no function ${name}`);
    functions.add(name);
    take('(');
    const parameters = [value()];
    while (peek() === ',') {
      take();
      parameters.push(value());
    }
    take(')');
    return (request) => run(...parameters.map((parameter) => parameter(request)));
  };

  const root = disjunction();
  if (position !== tokens.length) throw new Error(`${peek()} is too much in ${source}`);
  return { matches: (request) => truth(root, request), value: root, fields, functions, operators };
}

const COMPARISONS: Record<string, (left: Value, right: Value) => boolean> = {
  eq: (left, right) => left === right,
  ne: (left, right) => left !== right,
  lt: (left, right) => Number(left) < Number(right),
  gt: (left, right) => Number(left) > Number(right),
  contains: (left, right) => text(left).includes(text(right)),
};

function truth(node: Node, request: Request): boolean {
  const result = node(request);
  if (typeof result !== 'boolean') throw new Error(`no condition: ${result}`);
  return result;
}
