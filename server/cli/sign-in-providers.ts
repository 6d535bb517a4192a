import { readFileSync } from 'node:fs';
import type { Command } from 'commander';

import { call, callAll } from './client.ts';
import { Failure } from './failure.ts';
import { list, ORGANIZATION, shared } from './options.ts';
import { print, printOne, printRows, say } from './output.ts';

/** Where an organization's people sign in elsewhere. */
export function signInProviderCommands(program: Command): void {
  const providers = program
    .command('sign-in-providers')
    .alias('sign-in-provider')
    .description('OpenID Connect providers at which people sign in');
  providers
    .command('addresses <issuer>')
    .description('what to register at a provider before it is added here')
    .option(...ORGANIZATION)
    .action(async (issuer: string, options: { organization?: string }, command: Command) => {
      const { place, format } = shared(command);
      const found = await call<Addresses>(place, '/sign-in-providers/addresses', { query: { ...options, issuer } });
      printOne(found, format, {
        'redirect URI': found.redirect_uri,
        'back-channel logout URI': found.backchannel_logout_uri,
        'keys (jwks_uri), for private_key_jwt': found.jwks_uri,
      });
    });
  providers
    .command('add <issuer>')
    .description('lets people sign in at this provider')
    .requiredOption('--name <name>', 'as the button says it')
    .requiredOption('--client-id <id>', 'this server there')
    .option(
      '--client-secret-file <file>',
      'its secret, where the provider knows no private_key_jwt ("-": standard input)',
    )
    .option('--scopes <list>', 'what is asked there', list, ['openid', 'email', 'profile'])
    .option('--subject-claim <claim>', 'the claim that names its people for good', 'sub')
    .option('--required-acr <list>', 'authentication contexts of which one has to come back', list)
    .option('--required-amr <list>', 'ways to authenticate of which one has to come back (mfa, hwk)', list)
    .option('--acr <value=ours>', 'one of its acr values as pwd, fed or phr; repeatable', both, [])
    .option('--provisions', 'whoever comes with a verified address of the organization’s domains becomes a person here')
    .option('--unlisted', 'the button shows only at /login?organization=…')
    .option(...ORGANIZATION)
    .action(async (issuer: string, options: AddOptions, command: Command) => {
      const { place, format } = shared(command);
      const {
        name,
        clientId,
        clientSecretFile: file,
        scopes,
        subjectClaim,
        requiredAcr,
        requiredAmr,
        acr,
        organization,
      } = options;
      const added = await call<Shown>(place, '/sign-in-providers', {
        method: 'POST',
        body: {
          issuer,
          name,
          client_id: clientId,
          ...(file !== undefined && { client_secret: secretIn(file) }),
          scopes,
          subject_claim: subjectClaim,
          ...(requiredAcr && { required_acr: requiredAcr }),
          ...(requiredAmr && { required_amr: requiredAmr }),
          acr: Object.fromEntries(
            acr.map((pair) => [pair.slice(0, pair.lastIndexOf('=')), pair.slice(pair.lastIndexOf('=') + 1)]),
          ),
          provisions: options.provisions === true,
          listed: options.unlisted !== true,
          ...(organization !== undefined && { organization }),
        },
      });
      printOne(added, format, {
        id: added.id,
        name: added.name,
        issuer: added.issuer,
        organization: added.organization,
        'redirect URI': added.redirect_uri,
        'back-channel logout URI': added.backchannel_logout_uri,
        'we authenticate by': added.authenticates,
      });
    });
  providers
    .command('list')
    .option(...ORGANIZATION)
    .action(async (options: { organization?: string }, command: Command) => {
      const { place, format } = shared(command);
      const { sign_in_providers } = await callAll<{ sign_in_providers: Shown[] }>(place, '/sign-in-providers', {
        query: options,
      });
      printRows(
        sign_in_providers,
        format,
        {
          ID: ({ id }) => id,
          NAME: ({ name }) => name,
          ISSUER: ({ issuer }) => issuer,
          ORGANIZATION: ({ organization }) => organization,
          'NEW PEOPLE': ({ provisions }) => (provisions ? 'come in' : 'are linked first'),
          ROLES: ({ role_mapping }) => mappingText(role_mapping),
        },
        'Nobody signs in elsewhere.',
        {
          WAITING: ({ roles_asked, roles_asked_by }) =>
            roles_asked && `${mappingText(roles_asked)}, by ${roles_asked_by}`,
        },
      );
    });
  providers
    .command('passwords <rule>')
    .description('for whom a local password still signs in: everyone, administrators (break-glass), nobody')
    .option(...ORGANIZATION)
    .action(async (passwords: string, options: { organization?: string }, command: Command) => {
      const { place, format } = shared(command);
      const set = await call<{ organization: string; passwords: string }>(place, '/sign-in-providers/passwords', {
        method: 'PUT',
        body: { ...options, passwords },
      });
      printOne(set, format, { organization: set.organization, 'passwords sign in': set.passwords });
    });
  providers
    .command('confirming <id>')
    .description('lets a fresh sign-in there confirm a decision of somebody without a passkey; two administrators')
    .option('--off', 'not any more; one administrator is enough')
    .action(async (id: string, { off = false }: { off?: boolean }, command: Command) => {
      const { place, format } = shared(command);
      const set = await call<{ id: string; confirms: boolean; needs?: string }>(
        place,
        `/sign-in-providers/${encodeURIComponent(id)}/confirming`,
        { method: 'PUT', body: { confirms: !off } },
      );
      printOne(set, format, { id: set.id, 'confirms decisions': set.confirms ? 'yes' : 'no', needs: set.needs });
    });
  providers
    .command('roles <id>')
    .description('which roles it gives, by the values of a claim; more takes two administrators, who set the same')
    .option('--claim <claim>', 'where the values stand: groups, roles', 'groups')
    .option(
      '--give <role=value>',
      'admin, security, auditor or approver to whoever comes with this value; repeatable',
      both,
      [],
    )
    .option('--off', 'gives none any more')
    .option(...ORGANIZATION)
    .action(async (id: string, options: RolesOptions, command: Command) => {
      const { claim, give, off = false, organization } = options;
      if (off === give.length > 0) throw new Failure('usage', 'Say --give role=value, once or more, or --off.');
      const { place, format } = shared(command);
      const set = await call<{ id: string; state: string; role_mapping: Mapping | null; needs?: string }>(
        place,
        `/sign-in-providers/${encodeURIComponent(id)}/roles`,
        {
          method: 'PUT',
          body: { ...(organization !== undefined && { organization }), ...(!off && { claim }), roles: rolesOf(give) },
        },
      );
      printOne(set, format, { id: set.id, roles: mappingText(set.role_mapping), state: set.state, needs: set.needs });
    });
  providers
    .command('remove <id>')
    .description('ends it, and every session that began there')
    .option(...ORGANIZATION)
    .action(async (id: string, options: { organization?: string }, command: Command) => {
      const { place, format } = shared(command);
      const removed = await call<{ sessions_ended: number }>(place, `/sign-in-providers/${encodeURIComponent(id)}`, {
        method: 'DELETE',
        body: { ...options },
      });
      print(removed, format, () => '');
      say(`Nobody signs in there any more; ${removed.sessions_ended} sessions ended.`);
    });
}

