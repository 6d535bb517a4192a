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

type Limits = Record<string, number | Record<string, number>>;

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
    .option('--set <name=number>', 'cool_off_minutes=30, open.pair=3; repeatable', collect, [])
    .action(async ({ set }: { set: string[] }, command: Command) => {
      const { place, format } = shared(command);
      const { organization } = command.optsWithGlobals<{ organization?: string }>();
      const { limits } = await call<{ limits: Limits }>(
        place,
        '/prompts/limits',
        set.length === 0
          ? { query: { organization } }
          : { method: 'PUT', body: { ...(organization !== undefined && { organization }), ...limitsIn(set) } },
      );
      const lines = Object.entries(limits).flatMap(([name, value]) =>
        typeof value === 'number'
          ? [[name, value]]
          : Object.entries(value).map(([reach, most]) => [`${name}.${reach}`, most]),
      );
      printOne(limits, format, Object.fromEntries(lines));
    });
}

const share = (part: number, whole: number): string => (whole === 0 ? '' : `${((100 * part) / whole).toFixed(1)} %`);

function limitsIn(set: readonly string[]): Limits {
  const limits: Limits = {};
  for (const one of set) {
    const [, name = '', reach, number] = /^([a-z_]+)(?:\.([a-z]+))?=(\d+)$/.exec(one) ?? [];
    if (number === undefined) throw new Failure('usage', `--set takes name=number, and not ${one}`);
    if (reach === undefined) limits[name] = Number(number);
    else limits[name] = { ...(limits[name] as Record<string, number> | undefined), [reach]: Number(number) };
  }
  return limits;
}
