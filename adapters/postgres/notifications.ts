import { createHash } from 'node:crypto';
import type { Ending, ReviewNews } from '../../server/agents/expiry.ts';
import type { Accountable } from '../../server/agents/ownership.ts';
import type { Sealing } from '../../server/keys/seal.ts';
import type { ChannelName, PushAddress, TargetAddress } from '../../server/notifications/notice.ts';
import { ERRANDS, type PasskeyNews } from '../../server/notifications/notify.ts';
import type { Preferences } from '../../server/notifications/preferences.ts';
import { quietUntil, USUAL } from '../../server/notifications/preferences.ts';
import type {
  Device,
  HandedOver,
  Introduction,
  ListedTarget,
  Membership,
  NotificationOutbox,
  NotificationStore,
  OwnGroup,
} from '../../server/notifications/store.ts';
import { newId } from '../../server/oauth/ids.ts';
import { approvalWithAgent } from './approval-row.ts';
import type { Database, Statements } from './database.ts';
import { postgresEvidence } from './evidence.ts';
import { enqueue } from './outbox.ts';
import { promptLimits } from './prompts.ts';
import { STOPPED } from './stopped.ts';

/** As many devices, and as many other addresses, of one person; of an organization, webhooks. */
export const MOST_ADDRESSES = 20;

/** How people are told, from their pages: under row-level security, and their own alone. */
export const postgresNotifications = (database: Database, sealing: Sealing): NotificationStore => ({
  preferences: (organization, person) =>
    database.within(organization, (statements) => preferencesOf(statements, organization, person)),

  savePreferences: (organization, person, preferences) =>
    database.within(organization, async (statements) => {
      await statements.run(SAVE_PREFERENCES, [
        organization,
        person,
        preferences.channels,
        preferences.fallbackMinutes,
        preferences.detail,
        preferences.quiet?.from ?? null,
        preferences.quiet?.to ?? null,
        preferences.highBreaksQuiet,
        preferences.deputy,
        preferences.deputyMinutes,
        preferences.receipts,
      ]);
    }),

  devices: (organization, person) =>
    database.within(organization, (statements) => statements.rows<Device>(DEVICES, [organization, person])),

  addDevice: (organization, person, name, address) =>
    database.within(organization, async (statements) => {
      const { sealed, host } = sealedAddress(sealing, address.endpoint, address);
      const added = await statements.run(ADD_DEVICE, [
        organization,
        newId('dev'),
        person,
        hashOfEndpoint(address.endpoint),
        sealed,
        host,
        name,
        MOST_ADDRESSES,
      ]);
      return added === 0 ? 'too_many' : 'added';
    }),

  renewDevice: (organization, person, before, address) =>
    database.within(organization, async (statements) => {
      const { sealed, host } = sealedAddress(sealing, address.endpoint, address);
      const renewed = await statements.run(RENEW_DEVICE, [
        organization,
        person,
        hashOfEndpoint(before),
        hashOfEndpoint(address.endpoint),
        sealed,
        host,
      ]);
      return renewed === 1;
    }),

  removeDevice: (organization, person, id) =>
    database.within(
      organization,
      async (statements) =>
        (await statements.run('delete from push_subscriptions where organization = $1 and person = $2 and id = $3', [
          organization,
          person,
          id,
        ])) === 1,
    ),

  targets: (organization, person) =>
    database.within(organization, (statements) => statements.rows<ListedTarget>(TARGETS, [organization, person])),

  addTarget: (organization, person, address, by) =>
    database.within(organization, async (statements) => {
      const { sealed, host } = sealedAddress(sealing, address.url, address);
      const added = await statements.run(ADD_TARGET, [
        organization,
        newId('trg'),
        person,
        address.kind,
        sealed,
        host,
        by,
        MOST_ADDRESSES,
      ]);
      return added === 0 ? 'too_many' : 'added';
    }),

  removeTarget: (organization, person, id) =>
    database.within(
      organization,
      async (statements) =>
        (await statements.run(
          'delete from notification_targets where organization = $1 and person is not distinct from $2 and id = $3',
          [organization, person, id],
        )) === 1,
    ),

  introductions: (organization, person) =>
    database.within(organization, (statements) => statements.rows<Introduction>(INTRODUCTIONS, [organization, person])),

  isIntroduced: (organization, agent, person) =>
    database.within(
      organization,
      async (statements) => (await statements.first(INTRODUCED, [organization, agent, person])) !== undefined,
    ),

  introduce: (organization, agent, person, by) =>
    database.within(organization, async (statements) => {
      const known = await statements.first('select from agents where organization = $1 and id = $2', [
        organization,
        agent,
      ]);
      if (!known) return false;
      const introduced = await statements.run(
        'insert into introductions (organization, agent, person, by) values ($1, $2, $3, $4) on conflict do nothing',
        [organization, agent, person, by],
      );
      if (introduced === 1)
        await postgresEvidence(statements).record(introduction(organization, agent, person, by, true));
      return true;
    }),

  forget: (organization, agent, person, by) =>
    database.within(organization, async (statements) => {
      const gone = await statements.run(
        'delete from introductions where organization = $1 and agent = $2 and person = $3',
        [organization, agent, person],
      );
      if (gone === 1) await postgresEvidence(statements).record(introduction(organization, agent, person, by, false));
      return gone === 1;
    }),

  groups: (organization, person) =>
    database.within(organization, (statements) => statements.rows<OwnGroup>(GROUPS, [organization, person])),

  muteGroup: (organization, person, group, muted) =>
    database.within(
      organization,
      async (statements) => (await statements.run(MUTE, [organization, person, group, muted])) === 1,
    ),

  test: (organization, person, { channel, address }) =>
    database.within(organization, (statements) =>
      enqueue(statements, ERRANDS[channel], { person, ...(address !== undefined && { address }) }, { organization }),
    ),

  suppressed: (organization, person) =>
    database.within(organization, (statements) => statements.rows(SUPPRESSED, [organization, person])),
});

