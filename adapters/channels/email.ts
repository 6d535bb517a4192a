import { createTransport } from 'nodemailer';

import type { Channel, Notice } from '../../server/notifications/notice.ts';
import { unlinked } from './unlinked.ts';

/** Milliseconds. */
const LONGEST = 10_000;

/**
 * E-mail through the operator's relay: one link, no details, nothing to be counted by. What it says can be forwarded,
 * opened by a scanner or read by anybody on the way, and still nothing is decided by it.
 *
 * @param url `smtp://user:password@host:port` or `smtps://`
 */
export function email(url: string, from: string): Channel<{ to: string }> & { close(): void } {
  const transport = createTransport({
    url,
    pool: true,
    maxConnections: 3,
    connectionTimeout: LONGEST,
    greetingTimeout: LONGEST,
    socketTimeout: LONGEST,
  } as never);
  const domain = from.split('@').at(-1)?.replace('>', '') ?? 'localhost';
  return {
    async send({ to }, told, { id }) {
      const notice = unlinked(told);
      try {
        await transport.sendMail({
          from,
          to,
          subject: notice.title,
          text: `${notice.body}\n\n${notice.open}: ${notice.url}\n${notice.aside === undefined ? '' : `\n${notice.aside}\n`}`,
          html: htmlOf(notice),
          // The same at every attempt: a mailbox that has it already shows it once.
          messageId: `<${id}.countersign@${domain}>`,
          headers: { 'Auto-Submitted': 'auto-generated', 'X-Auto-Response-Suppress': 'All' },
        });
        return { sent: true };
      } catch (cause) {
        const { responseCode, message } = cause as { responseCode?: number; message: string };
        // 5xx is for good (RFC 5321 §4.2.1), everything else may pass.
        return responseCode !== undefined && responseCode >= 500
          ? { failed: `the mail server answered ${responseCode}` }
          : { retry: responseCode === undefined ? message : `the mail server answered ${responseCode}` };
      }
    },
    close: () => transport.close(),
  };
}

const htmlOf = ({ title, body, url, open, aside, language }: Notice): string =>
  `<!doctype html><html lang="${escaped(language)}"><body style="font-family:sans-serif;line-height:1.5">` +
  `<h1 style="font-size:1.1em">${escaped(title)}</h1><p>${escaped(body)}</p><p><a href="${escaped(url)}">${escaped(open)}</a></p>` +
  `${aside === undefined ? '' : `<p>${escaped(aside)}</p>`}</body></html>`;

const escaped = (text: string): string => text.replace(/[&<>"']/g, (character) => `&#${character.codePointAt(0)};`);