type Mapping = { claim: string; roles: Record<string, string[]> };

const mappingText = (mapping: Mapping | null): string =>
  mapping === null
    ? 'none'
    : `${mapping.claim}: ${Object.entries(mapping.roles)
        .map(([role, values]) => `${role}=${values.join('|')}`)
        .join(', ')}`;

function rolesOf(give: readonly string[]): Record<string, string[]> {
  const roles: Record<string, string[]> = {};
  for (const pair of give) {
    const at = pair.indexOf('=');
    if (at < 1) throw new Failure('usage', `--give ${pair}: write role=value.`);
    const role = pair.slice(0, at);
    roles[role] = [...(roles[role] ?? []), pair.slice(at + 1)];
  }
  return roles;
}

interface Addresses {
  redirect_uri: string;
  backchannel_logout_uri: string;
  jwks_uri: string;
}
interface Shown extends Addresses {
  id: string;
  name: string;
  issuer: string;
  organization: string;
  provisions: boolean;
  authenticates: string;
  role_mapping: Mapping | null;
  roles_asked: Mapping | null;
  roles_asked_by: string | null;
}
interface RolesOptions {
  organization?: string;
  claim: string;
  give: string[];
  off?: true;
}
interface AddOptions {
  organization?: string;
  name: string;
  clientId: string;
  clientSecretFile?: string;
  scopes: string[];
  subjectClaim: string;
  requiredAcr?: string[];
  requiredAmr?: string[];
  acr: string[];
  provisions?: true;
  unlisted?: true;
}

const both = (value: string, before: string[]): string[] => [...before, value];

/** From a file: an argument would stand in the list of processes and in the shell's history. */
function secretIn(file: string): string {
  try {
    return readFileSync(file === '-' ? 0 : file, 'utf8').trim();
  } catch (error) {
    throw new Failure('usage', `${file} cannot be read (${(error as NodeJS.ErrnoException).code}).`);
  }
}