/** The same for the outbox: the organization in every statement. */
export const notificationOutbox = (database: Database, sealing: Sealing): NotificationOutbox<Statements> => ({
  async occasion(statements, organization, id, decider) {
    const found = await approvalWithAgent(statements, organization, id);
    if (!found) return undefined;
    const { agent } = found.approval;
    const person = decider ?? found.approval.person;
    await statements.run('select pg_advisory_xact_lock(hashtextextended($1, 0))', [`notify ${organization} ${person}`]);
    const row = await statements.first<OccasionRow>(OCCASION, [organization, person, agent, id]);
    if (!row) throw new Error('an aggregate has a row');
    const preferences = await preferencesOf(statements, organization, person);
    const { pushes: caps } = await promptLimits(statements, organization);
    const own = person === found.approval.person;
    return {
      ...found,
      person,
      waitsForThem: own ? found.approval.shownAt === null : row.decides && !row.seen,
      preferences,
      // Administrators made them one who decides: that is to be asked by any agent.
      introduced: row.introduced || !own,
      muted: row.muted && !own,
      devices: row.devices,
      chats: row.chats,
      webhooks: row.webhooks,
      organizationWebhooks: row.organization_webhooks,
      pushes: {
        openOfAgent: row.open_of_agent,
        lastTenMinutes: row.last_ten_minutes,
        lastDay: row.last_day,
      },
      caps,
    };
  },

  async note(statements, { approval, person }, channel, suppressed) {
    const { organization, id, agent } = approval;
    return (await statements.run(NOTE, [organization, id, channel, person, agent, suppressed ?? null])) === 1;
  },

  enqueue,
  approval: (organization, id) => approvalWithAgent(database, organization, id),
  async decides(organization, id, person) {
    const row = await database.first<{ part: string | null }>('select decides_as($1, $2, $3, false) as part', [
      organization,
      person,
      id,
    ]);
    return (row?.part ?? null) !== null;
  },
  preferencesOf: (organization, person) => preferencesOf(database, organization, person),

  receipt: (organization, approval) => database.first(RECEIPT, [organization, approval]),

  async belongs(organization, person, group) {
    return (await database.first(BELONGS, [organization, person, group])) !== undefined;
  },

  async answersFor(organization, person, agent, role) {
    return (await database.first(ANSWERS_FOR[role], [organization, person, agent])) !== undefined;
  },

  offer: (organization, person, offer) => database.first(OFFERED, [organization, person, offer]),

  async device(organization, id) {
    const row = await database.first<{ sealed: string }>(
      'select sealed from push_subscriptions where organization = $1 and id = $2 and gone_at is null',
      [organization, id],
    );
    return row && (JSON.parse(sealing.open('address', row.sealed)) as PushAddress);
  },

  async target(organization, id) {
    const row = await database.first<{ sealed: string }>(
      'select sealed from notification_targets where organization = $1 and id = $2',
      [organization, id],
    );
    return row && (JSON.parse(sealing.open('address', row.sealed)) as TargetAddress);
  },

  async announcedAt(statements, organization, id) {
    const rows = await statements.rows<{ id: string }>(ANNOUNCED_AT, [organization, id]);
    return rows.map((row) => row.id);
  },

  async digestDue(statements, organization, person) {
    const row = await statements.first<{ at: Date }>(DIGEST_DUE, [organization, person]);
    return row?.at;
  },

  async digest(statements, organization, person) {
    const row = await statements.first<{ count: number }>(DIGEST, [organization, person]);
    await statements.run(DIGEST_SENT, [organization, person, row?.count ?? 0]);
    return row?.count ?? 0;
  },

  async removeAddress(statements, organization, id) {
    await statements.run(
      'update push_subscriptions set gone_at = clock_timestamp() where organization = $1 and id = $2',
      [organization, id],
    );
  },

  async deviceReached(statements, organization, id) {
    await statements.run(
      'update push_subscriptions set sent_at = clock_timestamp() where organization = $1 and id = $2',
      [organization, id],
    );
  },

  async evidence(statements, event) {
    await postgresEvidence(statements).record(event);
  },
});

