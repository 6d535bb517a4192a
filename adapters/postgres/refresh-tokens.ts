import type { RefreshTokens } from '../../server/delegation/routes.ts';
import { hashOf } from '../../server/oauth/ids.ts';
import type { Database } from './database.ts';

export const postgresRefreshTokens = (database: Database): RefreshTokens => ({
  async find(value) {
    const row = await database.first<{
      client_id: string;
      grant_id: string;
      person: string;
      expires_at: Date;
      bound_to: string | null;
    }>(FIND, [hashOf(value)]);
    return (
      row && {
        clientId: row.client_id,
        task: row.grant_id,
        person: row.person,
        expiresAt: row.expires_at,
        boundTo: row.bound_to ?? undefined,
      }
    );
  },
  async revoke(value) {
    await database.run(`delete from engine_artefacts where id_hash = $1 and model = 'RefreshToken'`, [hashOf(value)]);
  },
});

const FIND = `
  select client_id, grant_id, person, expires_at, payload ->> 'jkt' as bound_to from engine_artefacts
  where id_hash = $1 and model = 'RefreshToken' and consumed_at is null`;
