import { newId } from '../../server/oauth/ids.ts';
import type { Database } from './database.ts';
import type { Signals } from './signals.ts';

/** Seconds between two signs of life, and after which an instance without one is taken for gone. */
export const SIGN_SECONDS = 4;
export const GONE_SECONDS = 15;

export interface Instance {
  id: string;
  close(): Promise<void>;
}

/**
 * Says that this instance serves, and acknowledges every stop that it hears of, so that a page can show where a stop has
 * arrived. A fault here concerns nobody but that page: whether something is stopped is asked of the database each time.
 */
export async function openInstance(database: Database, signals: Pick<Signals, 'on'>): Promise<Instance> {
  const id = newId('ins');
  const sign = () =>
    database.run(SIGN, [id]).then(
      () => {},
      () => {}, // the database is away: requests report it
    );
  await sign();
  const timer = setInterval(() => void sign(), SIGN_SECONDS * 1000);
  timer.unref();
  // Most of what is signalled only ends something; what stands since a moment ago is looked for in any case.
  signals.on('stop', () => void database.run(HEARD, [id]).catch(() => {}));
  return {
    id,
    async close() {
      clearInterval(timer);
      await database.run('delete from instances where id = $1', [id]).catch(() => {});
    },
  };
}

const SIGN = `
  with gone as (delete from instances where seen_at < clock_timestamp() - interval '1 hour')
  insert into instances (id) values ($1) on conflict (id) do update set seen_at = clock_timestamp()`;

const HEARD = `
  insert into stops_heard (organization, stop, instance)
  select organization, id, $1 from stops
  where resumed_at is null and stopped_at > clock_timestamp() - interval '1 minute'
  on conflict do nothing`;