/**
 * One message for every address of this person, whatever they chose to be told by: somebody who took over one of them does
 * not keep it from the others. In the transaction of what it tells.
 */
export async function tellEverywhere(
  statements: Statements,
  organization: string,
  person: string,
  about:
    | { passkeys: PasskeyNews }
    | { approval: string }
    | { expiry: Ending }
    | { review: ReviewNews }
    | { offer: string }
    | { membership: Membership }
    | { handedOver: HandedOver },
  at?: Date,
): Promise<void> {
  const to = { organization, ...(at && { at }) };
  const addresses = await statements.rows<{ id: string; kind: 'push' | 'chat' | 'webhook' }>(ADDRESSES, [
    organization,
    person,
  ]);
  await enqueue(statements, ERRANDS.email, { person, ...about }, to);
  for (const { id: address, kind } of addresses) {
    await enqueue(statements, ERRANDS[kind], { person, ...about, address }, to);
  }
}

/** What whoever administers with this person hears of them. */
export async function tellAdministrators(
  statements: Statements,
  organization: string,
  person: string,
  passkeys: PasskeyNews,
): Promise<void> {
  for (const { id } of await statements.rows<{ id: string }>(OTHER_ADMINISTRATORS, [organization, person])) {
    await tellEverywhere(statements, organization, id, { passkeys });
  }
}

const OTHER_ADMINISTRATORS = `
  select id from people
  where organization = $1 and id <> $2 and status = 'active' and 'admin' = any(roles) order by id limit 100`;

