import { readFileSync } from 'node:fs';
import type { Command } from 'commander';

import type { Elsewhere, ListedLink } from '../admin/issuers.ts';
import { type StopAnswer, tellStop } from './agents.ts';
import { call, callAll } from './client.ts';
import { Failure } from './failure.ts';
import type { Json } from './format.ts';
import { list, ORGANIZATION, shared, whole } from './options.ts';
import { type Format, moment, print, printOne, printRows, say } from './output.ts';

export function issuerCommands(program: Command): void {
  trustCommands(program);
  linkCommands(program);
  elsewhereCommands(program);
}

function trustCommands(program: Command): void {
  const issuers = program
    .command('issuers')
    .alias('issuer')
    .description('other issuers whose word counts here: who a person is, never what an agent may do');
  issuers
    .command('add <issuer>')
    .description('trusts an issuer, by the exact iss of its tokens')
    .requiredOption('--name <name>', 'as people read it')
    .option('--jwks-uri <url>', 'where its public keys are')
    .option('--jwks <file>', 'its public keys themselves, a JWK set')
    .option(
      '--profiles <list>',
      'identity, jwt-bearer, id-jag, software-statement, workload: what its tokens may be used for',
      list,
      ['identity'],
    )
    .option(
      '--audience <audience>',
      'what its ID tokens are for: <client there> or <client there>=<agent here>',
      both,
      [],
    )
    .option('--agents <list>', 'the agents that may present them; every agent where none is named', list)
    .option('--actions <list>', 'the most that is got by them; every action where none is named', list)
    .option('--algorithms <list>', 'ES256, ES384, EdDSA, Ed25519, PS256, RS256', list)
    .option('--subject-claim <claim>', 'the claim that names its people for good', 'sub')
    .option('--tenant <tenant>', 'the tenant that its tokens have to name, where it serves several')
    .option('--longest <seconds>', 'how long after iat a token counts, 60 to 86400', whole, 3600)
    .option('--acr <value=ours>', 'one of its acr values as pwd, fed or phr; repeatable', both, [])
    .option(...ORGANIZATION)
    .action(async (issuer: string, options: AddOptions, command: Command) => {
      const { place, format } = shared(command);
      const { jwksUri, jwks, audience, subjectClaim, longest, acr, ...rest } = options;
      const added = await call<ShownIssuer>(place, '/trusted-issuers', {
        method: 'POST',
        body: {
          ...rest,
          issuer,
          ...(jwksUri !== undefined && { jwks_uri: jwksUri }),
          ...(jwks !== undefined && { jwks: keysIn(jwks) }),
          audiences: audience.map(pair).map(([name, agent]) => ({ audience: name, ...(agent && { agent }) })),
          subject_claim: subjectClaim,
          longest_seconds: longest,
          acr: Object.fromEntries(acr.map(pair)),
        },
      });
      show(added, format);
    });
  issuers
    .command('list')
    .option(...ORGANIZATION)
    .action(async (options: { organization?: string }, command: Command) => {
      const { place, format } = shared(command);
      const { trusted_issuers } = await callAll<{ trusted_issuers: ShownIssuer[] }>(place, '/trusted-issuers', {
        query: options,
      });
      printRows(
        trusted_issuers,
        format,
        {
          ISSUER: ({ issuer }) => issuer,
          NAME: ({ name }) => name,
          ORGANIZATION: ({ organization }) => organization,
          FOR: ({ profiles }) => profiles,
          PEOPLE: ({ people }) => people,
        },
        'No issuer is trusted.',
      );
    });
  issuers
    .command('show <issuer>')
    .option(...ORGANIZATION)
    .action(async (issuer: string, options: { organization?: string }, command: Command) => {
      const { place, format } = shared(command);
      const { trusted_issuers } = await callAll<{ trusted_issuers: ShownIssuer[] }>(place, '/trusted-issuers', {
        query: { ...options, issuer },
      });
      for (const one of trusted_issuers) show(one, format);
    });
  issuers
    .command('remove <issuer>')
    .description('believes it no longer, and ends everything that came of its word')
    .requiredOption('--reason <text>', 'why; it goes into the evidence')
    .option(...ORGANIZATION)
    .action(async (issuer: string, options: { organization?: string; reason: string }, command: Command) => {
      const { place, format } = shared(command);
      const removed = await call<StopAnswer>(place, '/trusted-issuers', {
        method: 'DELETE',
        body: { ...options, issuer },
      });
      tellStop(removed, format, `${issuer} is trusted no longer.`);
    });
}

