/**
 * Posters who click twice, lose answers and ask again, while the room, the hubs and the connections of its watchers are hit
 * at random. Everything is drawn from one seed, but for the order in which the platform runs what is asked at once.
 */
import { env } from 'cloudflare:workers';
import { SUBSCRIPTION_HUBS } from '../../../src/config.ts';
import { broken, evicted } from '../broken-objects.ts';
import { Dice } from '../upstream/random.ts';
import type { ChatAnswer, OpenRoom, Person, Post, PostedMessage } from './open-room.ts';
import type { RoomWatcher } from './room-watcher.ts';

/** Every so many answers something is hit. */
const ANSWERS_BETWEEN_FAULTS = 8;
const REPEATS_MAX = 12;
/** The part of the watchers that lose their connections at once. */
const DROPPED_SHARE = 1 / 50;

export class RoomStorm {
  readonly #room: OpenRoom;
  readonly #watchers: readonly RoomWatcher[];
  readonly #dice: Dice;
  readonly #faults: Promise<void>[] = [];
  /** By text, each once. */
  readonly posted = new Map<string, PostedMessage>();
  /** Texts. */
  readonly takenBack = new Set<string>();
  #answered = 0;
  #lost = 0;

  constructor(room: OpenRoom, watchers: readonly RoomWatcher[], seed: number) {
    this.#room = room;
    this.#watchers = watchers;
    this.#dice = new Dice(seed, 'storm');
  }

  /** What was hit, and answers that said nothing. */
  get counts() {
    return { faults: this.#faults.length, lost: this.#lost };
  }

  /** One message after another, as a person does. */
  async posts(author: Person, count: number): Promise<void> {
    for (let at = 0; at < count; at += 1) await this.#post(author, `Message ${at} of ${author.id}`);
  }

  /** Resolves when everything that was hit is whole again. */
  async over(): Promise<void> {
    await Promise.all(this.#faults);
  }

  async #post(author: Person, text: string): Promise<void> {
    const manner = this.#dice.pick(text, [
      ...(['once', 'once', 'once', 'double click', 'lost answer', 'reply', 'taken back'] as const),
    ]);
    const earlier = manner === 'reply' ? this.#earlier(text) : undefined;
    const post: Post = { text, key: `key of ${text}`, ...(earlier ? { replyTo: earlier.id } : {}) };
    const send = () => this.#untilAnswered(() => this.#room.post(author, post));
    const answers = manner === 'double click' ? await Promise.all([send(), send()]) : [await send()];
    if (manner === 'lost answer') answers.push(await send());
    for (const message of answers) {
      const known = this.posted.get(text) ?? message;
      if (message.id !== known.id || message.text !== text || message.heldBack)
        throw new Error(`"${text}" was posted as ${JSON.stringify(message)} after ${known.id}`);
      this.posted.set(text, message);
    }
    if (manner !== 'taken back') return;
    const [{ id } = { id: '' }] = answers;
    await this.#untilAnswered(() => this.#room.remove(author, id));
    this.takenBack.add(text);
  }

  /** Messages that wait for a moderator. */
  async postsHeldBack(author: Person, texts: readonly string[]): Promise<void> {
    for (const text of texts) {
      const message = await this.#untilAnswered(() => this.#room.post(author, { text, key: text }));
      if (!message.heldBack) throw new Error(`"${text}" is not held back`);
    }
  }

  #earlier(text: string): PostedMessage | undefined {
    return this.#dice.sample(`earlier than ${text}`, [...this.posted.values()], 1)[0];
  }

  /** Repeats a request for as long as its answer says that this is safe. */
  async #untilAnswered(send: () => Promise<ChatAnswer>): Promise<PostedMessage> {
    for (let repeat = 0; repeat < REPEATS_MAX; repeat += 1) {
      const answer = await send();
      this.#answered += 1;
      if (this.#answered % ANSWERS_BETWEEN_FAULTS === 0) this.#faults.push(this.#hit(this.#faults.length));
      if ('message' in answer) return answer.message;
      if (!answer.isRetryable) throw new Error(`not to be repeated: ${JSON.stringify(answer)}`);
      this.#lost += 1;
    }
    throw new Error('no answer after many repeats');
  }

  async #hit(turn: number): Promise<void> {
    const hub = env.SUBSCRIPTION_HUBS.getByName(
      `hub-${this.#dice.whole(`hub ${turn}`, 0, SUBSCRIPTION_HUBS - 1)}`,
    );
    switch (turn % 6) {
      case 0:
        return broken(this.#room.object);
      case 1:
        return evicted(hub);
      case 2:
        return evicted(this.#room.object);
      case 3:
        return broken(hub);
      case 4:
        return this.#room.gateway.coldIsolate();
      default:
        for (const watcher of this.#dice.sample(
          `dropped ${turn}`,
          this.#watchers,
          Math.ceil(this.#watchers.length * DROPPED_SHARE),
        ))
          watcher.drop();
    }
  }
}