/** When this person is told of what can wait until the morning; undefined: now. */
export async function afterQuiet(
  statements: Statements,
  organization: string,
  person: string,
): Promise<Date | undefined> {
  const preferences = await preferencesOf(statements, organization, person);
  if (!preferences.quiet) return undefined;
  const zone = await statements.first<{ timeZone: string }>(ZONE, [organization, person]);
  return zone && quietUntil(preferences, new Date(), zone.timeZone);
}

const ZONE = `
  select coalesce(p.time_zone, o.time_zone) as "timeZone"
  from people p join organizations o on o.id = p.organization where p.organization = $1 and p.id = $2`;

/** A receipt by e-mail for whoever allowed it and wants one, in the transaction that allows something. */
export async function mailReceipt(statements: Statements, organization: string, approval: string): Promise<void> {
  const wanted = await statements.rows<{ person: string }>(WANT_RECEIPTS, [organization, approval]);
  for (const { person } of wanted) {
    await enqueue(statements, ERRANDS.email, { person, receipt: approval }, { organization });
  }
}

const WANT_RECEIPTS = `
  select n.person from approvals a
  join notification_preferences n on n.organization = a.organization and n.receipts and (
    n.person = a.decision ->> 'approver' or exists (
      select from decisions d
      where d.organization = a.organization and d.approval = a.id and d.person = n.person and d.signed_at is not null))
  where a.organization = $1 and a.id = $2 and a.status = 'approved' and a.task is not null`;

const RECEIPT = `
  select g.name as "agentName", t.sentence, t.impact, t.expires_at as "expiresAt"
  from approvals a
  join tasks t on t.organization = a.organization and t.id = a.task
  join agents g on g.organization = a.organization and g.id = a.agent
  where a.organization = $1 and a.id = $2 and a.status = 'approved'`;

const ANSWERS_FOR: Readonly<Record<Accountable, string>> = {
  owner: 'select from agents where organization = $1 and owner = $2 and id = $3',
  deputy: 'select from agents where organization = $1 and deputy = $2 and id = $3',
};

const OFFERED = `
  select a.name as "agentName", f.role, m.name as "madeBy"
  from ownership_offers f
  join agents a on a.organization = f.organization and a.id = f.agent
  left join people m on m.organization = f.organization and m.id = f.made_by
  where f.organization = $1 and f.person = $2 and f.id = $3 and f.answer is null
    and a.status not in ('retired', 'expired')`;

const GROUPS = `
  select g.id, g.name, m.counts_from as since, m.muted_at is not null as muted
  from group_members m join groups g on g.organization = m.organization and g.id = m.of_group
  where m.organization = $1 and m.person = $2 and m.counts_from is not null order by lower(g.name)`;

const MUTE = `
  update group_members set muted_at = case when $4::boolean then coalesce(muted_at, clock_timestamp()) end
  where organization = $1 and person = $2 and of_group = $3 and counts_from is not null`;

const BELONGS = `
  select from group_members where organization = $1 and person = $2 and of_group = $3 and counts_from is not null`;

const ADDRESSES = `
  select id, 'push' as kind from push_subscriptions where organization = $1 and person = $2 and gone_at is null
  union all
  select id, case kind when 'webhook' then 'webhook' else 'chat' end from notification_targets
  where organization = $1 and person = $2`;

const hashOfEndpoint = (endpoint: string): Buffer => createHash('sha256').update(endpoint).digest();

/** Whoever knows such an address can write to it: only its host is told. */
export const sealedAddress = (sealing: Sealing, url: string, address: object) => ({
  sealed: sealing.seal('address', JSON.stringify(address)),
  host: new URL(url).host,
});

async function preferencesOf(statements: Statements, organization: string, person: string): Promise<Preferences> {
  const row = await statements.first<PreferencesRow>(
    'select * from notification_preferences where organization = $1 and person = $2',
    [organization, person],
  );
  if (!row) return USUAL;
  return {
    channels: row.channels,
    fallbackMinutes: row.fallback_minutes,
    detail: row.detail,
    quiet: row.quiet_from === null || row.quiet_to === null ? null : { from: row.quiet_from, to: row.quiet_to },
    highBreaksQuiet: row.high_breaks_quiet,
    deputy: row.deputy,
    deputyMinutes: row.deputy_minutes,
    receipts: row.receipts,
  };
}