function linkCommands(program: Command): void {
  const people = program.commands.find((command) => command.name() === 'people');
  if (!people) throw new Error('people come first');
  people.alias('person');
  people
    .command('link <person>')
    .description('says who a person is at another issuer, by its subject and never by e-mail')
    .requiredOption('--at <issuer>', 'the exact iss of its tokens')
    .requiredOption('--subject <subject>', 'the person there')
    .option(...ORGANIZATION)
    .action(
      async (person: string, options: { organization?: string; at: string; subject: string }, command: Command) => {
        const { place, format } = shared(command);
        const { at: issuer, ...rest } = options;
        const linked = await call<{ email: string; organization: string }>(place, '/upstream-identities', {
          method: 'POST',
          body: { ...rest, person, issuer },
        });
        printOne(linked, format, {
          person: linked.email,
          organization: linked.organization,
          issuer,
          subject: rest.subject,
        });
      },
    );
  people
    .command('links')
    .description('who is who at other issuers')
    .option('--person <person>', 'of one person alone')
    .option(...ORGANIZATION)
    .action(async (options: { organization?: string; person?: string }, command: Command) => {
      const { place, format } = shared(command);
      const { upstream_identities } = await callAll<{ upstream_identities: Json<ListedLink>[] }>(
        place,
        '/upstream-identities',
        { query: options },
      );
      printRows(
        upstream_identities,
        format,
        {
          PERSON: ({ person }) => person.email,
          ISSUER: ({ issuer }) => issuer,
          SUBJECT: ({ subject }) => subject,
          SINCE: ({ created_at }) => moment(created_at),
        },
        'Nobody is linked.',
      );
    });
  people
    .command('unlink')
    .description('takes it back, and ends everything that came of it')
    .requiredOption('--at <issuer>', 'the exact iss of its tokens')
    .requiredOption('--subject <subject>', 'the person there')
    .requiredOption('--reason <text>', 'why; it goes into the evidence')
    .option(...ORGANIZATION)
    .action(
      async (options: { organization?: string; at: string; subject: string; reason: string }, command: Command) => {
        const { place, format } = shared(command);
        const { at: issuer, ...rest } = options;
        const removed = await call<StopAnswer>(place, '/upstream-identities', {
          method: 'DELETE',
          body: { ...rest, issuer },
        });
        tellStop(removed, format, `${rest.subject} of ${issuer} is nobody here any more.`);
      },
    );
}

