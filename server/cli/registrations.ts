import type { Command } from 'commander';

import type { Claim, placesOf } from '../admin/claims.ts';
import type { DocumentPolicy } from '../agents/document.ts';
import { call, callAll } from './client.ts';
import type { Json } from './format.ts';
import { list, ORGANIZATION, shared } from './options.ts';
import { moment, print, printOne, printRows, say } from './output.ts';

type Where = { organization?: string };

/** What comes in by itself: clients that describe themselves, changes that builders ask for, resources that are claimed. */
export function registrationCommands(program: Command): void {
  documentCommands(program);
  changeCommands(program);
  claimCommands(program);
}

interface PolicyOptions extends Where {
  owner?: string;
  deputy?: string;
  actions?: string[];
  highestImpact?: string;
}

function documentCommands(program: Command): void {
  const documents = program
    .command('documents')
    .description('clients whose client_id is the address of a metadata document');
  for (const verdict of ['allow', 'ask', 'deny'] as const) {
    documents
      .command(`${verdict} <domain>`)
      .description(`${VERDICTS[verdict]}; * is every domain that no other names`)
      .option('--owner <person>', 'who answers for what is allowed: e-mail address or id')
      .option('--deputy <person>', 'who stands in for the owner')
      .option('--actions <keys>', 'they may ask for these alone: separated by commas', list)
      .option('--highest-impact <level>', 'and for no more than this: low, medium, high or critical')
      .option(...ORGANIZATION)
      .action(async (domain: string, options: PolicyOptions, command: Command) => {
        const { place, format } = shared(command);
        const { actions, highestImpact: highest_impact, ...body } = options;
        const limits = { ...(actions && { actions }), ...(highest_impact && { highest_impact }) };
        const put = await call<Json<DocumentPolicy>>(place, '/document-policies', {
          method: 'PUT',
          body: { ...body, domain, verdict, limits },
        });
        printOne(put, format, { domain: put.domain, verdict: put.verdict });
      });
  }
  documents
    .command('list')
    .description('what is said of which domain')
    .option(...ORGANIZATION)
    .action(async (options: Where, command: Command) => {
      const { place, format } = shared(command);
      const { document_policies } = await callAll<{ document_policies: Json<DocumentPolicy>[] }>(
        place,
        '/document-policies',
        {
          query: options,
        },
      );
      printRows(
        document_policies,
        format,
        {
          DOMAIN: ({ domain }) => domain,
          VERDICT: ({ verdict }) => verdict,
          LIMITS: ({ limits }) => (Object.keys(limits).length > 0 ? JSON.stringify(limits) : ''),
        },
        'Nothing is said: an administrator is asked about each.',
      );
    });
  documents
    .command('waiting')
    .description('documents that people wanted to use, and that nobody allowed')
    .option(...ORGANIZATION)
    .action(async (options: Where, command: Command) => {
      const { place, format } = shared(command);
      const { document_requests } = await callAll<{
        document_requests: { url: string; person: string; times: number; asked_at: string }[];
      }>(place, '/document-requests', { query: options });
      printRows(
        document_requests,
        format,
        {
          DOCUMENT: ({ url }) => url,
          'ASKED BY': ({ person }) => person,
          TIMES: ({ times }) => times,
          SINCE: ({ asked_at }) => moment(asked_at),
        },
        'Nobody waits.',
      );
    });
  documents
    .command('accept <url>')
    .description('makes one document an agent, once its owner and deputy accepted it')
    .requiredOption('--owner <person>', 'who answers for it: e-mail address or id')
    .requiredOption('--deputy <person>', 'who stands in for the owner')
    .option(...ORGANIZATION)
    .action(async (url: string, options: Where & { owner: string; deputy: string }, command: Command) => {
      const { place, format } = shared(command);
      const made = await call<{ agent: string; name: string; status: string }>(place, '/document-requests/allow', {
        method: 'POST',
        body: { ...options, url },
      });
      printOne(made, format, { agent: made.agent, name: made.name, status: made.status });
    });
}

