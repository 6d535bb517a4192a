import type Router from '@koa/router';

import { email } from '../adapters/channels/email.ts';
import { isTargetAddress, targets } from '../adapters/channels/targets.ts';
import { newVapidKeys, pushServices, type VapidKeys, webPush } from '../adapters/channels/web-push.ts';
import { DESCRIBED_AT } from '../adapters/postgres/agents.ts';
import type { Database, Statements } from '../adapters/postgres/database.ts';
import { limiterOn } from '../adapters/postgres/limiter.ts';
import { notificationOutbox, postgresNotifications } from '../adapters/postgres/notifications.ts';
import type { Signals } from '../adapters/postgres/signals.ts';
import { sealedKeys } from '../adapters/postgres/vapid.ts';
import type { UserCodes } from './approvals/backchannel.ts';
import type { Catalogue } from './catalogue/catalogue.ts';
import type { Config } from './config.ts';
import type { Cookies } from './http/cookies.ts';
import type { Handler } from './jobs/jobs.ts';
import type { Sealing } from './keys/seal.ts';
import type { Metrics } from './management.ts';
import { liveInbox } from './notifications/live.ts';
import type { ChannelName } from './notifications/notice.ts';
import { notifications } from './notifications/notify.ts';
import { type AgentCard, notificationRoutes } from './notifications/routes.ts';
import type { NotificationStore } from './notifications/store.ts';
import type { PeopleStore } from './people/person.ts';

/** Tests of a channel that a person may send within a quarter of an hour. */
const TESTS = 10;
const TESTS_SECONDS = 15 * 60;

/** Everything by which people hear that something waits for them, put together. */
export function openChannels({
  config,
  database,
  sealing,
  signals,
  fetch,
  people,
  userCodes,
  cookies,
  metrics,
  catalogue,
}: {
  config: Config;
  database: Database;
  sealing: Sealing;
  signals: Signals;
  fetch: typeof globalThis.fetch;
  people: PeopleStore;
  userCodes: UserCodes;
  cookies: Cookies;
  metrics: Metrics;
  catalogue: () => Catalogue;
}): {
  store: NotificationStore;
  /** Does any channel that this person chose lead anywhere? */
  reaches(organization: string, person: string): Promise<boolean>;
  handlers: Record<string, Handler<Statements>>;
  routes: (router: Router) => void;
  isWebhookAddress(url: string): boolean;
  close(): void;
} {
  const { issuer, mail, pushHosts, egressAllow } = config;
  const host = new URL(issuer).hostname;
  let keys: Promise<VapidKeys> | undefined;
  // Asked for when somebody first needs them, and again if that failed.
  const vapidKeys = () => {
    keys ??= sealedKeys(database, sealing, newVapidKeys).catch((error) => {
      keys = undefined;
      throw error;
    });
    return keys;
  };
  const isPushService = pushServices(pushHosts);
  const mailChannel = mail && email(mail.url, mail.from);
  const store = postgresNotifications(database, sealing);
  const tests = limiterOn(database, 'notification test', TESTS_SECONDS);
  return {
    store,
    async reaches(organization, person) {
      const [{ channels }, devices, kinds] = await Promise.all([
        store.preferences(organization, person),
        store.devices(organization, person),
        store.targets(organization, person),
      ]);
      const leads: Record<ChannelName, boolean> = {
        push: devices.length > 0,
        email: mail !== undefined,
        chat: kinds.some(({ kind }) => kind !== 'webhook'),
        webhook: kinds.some(({ kind }) => kind === 'webhook'),
      };
      return channels.some((channel) => leads[channel]);
    },
    handlers: notifications<Statements>({
      issuer,
      outbox: notificationOutbox(database, sealing),
      people,
      catalogue,
      channels: {
        push: webPush(fetch, vapidKeys, `mailto:${addressIn(mail?.from) ?? `postmaster@${host}`}`, isPushService),
        email: mailChannel,
        targets: targets(fetch),
      },
      counted: (what) => {
        if ('suppressed' in what) metrics.suppressed(what.suppressed);
        else metrics.notified(what.channel, what.result);
      },
    }),
    routes: (router) => {
      liveInbox(router, (person, milliseconds, ended) =>
        signals.next('inbox', person, { since: performance.now(), milliseconds, ended }),
      );
      notificationRoutes(router, {
        notifications: store,
        people,
        userCodes,
        cookies,
        pushKey: async () => (await vapidKeys()).publicKey,
        isPushService,
        isTargetAddress: (kind, url) => isTargetAddress(kind, url, egressAllow),
        sendsEmail: mail !== undefined,
        mayTest: async (person) => (await tests.add(person)).count <= TESTS,
        agent: (organization, id) =>
          database.within(organization, (statements) =>
            statements.first<AgentCard>(
              `select a.id, a.name, a.purpose, a.owner, a.mode, ${DESCRIBED_AT} from agents a where a.organization = $1 and a.id = $2`,
              [organization, id],
            ),
          ),
      });
    },
    isWebhookAddress: (url) => isTargetAddress('webhook', url, egressAllow),
    close: () => mailChannel?.close(),
  };
}

/** "Countersign <agents@acme.example>" or the address alone. */
const addressIn = (from: string | undefined): string | undefined => /[^\s<>]+@[^\s<>]+/.exec(from ?? '')?.[0];
