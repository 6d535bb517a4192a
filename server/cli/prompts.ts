import type { Command } from 'commander';

import { call } from './client.ts';
import { Failure } from './failure.ts';
import { collect, ORGANIZATION, shared, whole } from './options.ts';
import { isReadable, print, printOne, printRows, say } from './output.ts';

interface Quality {
  action: string;
  impact: string;
  prompts: number;
  approved: number;
  denied: number;
  expired: number;
  median_seconds: number | null;
  deny_reasons: Record<string, number>;
  advice?: string;
}

type Limits = Record<string, number | boolean | Record<string, number>>;

export function promptCommands(program: Command): void {
  const prompts = program
    .command('prompts')
    .description('how people answer what they are asked, and where they no longer read it')
    .option(...ORGANIZATION)
    .option('--days <number>', 'how far back', whole, 7)
    .action(async ({ organization, days }: { organization?: string; days: number }, command: Command) => {
      const { place, format } = shared(command);
      const { actions } = await call<{ actions: Quality[] }>(place, '/prompts', {
        query: { organization, days: String(days) },
      });
      if (!isReadable(format)) return print(actions, format, () => '');
      printRows(
        actions,
        format,
        {
          ACTION: ({ action }) => action,
          IMPACT: ({ impact }) => impact,
          ASKED: ({ prompts }) => prompts,
          ALLOWED: ({ approved, denied }) => share(approved, approved + denied),
          EXPIRED: ({ expired }) => expired,
          MEDIAN: ({ median_seconds }) => (median_seconds === null ? '' : `${median_seconds.toFixed(1)} s`),
          'WHY NOT': ({ deny_reasons }) => Object.entries(deny_reasons).map(([reason, count]) => `${reason} ${count}`),
        },
        'Nobody was asked for anything.',
      );
      for (const { action } of actions.filter(({ advice }) => advice === 'not_read')) {
        say(`People do not read ${action}: narrow it and make it policy, or raise its level.`);
      }
    });
  prompts
    .command('limits')
    .description('how much agents may ask people; --set changes it for the organization')
    .option(...ORGANIZATION)
    .option('--set <name=number>', 'cool_off_minutes=30, pushes.day=10, batch=off; repeatable', collect, [])
    .action(async ({ set }: { set: string[] }, command: Command) => {
      const { place, format } = shared(command);
      const { organization } = command.optsWithGlobals<{ organization?: string }>();
      const now = await call<{ limits: Limits; standard: Limits }>(place, '/prompts/limits', {
        query: { organization },
      });
      // What was set before stays; what is as the server says follows the server.
      const body = {
        ...(organization !== undefined && { organization }),
        ...limitsIn(set, apart(now.limits, now.standard)),
      };
      const { limits } =
        set.length === 0 ? now : await call<{ limits: Limits }>(place, '/prompts/limits', { method: 'PUT', body });
      const lines = Object.entries(limits).flatMap(([name, value]) =>
        typeof value !== 'object'
          ? [[name, typeof value === 'boolean' ? (value ? 'on' : 'off') : value]]
          : Object.entries(value).map(([reach, most]) => [`${name}.${reach}`, most]),
      );
      printOne(limits, format, Object.fromEntries(lines));
    });
}

const share = (part: number, whole: number): string => (whole === 0 ? '' : `${((100 * part) / whole).toFixed(1)} %`);

/** What of these is not as the server says. */
function apart(limits: Limits, standard: Limits): Limits {
  const set: Limits = {};
  for (const [name, value] of Object.entries(limits)) {
    const inner = typeof value === 'object' ? apart(value, standard[name] as Limits) : undefined;
    if (inner === undefined ? value !== standard[name] : Object.keys(inner).length > 0)
      set[name] = (inner as Record<string, number> | undefined) ?? value;
  }
  return set;
}

function limitsIn(set: readonly string[], limits: Limits): Limits {
  for (const one of set) {
    const [, name = '', reach, value] = /^([a-z_]+)(?:\.([a-z_]+))?=(\d+|on|off)$/.exec(one) ?? [];
    if (value === undefined) throw new Failure('usage', `--set takes name=number, name=on or name=off, and not ${one}`);
    if (value === 'on' || value === 'off') limits[name] = value === 'on';
    else if (reach === undefined) limits[name] = Number(value);
    else limits[name] = { ...(limits[name] as Record<string, number> | undefined), [reach]: Number(value) };
  }
  return limits;
}