const introduction = (organization: string, agent: string, person: string, by: string, allowed: boolean) => ({
  organization,
  type: 'agent.introduced' as const,
  decision: allowed ? ('allowed' as const) : ('refused' as const),
  reason: by === person ? 'person' : 'admin',
  agent,
  person,
  content: { by },
});

interface PreferencesRow {
  channels: ChannelName[];
  fallback_minutes: number;
  detail: Preferences['detail'];
  quiet_from: number | null;
  quiet_to: number | null;
  high_breaks_quiet: boolean;
  deputy: string | null;
  deputy_minutes: number;
  receipts: boolean;
}

interface OccasionRow {
  decides: boolean;
  seen: boolean;
  introduced: boolean;
  muted: boolean;
  devices: string[];
  chats: string[];
  webhooks: string[];
  organization_webhooks: string[];
  open_of_agent: number;
  last_ten_minutes: number;
  last_day: number;
}

const SAVE_PREFERENCES = `
  insert into notification_preferences (organization, person, channels, fallback_minutes, detail, quiet_from, quiet_to,
                                        high_breaks_quiet, deputy, deputy_minutes, receipts)
  values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
  on conflict (organization, person) do update
  set channels = excluded.channels, fallback_minutes = excluded.fallback_minutes, detail = excluded.detail,
      quiet_from = excluded.quiet_from, quiet_to = excluded.quiet_to, high_breaks_quiet = excluded.high_breaks_quiet,
      deputy = excluded.deputy, deputy_minutes = excluded.deputy_minutes, receipts = excluded.receipts`;

const DEVICES = `
  select id, name, host, created_at as "createdAt", sent_at as "sentAt" from push_subscriptions
  where organization = $1 and person = $2 and gone_at is null order by created_at`;

// One browser, one row: signed in as somebody else, it shows no longer what waits for the person before.
const ADD_DEVICE = `
  insert into push_subscriptions as d (organization, id, person, endpoint_hash, sealed, host, name)
  select $1, $2, $3, $4, $5, $6, $7
  where (select count(*) from push_subscriptions where organization = $1 and person = $3 and endpoint_hash <> $4 and gone_at is null) < $8::int
  on conflict (endpoint_hash) do update set person = excluded.person, sealed = excluded.sealed, name = excluded.name, gone_at = null
  where d.organization = excluded.organization`;

// The newest of both, should the browser be there twice; and never over the row of somebody else.
const RENEW_DEVICE = `
  update push_subscriptions d set endpoint_hash = $4, sealed = $5, host = $6, gone_at = null
  where d.organization = $1 and d.id = (
      select id from push_subscriptions where organization = $1 and person = $2 and endpoint_hash in ($3, $4)
      order by endpoint_hash = $4 desc limit 1)
    and not exists (select from push_subscriptions o where o.endpoint_hash = $4 and (o.organization, o.id) <> (d.organization, d.id))`;

const ANNOUNCED_AT = `
  select d.id from notifications n
  join push_subscriptions d on d.organization = n.organization and d.person = n.person and d.gone_at is null
  where n.organization = $1 and n.approval = $2 and n.channel = 'push' and n.suppressed is null`;

/** Long enough that what comes together is said together; and no more than four mails a day. */
const DIGEST_MINUTES = 15;
const DIGEST_HOURS = 6;
const DIGEST_DUE = `
  insert into notification_digests as d (organization, person, since) values ($1, $2, clock_timestamp())
  on conflict (organization, person) do update set since = clock_timestamp() where d.since is null
  returning greatest(clock_timestamp() + interval '${DIGEST_MINUTES} minutes', sent_at + interval '${DIGEST_HOURS} hours') as at`;
