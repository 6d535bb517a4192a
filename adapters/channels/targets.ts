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

/** @param allowed `host:port` that tests and operators use in place of the services themselves */
export const isTargetAddress = (kind: TargetKind, url: string, allowed: readonly string[]): boolean => {
  const parsed = URL.parse(url);
  if (!parsed || parsed.username || parsed.password || parsed.hash) return false;
  if (allowed.includes(parsed.host)) return true;
  const hosts = HOSTS[kind];
  return parsed.protocol === 'https:' && (hosts?.some((host) => host.test(parsed.hostname)) ?? true);
};

/** ntfy, incoming webhooks of Slack and Teams, and webhooks of one's own: all of them only tell. */
export const targets = (fetch: typeof globalThis.fetch): Channel<TargetAddress> => ({
  async send(address, notice, { id, signal }) {
    const told = address.kind === 'webhook' ? notice : unlinked(notice);
    const { headers, body } = REQUESTS[address.kind](told, address, id);
    return posted(fetch, address.url, { headers, body, signal });
  },
});

type Request = (
  notice: Notice,
  address: TargetAddress,
  id: string,
) => { headers: Record<string, string>; body: string };

const json = { 'content-type': 'application/json' };

const REQUESTS: Readonly<Record<TargetKind, Request>> = {
  // As JSON to the server's root would need the topic apart; by headers it goes to the topic's own address.
  ntfy: ({ title, body, url, impact, open }) => ({
    headers: {
      'content-type': 'text/plain; charset=utf-8',
      title: headerText(title),
      click: url,
      actions: `view, ${headerText(open).replaceAll(',', ' ')}, ${url}`,
      priority: impact === 'high' || impact === 'critical' ? 'high' : 'default',
    },
    body,
  }),
  slack: ({ title, body, url, open }) => ({
    headers: json,
    // The text is what lock screens and readers say; nothing of it is fetched, linked or called out by Slack.
    body: JSON.stringify({
      text: slackText(title),
      unfurl_links: false,
      unfurl_media: false,
      blocks: [
        { type: 'section', text: { type: 'plain_text', text: `${title}\n${body}`, emoji: false } },
        { type: 'section', text: { type: 'mrkdwn', text: `<${url}|${slackText(open)}>`, verbatim: true } },
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

/** RFC 2047: headers are ASCII, and names are not. */
const headerText = (text: string): string =>
  /^[\x20-\x7e]*$/.test(text) ? text : `=?UTF-8?B?${Buffer.from(text).toString('base64')}?=`;

// An agent's name must not become a link, a mention or a heading.
const slackText = (text: string): string =>
  text
    .replace(/[&<>]/g, (character) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;' })[character] ?? '')
    .replace(/[*_~`]/g, '');
const markdownText = (text: string): string => text.replace(/[\\`*_{}[\]()#+!|<>-]/g, (character) => `\\${character}`);
