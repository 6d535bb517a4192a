import { createHmac } from 'node:crypto';

import type { Channel, Notice, TargetAddress, TargetKind } from '../../server/notifications/notice.ts';
import { posted } from './posted.ts';
import { unlinked } from './unlinked.ts';

/** Where each kind lives; anywhere (public, https) for those that people run themselves. */
const HOSTS: Readonly<Record<TargetKind, readonly RegExp[] | undefined>> = {
  slack: [/^hooks\.slack(-gov)?\.com$/],
  teams: [/\.webhook\.office\.com$/, /\.logic\.azure\.com$/, /\.api\.powerplatform\.com$/],
  ntfy: undefined,
  webhook: undefined,
};

/** Letters, digits, `_` and `-`, up to 64 of them, at the root of its server (docs.ntfy.sh/publish). */
const NTFY_TOPIC = /^\/([\w-]{1,64})\/?$/;

/** @param allowed `host:port` that tests and operators use in place of the services themselves */
export const isTargetAddress = (kind: TargetKind, url: string, allowed: readonly string[]): boolean => {
  const parsed = URL.parse(url);
  if (!parsed || parsed.username || parsed.password || parsed.hash) return false;
  if (kind === 'ntfy' && !NTFY_TOPIC.test(parsed.pathname)) return false;
  if (allowed.includes(parsed.host)) return true;
  const hosts = HOSTS[kind];
  return parsed.protocol === 'https:' && (hosts?.some((host) => host.test(parsed.hostname)) ?? true);
};

/** ntfy, incoming webhooks of Slack and Teams, and webhooks of one's own: all of them only tell. */
export const targets = (fetch: typeof globalThis.fetch): Channel<TargetAddress> => ({
  async send(address, notice, { id, signal }) {
    const told = address.kind === 'webhook' ? notice : shortened(unlinked(notice));
    const { url = address.url, headers, body } = REQUESTS[address.kind](told, address, id);
    return posted(fetch, url, { headers, body, signal });
  },
});

type Request = (
  notice: Notice,
  address: TargetAddress,
  id: string,
) => { url?: string; headers: Record<string, string>; body: string };

const json = { 'content-type': 'application/json' };

const REQUESTS: Readonly<Record<TargetKind, Request>> = {
  // As JSON at the root (docs.ntfy.sh/publish#publish-as-json): no name of anybody's stands in a header, or between commas.
  ntfy: ({ title, body, url, impact, open }, address) => {
    const server = new URL(address.url);
    const [, topic] = NTFY_TOPIC.exec(server.pathname) ?? [];
    server.pathname = '/';
    const priority = impact === 'high' || impact === 'critical' ? 4 : 3;
    const actions = [{ action: 'view', label: open, url }];
    return {
      url: server.href,
      headers: json,
      body: JSON.stringify({ topic, title, message: body, click: url, actions, priority }),
    };
  },
  slack: ({ title, body, url, open }) => ({
    headers: json,
    // The text is what lock screens and readers say; nothing of it is fetched, linked or called out by Slack.
    body: JSON.stringify({
      text: slackText(title),
      unfurl_links: false,
      unfurl_media: false,
      blocks: [
        { type: 'section', text: { type: 'plain_text', text: `${title}\n${body}`, emoji: false } },
        { type: 'section', text: { type: 'mrkdwn', text: `<${escaped(url)}|${slackText(open)}>`, verbatim: true } },
      ],
    }),
  }),
  teams: ({ title, body, url, open }) => ({
    headers: json,
    body: JSON.stringify({
      type: 'message',
      attachments: [
        {
          contentType: 'application/vnd.microsoft.card.adaptive',
          contentUrl: null,
          content: {
            $schema: 'http://adaptivecards.io/schemas/adaptive-card.json',
            type: 'AdaptiveCard',
            version: '1.4',
            body: [
              { type: 'TextBlock', text: markdownText(title), weight: 'Bolder', wrap: true },
              { type: 'TextBlock', text: markdownText(body), wrap: true },
            ],
            actions: [{ type: 'Action.OpenUrl', title: open, url }],
          },
        },
      ],
    }),
  }),
  webhook: ({ title, body, url, tag, impact, expiresAt }, { secret = '' }, id) => {
    const payload = JSON.stringify({
      type: 'request.waiting',
      timestamp: new Date().toISOString(),
      data: { id: tag, title, body, url, impact, expires_at: expiresAt.toISOString() },
    });
    const seconds = String(Math.floor(Date.now() / 1000));
    return { headers: { ...json, ...signature(secret, `msg_${id}`, seconds, payload) }, body: payload };
  },
};

/**
 * Standard Webhooks 1.0: HMAC-SHA256 over id, time and payload, so that a receiver knows who says it, once and now.
 *
 * @param secret `whsec_` and base64
 */
export function signature(secret: string, id: string, seconds: string, payload: string): Record<string, string> {
  const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64');
  const mac = createHmac('sha256', key).update(`${id}.${seconds}.${payload}`).digest('base64');
  return { 'webhook-id': id, 'webhook-timestamp': seconds, 'webhook-signature': `v1,${mac}` };
}

/**
 * What fits everywhere, in the characters each of them counts: a text object of Slack holds 3,000 (docs.slack.dev, "Text
 * object"), a message of ntfy 4,096 bytes before it becomes an attachment (docs.ntfy.sh/publish#limitations), a card of
 * Teams 28 KB with everything.
 */
const shortened = (notice: Notice): Notice => ({
  ...notice,
  title: cut(notice.title, 200),
  body: cut(notice.body, 1000),
});

function cut(text: string, characters: number): string {
  const all = [...text];
  return all.length <= characters ? text : `${all.slice(0, characters - 1).join('')}…`;
}

// An agent's name must not become a link, a mention or a heading.
const slackText = (text: string): string => escaped(text).replace(/[*_~`]/g, '');
/** docs.slack.dev, "Formatting message text": these three, and no others. */
const escaped = (text: string): string =>
  text.replace(/[&<>]/g, (character) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;' })[character] ?? '');
const markdownText = (text: string): string => text.replace(/[\\`*_{}[\]()#+!|<>-]/g, (character) => `\\${character}`);
