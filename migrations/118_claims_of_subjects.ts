import type { Knex } from 'knex';

/**
 * A person elsewhere is named by the claim as well, where it is not `sub`: `["issuer","value","claim"]`, as JSON without
 * spaces. Those that sign in go by the claim of their provider, the others by that of the trusted issuer.
 */
export async function up(db: Knex): Promise<void> {
  await db.raw(`
    update credentials c
    set identifier = '[' || to_json(c.identifier::jsonb ->> 0)::text || ',' || to_json(c.identifier::jsonb ->> 1)::text || ','
      || to_json(known.claim)::text || ']'
    from (
      select c.organization, c.id, case when c.signs_in then coalesce(p.subject_claim, t.subject_claim)
                                             else coalesce(t.subject_claim, p.subject_claim) end as claim
      from credentials c
      left join trusted_issuers t on t.organization = c.organization and t.issuer = c.identifier::jsonb ->> 0
      left join sign_in_providers p on p.organization = c.organization and p.issuer = c.identifier::jsonb ->> 0
      where c.kind = 'upstream') known
    where c.organization = known.organization and c.id = known.id and c.kind = 'upstream' and known.claim <> 'sub'`);
}
