import type { Sealing } from '../../server/keys/seal.ts';
import type { Statements } from './database.ts';

const SETTING = 'web push keys';

/**
 * The keys by which push services know this deployment (RFC 8292): made once, sealed, and the same for every instance,
 * because a browser's subscription is bound to them.
 */
export async function sealedKeys<Keys extends object>(
  statements: Statements,
  sealing: Sealing,
  make: () => Keys,
): Promise<Keys> {
  await statements.run('insert into settings (key, value) values ($1, $2) on conflict (key) do nothing', [
    SETTING,
    { sealed: sealing.seal(SETTING, JSON.stringify(make())) },
  ]);
  const row = await statements.first<{ sealed: string }>(
    `select value ->> 'sealed' as sealed from settings where key = $1`,
    [SETTING],
  );
  return JSON.parse(sealing.open(SETTING, row?.sealed ?? '')) as Keys;
}
