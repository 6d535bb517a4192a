import type { Command } from 'commander';

import type { ListedApproval } from '../admin/approvals.ts';
import { call } from './client.ts';
import { Failure } from './failure.ts';
import type { Json } from './format.ts';
import { ORGANIZATION, shared } from './options.ts';
import { isReadable, moment, printOne, printRows, say } from './output.ts';

interface Asked extends Omit<Json<ListedApproval>, 'actions' | 'may_sign'> {
  actions: string[];
  sentence: string | null;
}

/** What agents asked people. Allowing one is a page that its person opens; ending one is also an administrator's. */
export function approvalCommands(program: Command): void {
  const approvals = program.command('approvals').description('what agents asked people; allowing stays in the browser');
  approvals
    .command('list')
    .option('--filter <text>', 'as in the console: is:waiting level:critical agent:"Finance Agent"', 'is:waiting')
    .option('--sort <column>', 'urgency or asked; a minus before it turns it round', 'urgency')
    .option('--limit <number>', 'of one page, up to 200', '50')
    .option('--after <place>', 'where the page before ended')
    .option(...ORGANIZATION)
    .action(async ({ filter, ...options }: Record<string, string>, command: Command) => {
      const { place, format } = shared(command);
      const page = await call<{ approvals: Asked[]; next: string | null }>(place, '/approvals', {
        query: { ...options, q: filter },
      });
      printRows(
        page.approvals,
        format,
        {
          ID: ({ id }) => id,
          LEVEL: ({ impact }) => impact,
          WHAT: wordsOf,
          AGENT: ({ agent }) => agent.name ?? agent.id,
          FOR: ({ person }) => person.email ?? person.id,
          UNTIL: ({ expires_at }) => moment(expires_at),
          STATE: ({ standing }) => standing,
        },
        'Nothing is asked.',
      );
      if (page.next !== null && isReadable(format)) say(`More: --after ${page.next}`);
    });
  approvals
    .command('show <approval>')
    .description('one of them, and who has signed')
    .option(...ORGANIZATION)
    .action(async (approval: string, options: { organization?: string }, command: Command) => {
      const { place, format } = shared(command);
      const asked = await call<Asked>(place, `/approvals/${encodeURIComponent(approval)}`, { query: options });
      printOne(asked, format, {
        what: wordsOf(asked),
        level: asked.impact,
        agent: asked.agent.name ?? asked.agent.id,
        for: asked.person.email ?? asked.person.id,
        asked: moment(asked.asked_at),
        until: moment(asked.expires_at),
        state: asked.standing,
        reason: asked.deny_reason ?? undefined,
        signed: asked.signed.map(({ name, at }) => `${name} ${moment(at)}`),
      });
    });
  approvals
    .command('deny <approvals...>')
    .description('ends questions that wait: their agents hear a no at once, and nobody said it for their person')
    .requiredOption('--reason <text>', 'why, for the evidence')
    .option(...ORGANIZATION)
    .action(async (ids: string[], body: { reason: string; organization?: string }, command: Command) => {
      const { place } = shared(command);
      let refused = 0;
      for (const id of ids) {
        try {
          await call(place, `/approvals/${encodeURIComponent(id)}/deny`, { method: 'POST', body });
          say(`${id}: denied`);
        } catch (cause) {
          // The others do not wait for what was decided meanwhile.
          if (!(cause instanceof Failure) || ids.length === 1) throw cause;
          refused += 1;
          say(`${id}: ${cause.message}`);
        }
      }
      if (refused > 0)
        throw new Failure(refused < ids.length ? 'partly' : 'conflict', `${refused} of ${ids.length} were not denied`);
    });
}

const wordsOf = ({ sentence, actions }: Asked): string => sentence ?? actions.join(', ');
