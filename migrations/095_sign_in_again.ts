import type { Knex } from 'knex';

/** A sign-in renewed at the organization's provider for one decision, in the place of a passkey that nobody has. */
export async function up(db: Knex): Promise<void> {
  await db.raw(SIGN_IN_AGAIN);
}

const SIGN_IN_AGAIN = `
  alter table sign_in_providers
    -- Whether a fresh sign-in there may confirm a decision: asked for by one administrator, allowed by another.
    add column confirms_asked_by text,
    add column confirms_asked_at timestamptz,
    add column confirms_by       text,
    add column confirms_since    timestamptz,
    add check ((confirms_asked_by is null) = (confirms_asked_at is null)),
    add check ((confirms_by is null) = (confirms_since is null)),
    add check (confirms_by is null or (confirms_asked_by is not null and confirms_by <> confirms_asked_by));

  -- From when an identity elsewhere signs its person in: one that was connected just now confirms nothing yet.
  alter table credentials add column signs_in_since timestamptz;
  update credentials set signs_in_since = created_at where signs_in;
  create function since_it_signs_in() returns trigger language plpgsql as $$
    begin
      if new.signs_in and new.signs_in_since is null then new.signs_in_since := clock_timestamp(); end if;
      return new;
    end $$;
  create trigger credentials_sign_in before insert or update on credentials for each row
    when (new.signs_in) execute function since_it_signs_in();
  grant select (signs_in_since, made_by) on credentials to countersign_pages;

  -- What the answer of the provider will confirm: whose decision, its hash, and what the nonce was made of.
  alter table sign_ins_under_way add column confirms jsonb;

  -- What the provider said, for exactly this hash: another choice is another hash, and begins without it.
  alter table decisions add column signed_in jsonb;

  -- The accounts elsewhere by which this person may confirm a decision about this agent, and from when. Nobody who has a
  -- passkey, waiting or not; nobody whose passkeys were just restored, and for the agents of those who restored them, or
  -- who linked the account, never: one door must not stand open because the other is watched.
  create function confirming_sign_ins(org text, who text, what text, wait interval)
  returns table (provider text, identifier text, since timestamptz) language sql stable as $$
    select p.id, c.identifier, greatest(c.signs_in_since + wait, p.confirms_since + wait)
    from sign_in_providers p
    join people h on h.organization = p.organization and h.id = who and h.status = 'active'
    join credentials c on c.organization = p.organization and c.person = who and c.kind = 'upstream' and c.signs_in
      and case when c.kind = 'upstream' then c.identifier::jsonb ->> 0 end = p.issuer
    join agents g on g.organization = p.organization and g.id = what
    where p.organization = org and p.confirms_since is not null
      and exists (select from jsonb_each_text(p.acr) e where e.value = 'phr')
      and (c.made_by = who or c.made_by not in (g.owner, g.deputy))
      and not exists (select from passkeys k where k.organization = org and k.person = who)
      and not exists (
        select from passkey_recoveries r
        where r.organization = org and r.person = who and r.confirmed_at is not null
          and (r.confirmed_at > clock_timestamp() - interval '1 day'
            or array[g.owner, g.deputy] && array[r.asked_by, r.confirmed_by]))
  $$;

  -- The last line again: a sign-in confirms high impact of one person alone, and two people are two passkeys.
  alter table decisions add check (
    proof is null or proof ->> 'method' <> 'sign_in' or
    (signed_in is not null and decided ->> 'impact' = 'high' and (decided ->> 'quorum')::int = 1));
  create or replace function only_proven() returns trigger language plpgsql as $$
    declare signed int;
    begin
      select count(*) into signed from decisions d
      where d.organization = new.organization and d.approval = new.approval and d.signed_at is not null
        and (new.impact <> 'critical' or d.proof ->> 'method' is distinct from 'sign_in');
      if signed < (case new.impact when 'critical' then 2 else 1 end) or not exists (
        select from decisions d
        where d.organization = new.organization and d.approval = new.approval and d.hash = new.decision_hash
          and d.signed_at is not null)
      then raise exception 'tasks_are_proven: % impact is not signed for', new.impact; end if;
      return new;
    end $$;
`;
