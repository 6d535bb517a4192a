import { rmSync, writeFileSync } from 'node:fs';
import type { Command } from 'commander';
import type { ListedInitialAccessToken } from '../admin/admin.ts';
import { ENVIRONMENTS } from '../agents/agent.ts';
import { PRESET_NAMES } from '../agents/presets.ts';
import { call, callAll } from './client.ts';
import { issuerOf } from './credentials.ts';
import type { Json } from './format.ts';
import { newKey, reserve } from './keys.ts';
import { collect, ORGANIZATION, shared, whole } from './options.ts';
import { moment, print, printOne, printRows, say } from './output.ts';

export function registryCommands(program: Command): void {
  const tokens = program.command('tokens').description('initial access tokens: what a builder registers agents with');
  tokens
    .command('create')
    .description('makes one; it is shown once')
    .requiredOption('--owner <person>', 'who answers for the agents: e-mail address or id')
    .requiredOption('--deputy <person>', 'who stands in for the owner')
    .option('--mode <mode>', 'the most an agent may be: sub_agent, attended or unattended', 'attended')
    .option('--status <status>', 'how a registration ends: pending or active', 'pending')
    .option('--allow-unbound', 'agents may ask for tokens that are not bound to their key')
    .option('--uses <number>', 'how many agents it registers', whole, 1)
    .option('--expires-in <seconds>', 'how long it lives', whole, 604_800)
    .option('--agent-expires-in <seconds>', 'how long an agent lives that is registered with it', whole)
    .option('--blueprint <name>', 'what all of its agents are held to')
    .option('--environment <environment>', `where its agents run: ${ENVIRONMENTS.join(', ')}`)
    .option('--preset <client>', `for a well-known client alone: ${PRESET_NAMES.join(', ')}`)
    .option(...ORGANIZATION)
    .action(async (options: NewTokenOptions, command: Command) => {
      const { place, format } = shared(command);
      const {
        allowUnbound: allow_unbound = false,
        expiresIn: expires_in,
        agentExpiresIn: agent_expires_in,
        ...body
      } = options;
      const made = await call<MadeToken>(place, '/initial-access-tokens', {
        method: 'POST',
        body: { ...body, allow_unbound, expires_in, ...(agent_expires_in !== undefined && { agent_expires_in }) },
      });
      printOne(made, format, {
        'initial access token': made.initial_access_token,
        id: made.id,
        organization: made.organization,
        owner: made.owner,
        deputy: made.deputy,
        'register at': made.registration_endpoint,
        'expires at': moment(made.expires_at),
      });
      say('It is not shown again: only its hash is kept.');
    });
  tokens
    .command('list')
    .option(...ORGANIZATION)
    .action(async (options: { organization?: string }, command: Command) => {
      const { place, format } = shared(command);
      const { initial_access_tokens } = await callAll<{
        initial_access_tokens: (Json<ListedInitialAccessToken> & { organization: string })[];
      }>(place, '/initial-access-tokens', { query: options });
      printRows(
        initial_access_tokens,
        format,
        {
          ID: ({ id }) => id,
          ORGANIZATION: ({ organization }) => organization,
          OWNER: ({ owner }) => owner.email,
          DEPUTY: ({ deputy }) => deputy.email,
          MODE: ({ mode }) => mode,
          ENDS: ({ status }) => status,
          'USES LEFT': ({ uses_left }) => uses_left ?? 'any',
          'EXPIRES AT': ({ expires_at }) => moment(expires_at),
          USABLE: ({ usable }) => usable,
        },
        'No initial access tokens.',
      );
    });
  tokens
    .command('end <id>')
    .description('no agent registers with it any more')
    .option(...ORGANIZATION)
    .action(async (id: string, options: { organization?: string }, command: Command) => {
      const { place, format } = shared(command);
      const ended = await call<object>(place, `/initial-access-tokens/${encodeURIComponent(id)}`, {
        method: 'DELETE',
        query: options,
      });
      print(ended, format, () => '');
      say(`${id} has ended.`);
    });

  program
    .command('clients')
    .description('clients that are no agents')
    .command('create <name>')
    .description('makes a key here, registers its public half, and writes the private one to --out')
    .requiredOption('--kind <kind>', 'resource_server or application')
    .option('--redirect-uri <uri>', 'of an application; repeatable', collect, [])
    .option('--resource <uri>', 'a resource whose server this becomes; repeatable', collect, [])
    .option('--replace', 'take the resource over from the server it has')
    .option('--out <file>', 'where the private key goes (mode 600); otherwise to standard output')
    .option(...ORGANIZATION)
    .action(async (name: string, options: NewClientOptions, command: Command) => {
      const { place, format } = shared(command);
      const { jwk, publicJwk } = await newKey();
      const { kind, organization, redirectUri: redirects, resource: resources, replace = false, out } = options;
      if (out !== undefined) reserve(out);
      const body = {
        name,
        kind,
        organization,
        replace,
        jwks: { keys: [publicJwk] },
        ...(redirects.length > 0 && { redirect_uris: redirects }),
        ...(resources.length > 0 && { resources }),
      };
      const made = await call<{ client_id: string; organization: string }>(place, '/clients', {
        method: 'POST',
        body,
      }).catch((error) => {
        if (out !== undefined) rmSync(out); // nothing was made: the name is free again
        throw error;
      });
      const file = { issuer: issuerOf(place), client_id: made.client_id, jwk };
      if (out === undefined) return print(file, 'json', () => '');
      writeFileSync(out, `${JSON.stringify(file, undefined, 2)}\n`, { mode: 0o600 });
      printOne(made, format, { 'client id': made.client_id, organization: made.organization, key: out });
    });
}

interface NewTokenOptions {
  organization?: string;
  owner: string;
  deputy: string;
  mode: string;
  status: string;
  allowUnbound?: boolean;
  uses: number;
  expiresIn: number;
  agentExpiresIn?: number;
  blueprint?: string;
  preset?: string;
  environment?: string;
}
interface MadeToken {
  id: string;
  initial_access_token: string;
  organization: string;
  owner: string;
  deputy: string;
  expires_at: string;
  registration_endpoint: string;
}
interface NewClientOptions {
  organization?: string;
  kind: string;
  redirectUri: string[];
  resource: string[];
  replace?: boolean;
  out?: string;
}