const DIGEST = `
  select count(*)::int as count
  from notification_digests d join notifications n on n.organization = d.organization and n.person = d.person
  join approvals a on a.organization = n.organization and a.id = n.approval
  where d.organization = $1 and d.person = $2 and n.suppressed in ('open_push', 'ten_minutes', 'day')
    and n.at >= d.since - interval '1 minute' and a.status = 'pending' and a.expires_at > clock_timestamp() and not ${STOPPED}`;
const DIGEST_SENT = `
  update notification_digests set since = null, sent_at = case when $3 > 0 then clock_timestamp() else sent_at end
  where organization = $1 and person = $2`;

const TARGETS = `
  select id, kind, host, created_at as "createdAt" from notification_targets
  where organization = $1 and person = $2 order by created_at`;

const ADD_TARGET = `
  insert into notification_targets (organization, id, person, kind, sealed, host, made_by)
  select $1, $2, $3, $4, $5, $6, $7
  where (select count(*) from notification_targets where organization = $1 and person is not distinct from $3) < $8::int`;

const INTRODUCTIONS = `
  select i.agent, a.name as "agentName", i.at from introductions i
  join agents a on a.organization = i.organization and a.id = i.agent
  where i.organization = $1 and i.person = $2 order by a.name`;

const INTRODUCED = 'select from introductions where organization = $1 and agent = $2 and person = $3';

const SUPPRESSED = `
  select n.agent, a.name as "agentName", n.suppressed as because, count(*)::int as count
  from notifications n join agents a on a.organization = n.organization and a.id = n.agent
  where n.organization = $1 and n.person = $2 and n.suppressed is not null and n.at > clock_timestamp() - interval '1 day'
  group by n.agent, a.name, n.suppressed order by a.name, n.agent`;

const TARGET_IDS = (condition: string) => `
  (select coalesce(array_agg(id order by created_at), '{}') from notification_targets where organization = $1 and ${condition})`;

// A push counts once for its request, however many channels and devices it went to.
const OCCASION = `
  with told as (
    select n.approval, n.agent, min(n.at) as at from notifications n
    where n.organization = $1 and n.person = $2 and n.suppressed is null and n.approval <> $4
      and n.at > clock_timestamp() - interval '3 days'
    group by n.approval, n.agent)
  select
    exists (select from introductions where organization = $1 and agent = $3 and person = $2) as introduced,
    decides_as($1, $2, $4, false) is not null and not exists (
      select from decisions d where d.organization = $1 and d.approval = $4 and d.person = $2 and d.signed_at is not null) as decides,
    exists (select from screens s where s.organization = $1 and s.approval = $4 and s.person = $2) as seen,
    exists (
      select from approvals a join group_members m on m.organization = $1 and m.person = $2 and m.muted_at is not null
      where a.organization = $1 and a.id = $4
        and m.of_group = case decides_as($1, $2, $4, false) when 'group' then a.deciders #>> '{group,id}'
                                                            when 'escalation' then a.deciders #>> '{escalate,group,id}' end) as muted,
    (select coalesce(array_agg(id order by created_at), '{}') from push_subscriptions where organization = $1 and person = $2 and gone_at is null) as devices,
    ${TARGET_IDS(`person = $2 and kind <> 'webhook'`)} as chats,
    ${TARGET_IDS(`person = $2 and kind = 'webhook'`)} as webhooks,
    ${TARGET_IDS(`person is null`)} as organization_webhooks,
    (select count(*)::int from told join approvals a on a.organization = $1 and a.id = told.approval
     where told.agent = $3 and a.status = 'pending' and a.expires_at > clock_timestamp()) as open_of_agent,
    (select count(*)::int from told where at > clock_timestamp() - interval '10 minutes') as last_ten_minutes,
    (select count(*)::int from told where at > clock_timestamp() - interval '1 day') as last_day`;

const NOTE = `
  insert into notifications (organization, approval, channel, person, agent, suppressed) values ($1, $2, $3, $4, $5, $6)
  on conflict do nothing`;