const VERDICTS = {
  allow: 'lets clients of this domain in',
  ask: 'lets an administrator decide about each client of this domain',
  deny: 'lets no client of this domain in, and ends what those hold that are',
} as const;

interface AskedChange {
  id: string;
  agent: { id: string; name: string };
  client_id: string;
  asked_at: string;
  members: { member: string; from: unknown; to: unknown }[];
}

function changeCommands(program: Command): void {
  const changes = program
    .command('changes')
    .description('what builders ask to change of a live agent, and its owner has not answered');
  changes
    .command('list')
    .option(...ORGANIZATION)
    .action(async (options: Where, command: Command) => {
      const { place, format } = shared(command);
      const answer = await callAll<{ changes: AskedChange[] }>(place, '/registration-changes', { query: options });
      printRows(
        answer.changes,
        format,
        {
          ID: ({ id }) => id,
          AGENT: ({ agent }) => agent.name,
          CHANGES: ({ members }) => members.map(({ member }) => member).join(', '),
          ASKED: ({ asked_at }) => moment(asked_at),
        },
        'No change waits.',
      );
    });
  for (const answer of ['approve', 'decline'] as const) {
    changes
      .command(`${answer} <id>`)
      .description(answer === 'approve' ? 'puts it in force, by whoever owns the agent' : 'lets the old stay')
      .option(...ORGANIZATION)
      .action(async (id: string, options: Where, command: Command) => {
        const { place, format } = shared(command);
        const done = await call<object>(place, `/registration-changes/${encodeURIComponent(id)}`, {
          method: 'POST',
          body: { ...options, answer },
        });
        print(done, format, () => '');
        say(`${id}: ${answer === 'approve' ? 'in force' : 'declined'}.`);
      });
  }
}

type ShownClaim = Json<Claim> & ReturnType<typeof placesOf>;

function claimCommands(program: Command): void {
  const resources = program.command('resources').description('APIs that an organization registers as its own');
  resources
    .command('claim <resource>')
    .description('says what has to stand where, to prove that you control it')
    .requiredOption('--name <name>', 'what people call the system')
    .option(...ORGANIZATION)
    .action(async (resource: string, options: Where & { name: string }, command: Command) => {
      const { place, format } = shared(command);
      const claim = await call<ShownClaim>(place, '/resource-claims', {
        method: 'POST',
        body: { ...options, resource },
      });
      printOne(claim, format, {
        resource: claim.resource,
        'in this document': claim.document.url,
        member: `"${claim.document.member}": "${claim.document.value}"`,
        'or in this DNS record': `${claim.dns.name} TXT ${claim.dns.value}`,
        until: moment(claim.expires_at),
      });
    });
  resources
    .command('prove <resource>')
    .description('looks for it; then you may publish its catalogue')
    .option(...ORGANIZATION)
    .action(async (resource: string, options: Where, command: Command) => {
      const { place, format } = shared(command);
      const proven = await call<{ resource: string; proven_by: string }>(place, '/resource-claims/prove', {
        method: 'POST',
        body: { ...options, resource },
      });
      printOne(proven, format, { resource: proven.resource, 'proven by': proven.proven_by });
    });
  resources
    .command('claims')
    .description('what was claimed, and what was proven')
    .option(...ORGANIZATION)
    .action(async (options: Where, command: Command) => {
      const { place, format } = shared(command);
      const { resource_claims } = await callAll<{ resource_claims: ShownClaim[] }>(place, '/resource-claims', {
        query: options,
      });
      printRows(
        resource_claims,
        format,
        {
          RESOURCE: ({ resource }) => resource,
          NAME: ({ name }) => name,
          'PROVEN BY': ({ proven_by }) => proven_by ?? 'nothing yet',
          UNTIL: ({ expires_at, proven_at }) => (proven_at === null ? moment(expires_at) : ''),
        },
        'Nothing was claimed.',
      );
    });
}
