/** Mixed traffic through a shared cache: random, the same for the same seed, and everybody asks for everything. */
import { drawsOf } from '../support/upstream/random.ts';
import { type Answer, type Ask, type Server, send } from './ask.ts';
import { ASKERS, type Asker } from './askers.ts';
import type { Question } from './questions.ts';

/** In the order in which the answers came. */
export interface Exchange {
  asker: Asker;
  question: Question;
  ask: Ask;
  answer: Answer;
}

const ORIGINS = [
  null,
  'https://com2000.example',
  'https://www.com2000.example',
  'https://elsewhere.example',
] as const;
const ACCEPTS = [
  'application/json',
  'application/graphql-response+json, application/json;q=0.9',
  '*/*',
] as const;
/** Without it a document by GET is refused. */
const CLIENT_NAME = { 'graphql-client-name': 'web' };
const POST_SHARE = 0.2;
const HEAD_SHARE = 0.03;
const CONDITIONAL_SHARE = 0.4;
/** The current answer's and the one's before: a client seldom holds what is older. */
const HELD_FORMS = 6;

export interface TrafficOptions {
  server: Server;
  questions: readonly Question[];
  seed: number;
  requests: number;
  /** Those under way at once. */
  connections: number;
}

export class Traffic {
  readonly #random: () => number;
  readonly #questions: readonly Question[];
  /** By path, what clients were given. */
  readonly #etags = new Map<string, string[]>();

  constructor(questions: readonly Question[], seed: number) {
    this.#questions = questions;
    this.#random = drawsOf(seed);
  }

  next(): Omit<Exchange, 'answer'> {
    const question = this.#oneOf(this.#questions);
    const asker = this.#oneOf(ASKERS);
    const origin = this.#oneOf(ORIGINS);
    const headers: Record<string, string> = {
      accept: this.#oneOf(ACCEPTS),
      ...CLIENT_NAME,
      ...asker.headers,
    };
    if (origin !== null) headers.origin = origin;
    const { path, body } = question;
    if (body !== undefined && this.#random() < POST_SHARE) {
      headers['content-type'] = 'application/json';
      return { asker, question, ask: { method: 'POST', path: '/graphql', headers, body } };
    }
    const held = this.#etags.get(path);
    if (held !== undefined && this.#random() < CONDITIONAL_SHARE)
      headers['if-none-match'] = this.#oneOf(held.slice(-HELD_FORMS));
    const method = this.#random() < HEAD_SHARE ? 'HEAD' : 'GET';
    return { asker, question, ask: { method, path, headers } };
  }

  /** What was answered is what conditional requests are made of. */
  learn({ ask, answer }: Exchange): void {
    const { etag } = answer.headers;
    if (etag === undefined || ask.method === 'POST') return;
    const held = this.#etags.get(ask.path) ?? [];
    const forms = [etag, `W/${etag}`, `"another", ${etag}`];
    if (!held.includes(etag)) this.#etags.set(ask.path, [...held, ...forms]);
  }

  #oneOf<Item>(items: readonly Item[]): Item {
    return items[Math.floor(this.#random() * items.length)] as Item;
  }
}

export async function runTraffic({ server, questions, seed, requests, connections }: TrafficOptions) {
  const traffic = new Traffic(questions, seed);
  const exchanges: Exchange[] = [];
  let sent = 0;
  const connection = async () => {
    while (sent < requests) {
      sent += 1;
      const next = traffic.next();
      const exchange = { ...next, answer: await send(server, next.ask) };
      traffic.learn(exchange);
      exchanges.push(exchange);
    }
  };
  await Promise.all(Array.from({ length: connections }, connection));
  return exchanges;
}

/** Everything by GET, in turn: what a cache in front would keep of it, everybody after them is shown. */
export async function askEverything(server: Server, questions: readonly Question[], asker: Asker) {
  const exchanges: Exchange[] = [];
  for (const question of questions) {
    const headers = { accept: ACCEPTS[0], ...CLIENT_NAME, ...asker.headers };
    const ask: Ask = { method: 'GET', path: question.path, headers };
    exchanges.push({ asker, question, ask, answer: await send(server, ask) });
  }
  return exchanges;
}
