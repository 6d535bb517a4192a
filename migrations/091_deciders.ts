import type { Knex } from 'knex';

/** Who decides a request, where it is not the person alone. */
export async function up(db: Knex): Promise<void> {
  await db.raw(DECIDERS);
}

const DECIDERS = `
  alter table approvals drop constraint approvals_quorum_check;
  alter table approvals
    add check (quorum between 1 and 12),
    -- By which rule of the policies who decides, as it was when it was asked; null: the person, and for two an approver.
    add column deciders     jsonb,
    -- Since when others than the person may decide.
    add column others_since timestamptz,
    -- Since when those may as well to whom the rule escalates.
    add column escalated_at timestamptz check (escalated_at is null or deciders -> 'escalate' is not null),
    -- How the person who asked for approval had signed in: what others decide for them says so, and no more.
    add column asker        jsonb;
  create index approvals_of_group on approvals (organization, (deciders #>> '{group,id}'), asked_at) where deciders is not null;
  create index approvals_escalated on approvals (organization, (deciders #>> '{escalate,group,id}'), asked_at)
    where escalated_at is not null;
  drop index approvals_second;
  create index approvals_second on approvals (organization, expires_at)
    where status = 'pending' and (quorum > 1 or deciders is not null);
  -- In which part somebody decided: as the person, an approver, one of a group, or one to whom it was escalated.
  alter table decisions add column part text check (part in ('person', 'approver', 'group', 'escalation'));

  -- Belonged to the group when it was asked, and still does.
  create function belongs_since(org text, who text, grp text, at timestamptz) returns boolean language sql stable as $$
    select exists (
      select from group_members m
      where m.organization = org and m.of_group = grp and m.person = who and m.counts_from <= at)
  $$;

  -- Has nothing to gain: is neither who it is for, nor who answers for the agent, unless these may be; nor was made by one
  -- of those who may not, and might be them.
  create function stands_apart(org text, who text, subject text, asking text, may text[]) returns boolean language sql stable as $$
    select coalesce((
      select not (p.id = any(x.close) or p.made_by && x.close)
      from people p
      join agents g on g.organization = org and g.id = asking
      cross join lateral (select array_remove(array[
        case when not 'requester' = any(may) then subject end,
        case when not 'owner' = any(may) then g.owner end,
        case when not 'deputy' = any(may) then g.deputy end], null) as close) x
      where p.organization = org and p.id = who and p.status = 'active'), false)
  $$;

  -- In which part somebody else than the person may decide this now; null: in none. At critical impact nobody is close.
  drop function may_second(text, text, text);
  create function decides_as(org text, who text, what text, critical boolean) returns text language sql stable as $$
    select case
      when a.deciders -> 'group' is null and a.quorum > 1 and 'approver' = any(p.roles) and who <> a.person
        and exists (select from decisions d where d.organization = org and d.approval = what and d.signed_at is not null)
        and stands_apart(org, who, a.person, a.agent, '{}') then 'approver'
      when x.vouched then null
      when (a.others_since is not null or who = a.person) and belongs_since(org, who, a.deciders #>> '{group,id}', a.asked_at)
        and stands_apart(org, who, a.person, a.agent, x.may) then 'group'
      when a.escalated_at is not null and belongs_since(org, who, a.deciders #>> '{escalate,group,id}', a.asked_at)
        and stands_apart(org, who, a.person, a.agent, x.may) then 'escalation'
      when a.escalated_at is not null and a.deciders #> '{escalate,deputy}' is not null and who = g.deputy
        and stands_apart(org, who, a.person, a.agent, x.may || case when x.strict then '{}'::text[] else array['deputy'] end)
        then 'escalation'
    end
    from approvals a
    join people p on p.organization = org and p.id = who and p.status = 'active'
    join agents g on g.organization = org and g.id = a.agent
    cross join lateral (select critical or a.impact = 'critical' as strict) s
    cross join lateral (
      select s.strict,
             case when s.strict then '{}'::text[]
                  else array(select jsonb_array_elements_text(coalesce(a.deciders -> 'may_include', '[]'))) end as may,
             -- Two of whom one made the other may be one: only the first of them counts.
             exists (
               select from decisions d join people q on q.organization = org and q.id = d.person
               where d.organization = org and d.approval = what and d.signed_at is not null and q.id not in (a.person, who)
                 and (q.id = any(p.made_by) or p.id = any(q.made_by))) as vouched) x
    where a.organization = org and a.id = what
  $$;

  -- The last line: whatever a page forgets, what a rule gives to others or to several is decided by as many signatures.
  create function only_decided() returns trigger language plpgsql as $$
    declare needed int; signed int;
    begin
      select case when a.quorum > 1 or a.deciders -> 'group' is not null then a.quorum else 0 end into needed
      from approvals a where a.organization = new.organization and a.id = new.approval;
      if coalesce(needed, 0) > 0 then
        select count(*) into signed from decisions d
        where d.organization = new.organization and d.approval = new.approval and d.signed_at is not null;
        if signed < needed then raise exception 'tasks_are_signed: % of % have signed', signed, needed; end if;
      end if;
      return new;
    end $$;
  create trigger tasks_are_signed before insert on tasks for each row
    when (new.approval is not null) execute function only_decided();
`;
