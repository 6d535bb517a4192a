import { randomBytes } from 'node:crypto';

import { newId } from '../oauth/ids.ts';
import { type Act, conflict, done, unacceptable, unknown } from './admin.ts';
import { type Answer, organizationOf } from './call.ts';
import { gives, input, reference, takes } from './input.ts';
import { pageOf } from './listing.ts';
import { listed, listQuery } from './lists.ts';
import { always, instant, object, pageOfMany, text } from './shapes.ts';

/** An address of an organization's own that hears of every request of its people. It is shown as its host alone. */
export interface ListedWebhook {
  id: string;
  host: string;
  made_by: string;
  created_at: Date;
}

/** Under row-level security; each change with its evidence. */
export interface WebhookStore {
  list(organization: string): Promise<ListedWebhook[]>;
  add(act: Act, webhook: { id: string; url: string; secret: string }): Promise<'added' | 'too_many'>;
  remove(act: Act, id: string): Promise<boolean>;
}

export interface Webhooks {
  store: WebhookStore;
  /** Https, and nothing of it that would be kept in clear by whoever logs it. */
  isAddress(url: string): boolean;
}

const someWebhooks = listQuery();
const WEBHOOK = { id: text, organization: text, host: text };

export const listWebhooks: Answer = async (call, dependencies) => {
  const webhooks = await listed(call, someWebhooks, dependencies, async ({ id }, asked) =>
    pageOf(await dependencies.webhooks.store.list(id), asked, { key: ({ id }) => id, words: ({ host }) => [host] }),
  );
  return webhooks.ok ? done({ webhooks: webhooks.value.rows, next: webhooks.value.next }) : webhooks;
};
takes(listWebhooks, { query: someWebhooks });
gives(listWebhooks, pageOfMany('webhooks', object({ ...WEBHOOK, made_by: text, created_at: instant })));

const adding = input<{ organization?: string; url: string }>(
  { organization: reference, url: { type: 'string', format: 'uri', maxLength: 1000 } },
  ['url'],
);

/** Its secret is shown once: what is sent is signed with it (Standard Webhooks). A webhook tells, and decides nothing (D10). */
export const addWebhook: Answer = async (call, dependencies) => {
  const asked = adding(call.body);
  if (!asked.ok) return asked;
  const organization = await organizationOf(call, asked.value.organization, dependencies);
  if (!organization.ok) return organization;
  const { url } = asked.value;
  if (!dependencies.webhooks.isAddress(url))
    return unacceptable('url', 'a webhook is an https address without user or fragment');
  const webhook = { id: newId('trg'), url, secret: `whsec_${randomBytes(24).toString('base64')}` };
  const act = { organization: organization.value.id, caller: call.caller };
  if ((await dependencies.webhooks.store.add(act, webhook)) === 'too_many')
    return conflict('too_many', `${organization.value.slug} has as many webhooks as there may be: remove one first`);
  const { id, secret } = webhook;
  return done({ id, organization: organization.value.slug, host: new URL(url).host, secret });
};
takes(addWebhook, { body: adding });
gives(addWebhook, object({ ...WEBHOOK, secret: text }));

export const removeWebhook: Answer = async (call, dependencies) => {
  const organization = await organizationOf(call, call.query.organization, dependencies);
  if (!organization.ok) return organization;
  const id = call.params.webhook ?? '';
  const removed = await dependencies.webhooks.store.remove(
    { organization: organization.value.id, caller: call.caller },
    id,
  );
  return removed ? done({ id, removed: true }) : unknown(`webhook ${id}`);
};
gives(removeWebhook, object({ id: text, removed: always(true) }));
