import type { Notice } from '../../server/notifications/notice.ts';

/**
 * What an agent is called, or asks for, may look like an address; mail programs and chats make a link of whatever does,
 * and it would be a link in a message of ours. It is written so that nobody's program does, and every reader still can
 * read it: "evil[.]example".
 */
export const unlinked = (notice: Notice): Notice => ({
  ...notice,
  title: withoutAddresses(notice.title),
  body: withoutAddresses(notice.body),
});

export const withoutAddresses = (text: string): string =>
  text
    .replace(/(?<=[\p{L}\p{N}\]])[.。．｡](?=[\p{L}\p{N}]{2})(?![\p{N}]+(?:\D|$))/gu, '[.]')
    .replace(/:(?=\/\/|\\)/gu, '[:]');
