import type { Command } from 'commander';

import { LANGUAGES } from '../../views/words/language.ts';
import type { ListedPerson, Organization } from '../admin/admin.ts';
import { call, callAll } from './client.ts';
import { Failure } from './failure.ts';
import { list, ORGANIZATION, shared } from './options.ts';
import { type Format, moment, printOne, printRows, say } from './output.ts';
import { showQr } from './qr.ts';

interface OrganizationOptions {
  name?: string;
  domains?: string[];
  language?: string;
  timeZone?: string;
}
const bodyOf = ({ timeZone, ...options }: OrganizationOptions) => ({
  ...options,
  ...(timeZone !== undefined && { time_zone: timeZone }),
});

export function directoryCommands(program: Command): void {
  const organizations = program.command('organizations').description('customers; everything belongs to one');
  organizations.command('list').action(async (_options: object, command: Command) => {
    const { place, format } = shared(command);
    const { organizations } = await callAll<{ organizations: Organization[] }>(place, '/organizations');
    printRows(
      organizations,
      format,
      { SLUG: ({ slug }) => slug, NAME: ({ name }) => name, ID: ({ id }) => id, DOMAINS: ({ domains }) => domains },
      'None.',
    );
  });
  organizations
    .command('create <slug>')
    .requiredOption('--name <name>', 'as people read it')
    .option('--domains <list>', 'comma-separated mail domains that count as inside', list)
    .option('--language <language>', `of people who chose none: ${LANGUAGES.join(', ')}`)
    .option('--time-zone <zone>', 'of people whose browser has said none yet, such as Europe/Berlin')
    .action(async (slug: string, options: OrganizationOptions, command: Command) => {
      const { place, format } = shared(command);
      const body = { ...bodyOf(options), slug };
      show(await call<Organization>(place, '/organizations', { method: 'POST', body }), format);
    });
  organizations
    .command('change <slug>')
    .option('--name <name>', 'as people read it')
    .option('--domains <list>', 'comma-separated mail domains that count as inside: replaces the list', list)
    .option('--language <language>', `of people who chose none: ${LANGUAGES.join(', ')}`)
    .option('--time-zone <zone>', 'of people whose browser has said none yet, such as Europe/Berlin')
    .action(async (slug: string, options: OrganizationOptions, command: Command) => {
      const { place, format } = shared(command);
      const path = `/organizations/${encodeURIComponent(slug)}`;
      show(await call<Organization>(place, path, { method: 'PATCH', body: bodyOf(options) }), format);
    });

  const people = program.command('people').description('people of an organization');
  people
    .command('list')
    .option(...ORGANIZATION)
    .action(async (options: { organization?: string }, command: Command) => {
      const { place, format } = shared(command);
      const { people } = await callAll<{ people: (ListedPerson & { organization: string })[] }>(place, '/people', {
        query: options,
      });
      printRows(
        people,
        format,
        {
          EMAIL: ({ email }) => email,
          NAME: ({ name }) => name,
          ORGANIZATION: ({ organization }) => organization,
          ROLES: ({ roles }) => roles,
          STATUS: ({ status }) => status,
          ENROLLED: ({ enrolled }) => enrolled,
          ID: ({ id }) => id,
        },
        'Nobody.',
      );
    });
  people
    .command('add <email>')
    .description('adds a person and prints the link by which they choose their password')
    .requiredOption('--name <name>', 'as others read it')
    .option('--roles <list>', 'admin, security, auditor, approver', list)
    .option(...ORGANIZATION)
    .action(
      async (email: string, options: { organization?: string; name: string; roles?: string[] }, command: Command) => {
        const { place, format } = shared(command);
        await showLink(await call<Link>(place, '/people', { method: 'POST', body: { ...options, email } }), format);
      },
    );
  people
    .command('roles <email>')
    .description('the roles they have by hand; more of them takes two administrators, who set the same')
    .requiredOption('--set <list>', 'admin, security, auditor, approver; "none" for none', list)
    .option(...ORGANIZATION)
    .action(
      async (email: string, { set: roles, ...options }: { organization?: string; set: string[] }, command: Command) => {
        const { place, format } = shared(command);
        const path = `/people/${encodeURIComponent(email)}/roles`;
        const body = { ...options, roles: roles.filter((role) => role !== 'none') };
        const set = await call<{ email: string; roles: string[]; state: string; needs?: string }>(place, path, {
          method: 'PUT',
          body,
        });
        printOne(set, format, { person: set.email, roles: set.roles, state: set.state, needs: set.needs });
      },
    );
  people
    .command('disable <email>')
    .description('they left: everything that was approved for them ends, and they sign in no more')
    .requiredOption('--reason <text>', 'why, for the evidence')
    .option(...ORGANIZATION)
    .action(async (email: string, options: { organization?: string; reason: string }, command: Command) => {
      const { place, format } = shared(command);
      const path = `/people/${encodeURIComponent(email)}/disable`;
      const set = await call<{ email: string; status: string; tokens: object[] }>(place, path, {
        method: 'POST',
        body: options,
      });
      printOne(set, format, { person: set.email, status: set.status });
    });
  people
    .command('enable <email>')
    .description('they came back, with their roles; what agents were allowed stays ended')
    .option(...ORGANIZATION)
    .action(async (email: string, options: { organization?: string }, command: Command) => {
      const { place, format } = shared(command);
      const path = `/people/${encodeURIComponent(email)}/enable`;
      const set = await call<{ email: string; status: string }>(place, path, { method: 'POST', body: options });
      printOne(set, format, { person: set.email, status: set.status });
    });
  people
    .command('recover <email>')
    .description('asks to end the passkeys of somebody who lost them all; another administrator confirms it')
    .requiredOption('--reason <text>', 'why, for the evidence')
    .option(...ORGANIZATION)
    .action(async (email: string, options: { organization?: string; reason: string }, command: Command) => {
      const { place, format } = shared(command);
      const path = `/people/${encodeURIComponent(email)}/passkey-recovery`;
      const { id, expires_at } = await call<Recovery>(place, path, { method: 'POST', body: options });
      printOne({ id, email, expires_at }, format, {
        recovery: id,
        person: email,
        'ends, unconfirmed': moment(expires_at),
      });
      say(`Another administrator confirms it: countersign people confirm-recovery ${id}`);
    });
  people
    .command('confirm-recovery <id>')
    .description('the second of two administrators: ends the passkeys and sessions of that person')
    .option(...ORGANIZATION)
    .action(async (id: string, options: { organization?: string }, command: Command) => {
      const { place, format } = shared(command);
      const path = `/passkey-recoveries/${encodeURIComponent(id)}/confirm`;
      const done = await call<Recovery>(place, path, { method: 'POST', body: options });
      printOne(done, format, { recovery: done.id, person: done.email });
      say('The person was told. What they add now approves high impact after a day, and nothing for your own agents.');
    });
  people
    .command('cancel-recovery <id>')
    .description('calls a recovery off that nobody confirmed yet')
    .option(...ORGANIZATION)
    .action(async (id: string, options: { organization?: string }, command: Command) => {
      const { place, format } = shared(command);
      const path = `/passkey-recoveries/${encodeURIComponent(id)}/cancel`;
      const done = await call<Recovery>(place, path, { method: 'POST', body: options });
      printOne(done, format, { recovery: done.id, person: done.email, state: 'cancelled' });
    });
  people
    .command('recoveries')
    .description('who asked to end whose passkeys, and who confirmed it')
    .option(...ORGANIZATION)
    .action(async (options: { organization?: string }, command: Command) => {
      const { place, format } = shared(command);
      const { recoveries } = await callAll<{ recoveries: Recovery[] }>(place, '/passkey-recoveries', {
        query: options,
      });
      printRows(
        recoveries,
        format,
        {
          PERSON: ({ email }) => email,
          ASKED: ({ asked_at }) => moment(asked_at),
          BY: ({ asked_by }) => asked_by,
          CONFIRMED: ({ confirmed_by }) => confirmed_by ?? '',
          STATE: ({ state }) => state,
          REASON: ({ reason }) => reason,
          ID: ({ id }) => id,
        },
        'Nobody.',
      );
    });
  people
    .command('passkeys <rule>')
    .description('which passkeys count: device-bound (never synced, as AAL3 asks) or any')
    .option(...ORGANIZATION)
    .action(async (rule: string, options: { organization?: string }, command: Command) => {
      if (rule !== 'device-bound' && rule !== 'any') throw new Failure('usage', 'The rule is device-bound or any.');
      const { place, format } = shared(command);
      const set = await call<{ organization: string; device_bound: boolean }>(place, '/passkey-rules', {
        method: 'PUT',
        body: { ...options, device_bound: rule === 'device-bound' },
      });
      printOne(set, format, {
        organization: set.organization,
        'passkeys that count': set.device_bound ? 'those that stay on one device' : 'any',
      });
    });
  people
    .command('enrol <email>')
    .description('a new link for somebody who cannot sign in yet; the earlier one ends')
    .option(...ORGANIZATION)
    .action(async (email: string, options: { organization?: string }, command: Command) => {
      const { place, format } = shared(command);
      await showLink(
        await call<Link>(place, `/people/${encodeURIComponent(email)}/enrolment`, { method: 'POST', body: options }),
        format,
      );
    });
}

interface Recovery {
  id: string;
  email: string;
  reason: string;
  asked_by: string;
  asked_at: string;
  expires_at: string;
  confirmed_by: string | null;
  state: string;
}

interface Link {
  email: string;
  organization: string;
  enrolment_uri: string;
  expires_at: string;
  roles_asked?: string[];
}

const show = (organization: Organization, format: Format) =>
  printOne(organization, format, {
    slug: organization.slug,
    name: organization.name,
    id: organization.id,
    domains: organization.domains,
  });

async function showLink(link: Link, format: Format): Promise<void> {
  printOne(link, format, {
    email: link.email,
    organization: link.organization,
    link: link.enrolment_uri,
    'works until': moment(link.expires_at),
  });
  await showQr(link.enrolment_uri);
  if (link.roles_asked) {
    const roles = link.roles_asked.join(',');
    say(
      `An administrator is made by two: within a day another one, or the operator, runs "people roles ${link.email} --set ${roles}".`,
    );
  }
  say('Give the link to this person alone: whoever opens it first chooses the password.');
}
