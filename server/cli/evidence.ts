import type { Command } from 'commander';

import type { ReadableEvent, TaskChain } from '../admin/evidence.ts';
import { call } from './client.ts';
import { formatChain, formatEvents, type Json } from './format.ts';
import { ORGANIZATION, shared } from './options.ts';
import { isReadable, print, say } from './output.ts';

export function evidenceCommands(program: Command): void {
  const evidence = program
    .command('evidence')
    .alias('audit')
    .description('what happened: who asked, who decided, what was issued, used and stopped');
  evidence
    .command('list')
    .description('the newest events, oldest first')
    .option(...ORGANIZATION)
    .option('--filter <text>', 'as in the console: agent:"Finance Agent" decision:refused after:2026-11-01')
    .option('--task <id>', 'of one task')
    .option('--agent <agent>', 'of one agent, by name or id')
    .option('--person <person>', 'of one person, by e-mail address or id')
    .option('--type <type>', 'of one type, such as task.approved')
    .option('--limit <number>', 'at most so many, up to 500', '50')
    .option('--before <event>', 'those before this event')
    .action(async ({ filter, ...options }: Record<string, string>, command: Command) => {
      const { place, format } = shared(command);
      const answer = await call<{ events: Json<ReadableEvent>[]; before: string | null }>(place, '/evidence', {
        query: { ...options, ...(filter !== undefined && { q: filter }) },
      });
      if (answer.events.length === 0) say('No events.');
      print(answer, format, (terminal) => (answer.events.length === 0 ? '' : formatEvents(answer.events, terminal)));
      if (answer.before !== null && isReadable(format)) say(`Earlier ones: --before ${answer.before}`);
    });
  evidence
    .command('chain <task>')
    .description('the story of one task: request, decision, tokens, uses, outcomes, stops')
    .option(...ORGANIZATION)
    .action(async (task: string, options: { organization?: string }, command: Command) => {
      const { place, format } = shared(command);
      const chain = await call<Json<TaskChain>>(place, `/evidence/chain/${encodeURIComponent(task)}`, {
        query: options,
      });
      print(chain, format, (terminal) => formatChain(chain, terminal));
    });
}
