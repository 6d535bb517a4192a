import type { Command } from 'commander';

import type { StandingStop, StopEffect } from '../admin/standing-stops.ts';
import { type StopAnswer, tellStop } from './agents.ts';
import { typed } from './ask.ts';
import { call, callAll } from './client.ts';
import type { Json } from './format.ts';
import { ORGANIZATION, shared } from './options.ts';
import { moment, printOne, printRows, say } from './output.ts';

/** Other words for what is stopped, as people say them. */
const KINDS: Readonly<Record<string, string>> = { system: 'resource', all: 'organization' };

type Stopped = StopAnswer & { id?: string; kind: string; subject: string; stopped?: StopEffect; security?: boolean };

export function stopCommands(program: Command): void {
  program
    .command('stop <kind> [subject]')
    .description('stops at once, and never asks: agent, pair (agent|person), owner, system or all, until it is resumed')
    .addHelpText(
      'after',
      `
What is narrower ends, and that is all: person, task, grant, token, client.`,
    )
    .requiredOption('--reason <text>', 'why; it goes into the evidence')
    .option('--routine', 'no security stop: one administrator resumes it')
    .option(...ORGANIZATION)
    .action(
      async (
        kind: string,
        subject: string | undefined,
        { routine = false, ...options }: { organization?: string; reason: string; routine?: boolean },
        command: Command,
      ) => {
        const { place, format } = shared(command);
        const stopped = await call<Stopped>(place, '/stops', {
          method: 'POST',
          body: { ...options, kind: KINDS[kind] ?? kind, subject, ...(routine && { security: false }) },
        });
        const { id, stopped: effect } = stopped;
        if (effect) say(effectWords(effect));
        tellStop(
          stopped,
          format,
          `Stopped ${stopped.kind} ${stopped.subject} at ${stopped.stopped_at}.${id ? ` To resume it: countersign stops resume ${id}` : ''}`,
        );
      },
    );

  const stops = program.command('stops').description('what is stopped, and letting it go on');
  stops
    .command('list')
    .description('stops that stand')
    .option('--all', 'those that were resumed as well')
    .option(...ORGANIZATION)
    .action(async (options: { organization?: string; all?: boolean }, command: Command) => {
      const { place, format } = shared(command);
      const query = { organization: options.organization, all: options.all ? 'true' : undefined };
      const { stops } = await callAll<{ stops: Json<StandingStop>[] }>(place, '/stops', { query });
      printRows(
        stops,
        format,
        {
          ID: ({ id }) => id,
          WHAT: ({ kind, name }) => `${kind} ${name}`,
          WHY: ({ reason }) => reason,
          BY: ({ stopped_by }) => stopped_by.name ?? stopped_by.id,
          SINCE: ({ stopped_at }) => moment(stopped_at),
          RESUMED: ({ resumed_at, resume_asked_by, security }) =>
            resumed_at
              ? moment(resumed_at)
              : resume_asked_by
                ? `by ${resume_asked_by.name}, takes another`
                : security
                  ? 'takes two'
                  : 'takes one',
        },
        'Nothing is stopped.',
      );
    });
  stops
    .command('resume <stop>')
    .description('lets it be asked for again; what it held stays over. Two people after a security stop')
    .requiredOption('--reason <text>', 'why it may go on')
    .option('--confirm <name>', 'the name of what was stopped, exactly; asked for where it is left out')
    .option(...ORGANIZATION)
    .action(
      async (stop: string, options: { organization?: string; reason: string; confirm?: string }, command: Command) => {
        const { place, format } = shared(command);
        const { confirm, ...body } = options;
        const confirmation = confirm ?? (await typed(command, 'Type the name of what was stopped: ', '--confirm'));
        const answer = await call<{ id: string; name: string; resumed: boolean }>(
          place,
          `/stops/${encodeURIComponent(stop)}/resume`,
          { method: 'POST', body: { ...body, confirmation } },
        );
        printOne(answer, format, { id: answer.id, name: answer.name, resumed: answer.resumed });
        if (!answer.resumed) say('A second administrator has to resume it as well, within a day.');
      },
    );
}

const effectWords = ({ agents, people, tasks, tokens, waiting, sub_agents }: StopEffect): string =>
  `Concerned: ${agents} agents, ${sub_agents} sub-agents, ${people} people, ${tasks} live tasks, ${tokens} live tokens, ${waiting} waiting requests.`;
