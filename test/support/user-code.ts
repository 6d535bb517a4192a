import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { postgresUserCodes } from '../../adapters/postgres/backchannel.ts';
import { Database } from '../../adapters/postgres/database.ts';
import { sealingWith } from '../../server/keys/seal.ts';
import type { TestServer } from './server.ts';

/** What derives from the key that this server made for itself. */
export const sealingOf = ({ dataDir }: TestServer) =>
  sealingWith(Buffer.from(readFileSync(join(dataDir, 'sealing.key'), 'utf8').trim(), 'base64url'));

/** As the person would set it among their settings. */
export async function setUserCode(server: TestServer, email: string, code: string | undefined): Promise<void> {
  const database = new Database({ url: server.databaseUrl, poolSize: 1 });
  const row = await database.first<{ organization: string; id: string }>(
    'select organization, id from people where email = $1',
    [email],
  );
  if (!row) throw new Error(`nobody is ${email}`);
  await postgresUserCodes(database, sealingOf(server)).set(row.organization, row.id, code);
  await database.close();
}
