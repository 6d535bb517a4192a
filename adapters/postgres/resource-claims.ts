import { actorOf } from '../../server/admin/admin.ts';
import type { Claim, ClaimStore } from '../../server/admin/claims.ts';
import { acted } from './admin.ts';
import type { Database } from './database.ts';
import { pageIn } from './paging.ts';
import { sendSignal } from './signals.ts';

/** Claims of an organization under row-level security; that a resource has one owner, the key of `resources` says. */
export const postgresClaims = (database: Database): ClaimStore => ({
  claims: (organization, asked) =>
    database.within(organization, (statements) =>
      pageIn<Claim>(
        statements,
        {
          select: CLAIMS,
          parameters: [organization],
          by: ['resource', 'text'],
          id: 'resource',
          words: ['resource', 'name'],
          filters: { proven: (value) => `(proven_at is not null) = ${value}::boolean` },
        },
        asked,
      ),
    ),

  find: (organization, resource) =>
    database.within(organization, (statements) =>
      statements.first<Claim>(`${CLAIMS} and resource = $2`, [organization, resource]),
    ),

  async claim(act, { resource, name, challenge, expires_at }) {
    // Whose it is if it is somebody's, is not said: that it is taken, any claim would show.
    if (await database.first('select from resources where resource = $1', [resource])) return 'taken' as const;
    return database.within(act.organization, async (statements) => {
      await statements.run(CLAIM, [act.organization, resource, name, challenge, actorOf(act.caller), expires_at]);
      await acted(statements, act, 'resource.claimed', { resource, name });
      return 'claimed' as const;
    });
  },

  prove: (act, resource, by) =>
    database.within(act.organization, async (statements) => {
      const made = await statements.run(ADD, [act.organization, resource]);
      if (made === 0) return 'taken';
      await statements.run(PROVEN, [act.organization, resource, by]);
      await acted(statements, act, 'resource.proven', { resource, by });
      await sendSignal(statements, 'catalogue', 'published');
      return 'proven';
    }),
});

const CLAIMS = `
  select resource, name, challenge, expires_at, proven_at, proven_by from resource_claims where organization = $1`;

const CLAIM = `
  insert into resource_claims (organization, resource, name, challenge, made_by, expires_at) values ($1, $2, $3, $4, $5, $6)
  on conflict (organization, resource) do update
    set name = excluded.name, challenge = excluded.challenge, made_by = excluded.made_by, made_at = clock_timestamp(), expires_at = excluded.expires_at
    where resource_claims.proven_at is null`;

const ADD = `
  insert into resources (resource, organization, name)
  select resource, organization, name from resource_claims where organization = $1 and resource = $2
  on conflict (resource) do nothing`;

const PROVEN = `
  update resource_claims set proven_at = clock_timestamp(), proven_by = $3 where organization = $1 and resource = $2`;
