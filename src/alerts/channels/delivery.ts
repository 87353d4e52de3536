/** The forms that every channel has in common. */
import type { Notice } from '../../observability/notice.ts';
import type { Message } from '../message.ts';

/** A notice on its way to one channel. */
export interface Delivery {
  /** The same at each attempt: a channel that can shows the message once. */
  id: string;
  notice: Notice;
  message: Message;
  /** `ENVIRONMENT`. */
  environment: string;
  /** The gateway's own. */
  origin: string;
  /** Unix seconds. */
  nowSeconds: number;
}

/** A delivery as a POST of JSON. */
export interface ChannelPost {
  url: string;
  body: string;
  headers?: Record<string, string>;
  /** False for an answer that the channel's API does not give when it has taken the message. */
  accepts(status: number, text: string): boolean;
}

/** The lines that fit, and how many do not. */
export function fittingLines(lines: readonly string[], maxCharacters: number): string {
  let text = '';
  for (const [index, line] of lines.entries()) {
    const longer = text === '' ? line : `${text}\n${line}`;
    if (longer.length > maxCharacters) return `${text}\n… and ${lines.length - index} more`;
    text = longer;
  }
  return text;
}
