/**
 * Sends one notice to one channel. Never rejects, and follows no redirect. A reason names neither the channel's URL nor
 * what it has answered: both may contain its key.
 */
import {
  NOTICE_ANSWER_MAX_BYTES,
  NOTICE_RETRY_AFTER_MAX_SECONDS,
  NOTICE_SEND_TIMEOUT_MS,
} from '../config.ts';
import type { Notice } from '../observability/notice.ts';
import type { AlertChannel } from '../settings/alert-settings.ts';
import { answerWithin } from '../storage/answer-within.ts';
import { readText } from '../upstream/http.ts';
import type { ChannelPost, Delivery } from './channels/delivery.ts';
import { discordPost } from './channels/discord.ts';
import { emailOf } from './channels/email.ts';
import { pagerDutyPost } from './channels/pagerduty.ts';
import { slackPost } from './channels/slack.ts';
import { webhookPost } from './channels/webhook.ts';
import { messageOf } from './message.ts';

export type SendOutcome = { isSent: true } | SendFailure;

export interface SendFailure {
  isSent: false;
  reason: string;
  /** The pause that the channel asks for; 0 if it asks for none. */
  retryAfterSeconds: number;
}

export interface NoticeSources {
  fetch: typeof fetch;
  /** `ALERT_EMAIL`. */
  email: Pick<SendEmail, 'send'>;
  environment: string;
  origin: string;
  nowMs(): number;
  timeoutMs?: number;
}

/** @param id the same at each attempt of this notice to this channel */
export type SendNotice = (channel: AlertChannel, id: string, notice: Notice) => Promise<SendOutcome>;

export function createSendNotice(sources: NoticeSources): SendNotice {
  const { environment, origin, nowMs, email, timeoutMs = NOTICE_SEND_TIMEOUT_MS } = sources;
  const post = createPost({ ...sources, timeoutMs });
  return async (channel, id, notice) => {
    const message = messageOf(notice, environment);
    const nowSeconds = Math.floor(nowMs() / 1000);
    const delivery: Delivery = { id, notice, message, environment, origin, nowSeconds };
    switch (channel.kind) {
      case 'slack':
        return post(slackPost(channel, delivery));
      case 'discord':
        return post(discordPost(channel, delivery));
      case 'pagerduty':
        return post(pagerDutyPost(channel, delivery));
      case 'webhook':
        return post(webhookPost(channel, delivery));
      case 'email':
        return answerWithin(timeoutMs, 'e-mail service', () => email.send(emailOf(channel, delivery))).then(
          () => ({ isSent: true }) as const,
          (error: unknown) => failure(emailReason(error)),
        );
      default:
        return channel satisfies never;
    }
  };
}

const failure = (reason: string, retryAfterSeconds = 0): SendFailure => ({
  isSent: false,
  reason,
  retryAfterSeconds,
});

function createPost({ fetch, timeoutMs }: { fetch: typeof globalThis.fetch; timeoutMs: number }) {
  return async ({ url, body, headers, accepts }: ChannelPost): Promise<SendOutcome> => {
    const controller = new AbortController();
    const { signal } = controller;
    const timer = setTimeout(() => controller.abort(), timeoutMs);
    try {
      const response = await fetch(url, {
        method: 'POST',
        body,
        headers: { 'Content-Type': 'application/json', 'User-Agent': 'COM2000-Worker/1.0', ...headers },
        redirect: 'manual',
        signal,
      });
      const { status } = response;
      if (status < 200 || status > 299) {
        await response.body?.cancel();
        const isRedirect = status >= 300 && status < 400;
        return failure(
          `HTTP ${status}${isRedirect ? ', and redirects are not followed' : ''}`,
          retryAfterSeconds(response),
        );
      }
      const text = await readText(response, NOTICE_ANSWER_MAX_BYTES);
      if (accepts(status, text ?? '')) return { isSent: true };
      return failure(`HTTP ${status} with an answer of another form than this kind of channel gives`);
    } catch {
      return failure(signal.aborted ? `no answer within ${timeoutMs} ms` : 'the connection failed');
    } finally {
      clearTimeout(timer);
    }
  };
}

/** A date would need synchronised clocks, so it counts as no pause. */
function retryAfterSeconds({ headers }: Response): number {
  const asked = headers.get('retry-after') ?? '';
  return /^\d{1,9}$/.test(asked) ? Math.min(Number(asked), NOTICE_RETRY_AFTER_MAX_SECONDS) : 0;
}

/** The platform's codes; its texts contain addresses. */
function emailReason(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  return /^E_[A-Z_]{1,60}$/.test(code)
    ? `the e-mail service refused it: ${code}`
    : 'the e-mail service failed';
}