function elsewhereCommands(program: Command): void {
  const elsewhere = program
    .command('elsewhere')
    .description('agents at other authorization servers, to which they may carry what a person approved here');
  elsewhere
    .command('add <agent>')
    .description('lets an agent ask for identity assertions for one authorization server, under its name there')
    .requiredOption('--authorization-server <url>', 'its issuer')
    .requiredOption('--client-id <id>', 'the agent there')
    .option('--tell <list>', 'email, aud_sub: what it is told of the person beside their id here', list, [])
    .option('--aud-tenant <tenant>', 'the tenant there, where it serves several')
    .option(...ORGANIZATION)
    .action(async (agent: string, options: ElsewhereOptions, command: Command) => {
      const { place, format } = shared(command);
      const { authorizationServer, clientId, tell, audTenant, organization } = options;
      const added = await call<Elsewhere>(place, '/agents-elsewhere', {
        method: 'PUT',
        body: {
          agent,
          authorization_server: authorizationServer,
          client_id: clientId,
          tells: tell,
          ...(audTenant !== undefined && { aud_tenant: audTenant }),
          ...(organization !== undefined && { organization }),
        },
      });
      printOne(added, format, {
        agent: added.agent.name,
        'authorization server': added.authorization_server,
        'client id there': added.client_id,
        'it is told': added.tells,
        'tenant there': added.aud_tenant,
      });
    });
  elsewhere
    .command('list')
    .option(...ORGANIZATION)
    .action(async (options: { organization?: string }, command: Command) => {
      const { place, format } = shared(command);
      const { agents_elsewhere } = await callAll<{ agents_elsewhere: Elsewhere[] }>(place, '/agents-elsewhere', {
        query: options,
      });
      printRows(
        agents_elsewhere,
        format,
        {
          AGENT: ({ agent }) => agent.name,
          'AUTHORIZATION SERVER': ({ authorization_server }) => authorization_server,
          'CLIENT THERE': ({ client_id }) => client_id,
          TOLD: ({ tells }) => tells,
        },
        'No agent goes elsewhere.',
      );
    });
  elsewhere
    .command('remove <agent>')
    .requiredOption('--authorization-server <url>', 'its issuer')
    .option(...ORGANIZATION)
    .action(
      async (agent: string, options: { organization?: string; authorizationServer: string }, command: Command) => {
        const { place, format } = shared(command);
        const { authorizationServer: authorization_server, ...body } = options;
        const removed = await call<object>(place, '/agents-elsewhere', {
          method: 'DELETE',
          body: { ...body, agent, authorization_server },
        });
        print(removed, format, () => '');
        say(`${agent} gets no more assertions for ${authorization_server}.`);
      },
    );
}

interface AddOptions {
  organization?: string;
  name: string;
  jwksUri?: string;
  jwks?: string;
  profiles: string[];
  audience: string[];
  agents?: string[];
  actions?: string[];
  algorithms?: string[];
  subjectClaim: string;
  tenant?: string;
  longest: number;
  acr: string[];
}
interface ElsewhereOptions {
  organization?: string;
  authorizationServer: string;
  clientId: string;
  tell: string[];
  audTenant?: string;
}
interface ShownIssuer {
  issuer: string;
  name: string;
  organization: string;
  tenant: string | null;
  jwks_uri: string | null;
  algorithms: string[];
  subject_claim: string;
  audiences: { audience: string; agent: string | null }[];
  profiles: string[];
  agents: string[];
  actions: string[];
  longest_seconds: number;
  people?: number;
}

const show = (one: ShownIssuer, format: Format) =>
  printOne(one, format, {
    issuer: one.issuer,
    name: one.name,
    organization: one.organization,
    tenant: one.tenant ?? undefined,
    for: one.profiles,
    keys: one.jwks_uri ?? 'as they were given',
    algorithms: one.algorithms,
    'a person is': one.subject_claim,
    'its ID tokens are for': one.audiences.map(({ audience, agent }) => (agent ? `${audience} (${agent})` : audience)),
    agents: one.agents.length > 0 ? one.agents : 'every agent',
    actions: one.actions.length > 0 ? one.actions : 'every action',
    'counts for': `${one.longest_seconds} seconds`,
    'people linked': one.people,
  });

const both = (value: string, before: string[]): string[] => [...before, value];

/** `a=b`; the last `=` divides, because the left side may be an address. */
const pair = (value: string): [string, string] => {
  const at = value.lastIndexOf('=');
  return at < 1 ? [value, ''] : [value.slice(0, at), value.slice(at + 1)];
};

function keysIn(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file === '-' ? 0 : file, 'utf8'));
  } catch (error) {
    throw new Failure(
      'usage',
      `${file} is no readable JWK set (${(error as NodeJS.ErrnoException).code ?? 'not JSON'}).`,
    );
  }
}
