import { type Act, type AdminCaller, actorOf } from '../../server/admin/admin.ts';
import type { Effect, PublicationStore, StoredDraft } from '../../server/admin/publications.ts';
import { DEPLOYMENT } from '../../server/agents/clients.ts';
import type { ResourceDocument } from '../../server/catalogue/catalogue.ts';
import { acted } from './admin.ts';
import { loadCatalogue, publishCatalogue } from './catalogue.ts';
import type { Database } from './database.ts';

/** What owners of resources write, and what lives under what they published. */
export const postgresPublications = (database: Database): PublicationStore => ({
  published: () => loadCatalogue(database),
  effects: (keys, organization) => database.rows<Effect>(EFFECTS, [keys, organization]),
  agentsNow: async (key, organization) =>
    (await database.first<{ agents: number }>(AGENTS_NOW, [[key], organization]))?.agents ?? 0,
  drafts: (organization) =>
    database.within(organization, (statements) => statements.rows<StoredDraft>(DRAFTS, [organization])),
  saveDraft: (act, { key, resource, yaml, proposed }) =>
    database.within(act.organization, async (statements) => {
      await statements.run(SAVE_DRAFT, [act.organization, key, resource, yaml, proposed, actorOf(act.caller)]);
      await acted(statements, act, proposed ? 'catalogue.proposed' : 'catalogue.drafted', { action: key, resource });
    }),
  removeDraft: (act, key) =>
    database.within(act.organization, async (statements) => {
      const removed = await statements.run('delete from catalogue_drafts where organization = $1 and key = $2', [
        act.organization,
        key,
      ]);
      if (removed > 0) await acted(statements, act, 'catalogue.draft_removed', { action: key });
      return removed > 0;
    }),
});

/** Publishes, and writes it to the evidence of every owner, both or neither. */
export const postgresPublish = (database: Database) => (documents: readonly ResourceDocument[], caller: AdminCaller) =>
  publishCatalogue(database, documents, async (statements) => {
    for (const owner of new Set(documents.map(({ owner }) => owner))) {
      const theirs = documents.filter((document) => document.owner === owner);
      const act: Act = { organization: owner === 'deployment' ? DEPLOYMENT : owner, caller };
      await acted(statements, act, 'catalogue.published', {
        resources: theirs.map(({ resource }) => resource),
        actions: theirs.flatMap(({ actions }) => actions.map(({ key, version }) => `${key} v${version}`)),
      });
    }
  });

const DRAFTS = `
  select key, resource, yaml, proposed, saved_by, saved_at from catalogue_drafts where organization = $1 order by key`;

const SAVE_DRAFT = `
  insert into catalogue_drafts (organization, key, resource, yaml, proposed, saved_by) values ($1, $2, $3, $4, $5, $6)
  on conflict (organization, key) do update
  set resource = excluded.resource, yaml = excluded.yaml, proposed = excluded.proposed, saved_by = excluded.saved_by,
      saved_at = clock_timestamp()`;

/** Each live task with something left of these actions. */
const LIVE = `
    select a.action, a.version, t.organization, t.id, t.person, t.agent, t.standing_until is not null as standing
    from task_actions a join tasks t on t.organization = a.organization and t.id = a.task
    where a.action = any($1) and ($2::text is null or t.organization = $2) and t.expires_at > clock_timestamp()
      and (a.max_uses is null or a.uses < a.max_uses)
      and why_not_alive(t.organization,
            array['task:' || t.id, 'person:' || t.person, 'agent:' || t.agent, 'pair:' || t.agent || '|' || t.person,
                  'organization:' || t.organization, 'client:' || t.client_id, 'resource:' || a.resource],
            array_remove(array[t.agent], null), t.person, t.id, t.approved_at) is null`;

const AGENTS_NOW = `select count(distinct agent)::int as agents from (${LIVE}) as live`;

const EFFECTS = `
  with live as (${LIVE}), waiting as (
    select q.action ->> 'action' as action, (q.action ->> 'version')::int as version, p.id
    from approvals p cross join jsonb_array_elements(p.actions) as q(action)
    where p.status = 'pending' and p.expires_at > clock_timestamp() and ($2::text is null or p.organization = $2)
      and q.action ->> 'action' = any($1)
  )
  select key, version, sum(tasks)::int as tasks, sum(standing)::int as standing, sum(people)::int as people, sum(agents)::int as agents, sum(questions)::int as questions from (
    select action as key, version, count(distinct id) as tasks, count(distinct id) filter (where standing) as standing, count(distinct person) as people, count(distinct agent) as agents, 0 as questions
    from live group by action, version
    union all
    select action, version, 0, 0, 0, 0, count(distinct id) from waiting group by action, version
  ) as counted group by key, version order by key, version`;
