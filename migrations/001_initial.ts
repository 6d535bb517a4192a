import type { Knex } from 'knex';

/**
 * The first schema. Every table of customer data starts its key with the organization. Two ways in:
 * the protocol path connects as the owner and names the organization in every statement; pages, the
 * admin API and evidence reading switch to `countersign_pages`, which owns nothing and sees one
 * organization at a time (row-level security, forced).
 */
export async function up(db: Knex): Promise<void> {
  await db.raw(ROLES);
  await db.raw(DIRECTORY);
  await db.raw(REGISTRY);
  await db.raw(POLICIES);
  await db.raw(ISSUERS);
  await db.raw(CATALOGUE);
  await db.raw(CATALOGUE_DRAFTS);
  await db.raw(TASKS);
  await db.raw(TOKENS);
  await db.raw(EVIDENCE);
  await db.raw(MACHINERY);
  await db.raw(LIVENESS);
  await db.raw(ROW_LEVEL_SECURITY);
}

// Since PostgreSQL 16 whoever creates a role may administer it but not become it, so the membership is granted as well.
const ROLES = `
  do $$ begin
    begin
      if not exists (select from pg_roles where rolname = 'countersign_pages') then
        create role countersign_pages nologin;
      end if;
      execute format('grant countersign_pages to %I', current_user);
    exception
      when duplicate_object or unique_violation then null; -- another database of this server is being made at this moment
      when insufficient_privilege then null; -- fine where somebody granted it before
    end;
    if not pg_has_role(current_user, 'countersign_pages', 'member') then
      raise exception 'The database user % may not create or join the role countersign_pages. As a superuser, run: create role countersign_pages nologin; grant countersign_pages to %;', current_user, current_user;
    end if;
  end $$;
`;

const DIRECTORY = `
  create table organizations (
    id         text primary key check (id ~ '^org_[a-z0-9]+$'),
    slug       text not null unique check (slug ~ '^[a-z0-9][a-z0-9-]{0,62}$'),
    name       text not null check (length(name) between 1 and 80),
    domains    text[] not null default '{}',
    time_zone  text not null default 'UTC',
    created_at timestamptz not null default now()
  );
  -- The deployment itself: its shared resources' servers and its operator's command line belong to it. It has no people.
  insert into organizations (id, slug, name) values ('org_deployment', 'deployment', 'This deployment');
  create table people (
    organization text not null references organizations,
    id           text not null unique check (id ~ '^usr_[a-z0-9]+$'),
    email        text not null,
    name         text not null check (length(name) between 1 and 80),
    roles        text[] not null default '{}' check (roles <@ array['admin', 'auditor']),
    status       text not null default 'active' check (status in ('active', 'disabled')),
    time_zone    text,
    created_at   timestamptz not null default now(),
    primary key (organization, id)
  );
  create unique index people_email on people (organization, lower(email));
  create table credentials (
    organization text not null,
    person       text not null,
    id           text not null,
    -- upstream: a person at another issuer, by issuer and subject and never by e-mail.
    kind         text not null check (kind in ('password', 'passkey', 'upstream')),
    identifier   text not null,
    secret       text check ((kind = 'password') = (secret is not null)),
    made_by      text not null,
    created_at   timestamptz not null default now(),
    primary key (organization, id),
    foreign key (organization, person) references people (organization, id)
  );
  -- The sign-in form asks for an e-mail address and no organization: one address is one local account.
  create unique index credentials_password on credentials (lower(identifier)) where kind = 'password';
  create unique index credentials_passkey on credentials (identifier) where kind = 'passkey';
  -- The same human in two organizations is two persons.
  create unique index credentials_upstream on credentials (organization, identifier) where kind = 'upstream';
  create index credentials_person on credentials (organization, person);
  create table sessions (
    id_hash          bytea primary key check (length(id_hash) = 32),
    organization     text not null,
    person           text not null,
    authenticated_at timestamptz not null,
    seen_at          timestamptz not null,
    expires_at       timestamptz not null,
    acr              text not null,
    amr              text[] not null,
    foreign key (organization, person) references people (organization, id)
  );
  create index sessions_person on sessions (organization, person);
  create index sessions_expires_at on sessions (expires_at);
  -- A link that sets a password, once: of one person, or (without a person) of the first administrator there will be.
  create table enrolments (
    token_hash   bytea primary key check (length(token_hash) = 32),
    organization text,
    person       text,
    made_by      text not null,
    expires_at   timestamptz not null,
    used_at      timestamptz,
    foreign key (organization, person) references people (organization, id),
    check ((organization is null) = (person is null))
  );
`;

const REGISTRY = `
  create table agents (
    organization text not null references organizations,
    id           text not null unique check (id ~ '^agt_[a-z0-9]+$'),
    name         text not null check (length(name) between 1 and 80),
    purpose      text check (length(purpose) between 1 and 120),
    mode         text not null check (mode in ('attended', 'unattended', 'sub_agent')),
    status       text not null check (status in ('pending', 'active', 'suspended', 'retired', 'expired')),
    owner        text not null,
    deputy       text not null,
    own_actions  text[] not null default '{}',
    chain_limit  int not null default 4 check (chain_limit between 1 and 8),
    expires_at   timestamptz,
    created_at   timestamptz not null default now(),
    primary key (organization, id),
    foreign key (organization, owner) references people (organization, id),
    foreign key (organization, deputy) references people (organization, id),
    -- No accepted owner, deputy or purpose: no activation.
    check (status <> 'active' or purpose is not null)
  );
  create table agent_changes (
    organization text not null,
    agent        text not null,
    at           timestamptz not null default clock_timestamp(),
    from_status  text,
    to_status    text not null,
    by           text not null,
    reason       text,
    foreign key (organization, agent) references agents (organization, id)
  );
  create index agent_changes_agent on agent_changes (organization, agent, at);
  create table agent_edges (
    organization text not null,
    parent       text not null,
    child        text not null,
    actions      text[] not null check (cardinality(actions) > 0),
    max_depth    int not null default 2 check (max_depth between 1 and 8),
    -- What the parent may do by itself travels along it too, without a person.
    carries_own  boolean not null default false,
    created_at   timestamptz not null default now(),
    primary key (organization, parent, child),
    foreign key (organization, parent) references agents (organization, id),
    foreign key (organization, child) references agents (organization, id),
    check (parent <> child)
  );
  -- One person paused one agent: it may not even ask.
  create table pauses (
    organization text not null,
    agent        text not null,
    person       text not null,
    paused_at    timestamptz not null default clock_timestamp(),
    primary key (organization, agent, person),
    foreign key (organization, agent) references agents (organization, id),
    foreign key (organization, person) references people (organization, id)
  );
  create table clients (
    client_id    text primary key,
    organization text not null references organizations,
    kind         text not null check (kind in ('agent', 'application', 'resource_server', 'command_line')),
    agent        text,
    metadata     jsonb not null,
    created_at   timestamptz not null default now(),
    updated_at   timestamptz not null default now(),
    foreign key (organization, agent) references agents (organization, id),
    check ((kind = 'agent') = (agent is not null))
  );
  create index clients_agent on clients (organization, agent);
  create table initial_access_tokens (
    organization  text not null references organizations,
    id            text not null,
    token_hash    bytea not null unique check (length(token_hash) = 32),
    owner         text not null,
    deputy        text not null,
    mode_ceiling  text not null check (mode_ceiling in ('attended', 'unattended', 'sub_agent')),
    final_status  text not null check (final_status in ('pending', 'active')),
    allow_unbound boolean not null default false,
    uses_left     int check (uses_left >= 0),
    made_by       text not null,
    created_at    timestamptz not null default now(),
    expires_at    timestamptz,
    primary key (organization, id),
    foreign key (organization, owner) references people (organization, id),
    foreign key (organization, deputy) references people (organization, id)
  );
`;

/**
 * What an organization allows its agents without asking the person: a policy decides in the person's place, and its
 * decision is a task like any other.
 */
const POLICIES = `
  create table policies (
    organization text not null references organizations,
    id           text not null unique check (id ~ '^pol_[a-z0-9]+$'),
    name         text not null check (length(name) between 1 and 80),
    -- Without an agent: every agent of the organization.
    agent        text,
    actions      jsonb not null,
    seconds      int not null check (seconds between 60 and 86400),
    made_by      text not null,
    created_at   timestamptz not null default clock_timestamp(),
    ended_at     timestamptz,
    primary key (organization, id),
    foreign key (organization, agent) references agents (organization, id)
  );
  create index policies_standing on policies (organization) where ended_at is null;
`;

/** Who else speaks here of people, and where else an agent is known. */
const ISSUERS = `
  -- Another issuer whose statements of who a person is count in one organization: its own identity provider, say.
  create table trusted_issuers (
    organization    text not null references organizations,
    issuer          text not null check (length(issuer) between 1 and 500),
    name            text not null check (length(name) between 1 and 80),
    -- Where one issuer speaks for several of its customers: the one that it has to name.
    tenant          text,
    jwks_uri        text,
    jwks            jsonb,
    -- Never a symmetric one: whoever can verify could sign.
    algorithms      text[] not null check (cardinality(algorithms) > 0 and algorithms <@ array[
                      'ES256', 'ES384', 'EdDSA', 'Ed25519', 'PS256', 'RS256']),
    subject_claim   text not null default 'sub' check (length(subject_claim) between 1 and 80),
    -- What its ID tokens may be for beside this server: [{"audience": …, "agent": agt_… or null}].
    audiences       jsonb not null default '[]',
    profiles        text[] not null check (cardinality(profiles) > 0 and profiles <@ array['identity', 'jwt-bearer', 'id-jag']),
    -- Empty: every agent of the organization, every action.
    agents          text[] not null default '{}',
    actions         text[] not null default '{}',
    longest_seconds int not null default 3600 check (longest_seconds between 60 and 86400),
    -- Its authentication contexts in our words; everything else counts as signed in elsewhere.
    acr             jsonb not null default '{}',
    made_by         text not null,
    created_at      timestamptz not null default clock_timestamp(),
    primary key (organization, issuer),
    check ((jwks_uri is null) <> (jwks is null))
  );
  -- An agent's name at another authorization server, to which it may carry what a person approved here.
  create table agents_elsewhere (
    organization         text not null,
    authorization_server text not null check (length(authorization_server) between 1 and 500),
    agent                text not null,
    client_id            text not null check (length(client_id) between 1 and 2000),
    -- What that server is told of the person beside their id here.
    tells                text[] not null default '{}' check (tells <@ array['email', 'aud_sub']),
    aud_tenant           text,
    made_by              text not null,
    created_at           timestamptz not null default clock_timestamp(),
    primary key (organization, authorization_server, agent),
    foreign key (organization, agent) references agents (organization, id)
  );
`;

const CATALOGUE = `
  create table resources (
    resource        text primary key,
    organization    text references organizations,
    name            text not null,
    token_format    text not null default 'jwt' check (token_format in ('jwt', 'opaque')),
    -- An MCP server; and the issuer whose tokens it takes, where that is not this one.
    mcp                  boolean not null default false,
    authorization_server text,
    resource_server text references clients (client_id) on delete set null,
    created_at      timestamptz not null default now()
  );
  create table actions (
    key          text not null,
    version      int  not null check (version > 0),
    resource     text not null references resources,
    document     jsonb not null,
    published_at timestamptz not null default now(),
    primary key (key, version)
  );
  create function refuse_change() returns trigger language plpgsql as $$
    begin raise exception '% of % is refused: it is a record', tg_op, tg_table_name; end $$;
  create trigger actions_immutable before update or delete on actions for each row execute function refuse_change();
  create trigger actions_kept before truncate on actions execute function refuse_change();
`;

const CATALOGUE_DRAFTS = `
  -- What its owner writes and has not published; as text, because a draft may be wrong.
  create table catalogue_drafts (
    organization text not null references organizations,
    key          text not null,
    resource     text not null references resources,
    yaml         text not null check (length(yaml) <= 200000),
    -- Waits for somebody else than \`saved_by\`.
    proposed     boolean not null,
    saved_by     text not null,
    saved_at     timestamptz not null default clock_timestamp(),
    primary key (organization, key)
  );
`;

const TASKS = `
  create table approvals (
    organization      text not null references organizations,
    id                text not null unique,
    kind              text not null check (kind in ('browser', 'backchannel', 'exchange')),
    client_id         text not null,
    agent             text not null,
    person            text not null,
    actions           jsonb not null,
    scopes            text[] not null,
    resources         text[] not null,
    request           jsonb not null,
    request_hash      text not null,
    asked_hash        text not null,
    binding_message   text,
    oidc              jsonb not null default '{}',
    bound_to               text,
    edges             jsonb not null default '[]',
    impact            text not null check (impact in ('low', 'medium', 'high', 'critical')),
    status            text not null check (status in ('pending', 'approved', 'denied')),
    asked_at          timestamptz not null default clock_timestamp(),
    shown_at          timestamptz,
    shown             jsonb,
    expires_at        timestamptz not null,
    decided_at        timestamptz,
    deny_reason       text,
    decision          jsonb,
    decision_hash     text,
    task              text,
    display_code_hash bytea,
    number_tries      int not null default 0,
    auth_req_id_hash  bytea unique,
    poll_interval     int not null default 5,
    polled_at         timestamptz,
    held_until        timestamptz,
    collected_at      timestamptz,
    primary key (organization, id),
    foreign key (organization, person) references people (organization, id),
    foreign key (organization, agent) references agents (organization, id)
  );
  create index approvals_waiting on approvals (organization, person, expires_at) where status = 'pending';
  create index approvals_open on approvals (organization, client_id, person, asked_hash) where status = 'pending';
  create index approvals_person on approvals (organization, person, asked_at);
  create table tasks (
    organization  text not null references organizations,
    id            text not null unique check (id ~ '^tsk_[a-z0-9]+$'),
    person        text not null,
    agent         text,
    client_id     text not null,
    approval      text,
    scopes        text[] not null,
    oidc_scopes   text[] not null default '{}',
    resources     text[] not null,
    edges         jsonb not null default '[]',
    request_hash  text not null,
    decision_hash text not null,
    sentence      text not null,
    impact        text not null,
    bound_to           text,
    acr           text not null,
    amr           text[] not null,
    auth_time     timestamptz not null,
    approved_at   timestamptz not null default clock_timestamp(),
    expires_at    timestamptz not null,
    primary key (organization, id),
    foreign key (organization, person) references people (organization, id),
    foreign key (organization, agent) references agents (organization, id)
  );
  create index tasks_person on tasks (organization, person, expires_at);
  create index tasks_agent on tasks (organization, agent, expires_at);
  create table task_actions (
    organization text not null,
    task         text not null,
    position     int  not null,
    action       text not null,
    version      int  not null,
    resource     text not null,
    via_scope    text,
    parameters   jsonb not null,
    access       text not null check (access in ('read', 'write')),
    impact       text not null check (impact in ('low', 'medium', 'high', 'critical')),
    max_uses     int check (max_uses > 0),
    uses         int not null default 0 check (uses >= 0),
    primary key (organization, task, position),
    foreign key (organization, task) references tasks (organization, id) on delete cascade,
    -- The last line against a race that draws one use too many.
    check (max_uses is null or uses <= max_uses)
  );
  create table redemptions (
    organization    text not null,
    id              text not null unique,
    task            text not null,
    position        int not null,
    -- Of the token that was presented: who acted may be further down than the agent of the task.
    jti             text not null,
    txn             text not null,
    person          text,
    agent           text,
    resource_server text not null,
    resource        text not null,
    action          text not null,
    parameters      jsonb not null,
    answer_hash     text not null,
    idempotency_key text not null check (length(idempotency_key) between 1 and 255),
    tool            text,
    request_id      text,
    status          text not null check (status in ('reserved', 'succeeded', 'failed', 'released')),
    remaining       int,
    reference       text,
    affected        int,
    reserved_at     timestamptz not null default clock_timestamp(),
    expires_at      timestamptz not null,
    closed_at       timestamptz,
    primary key (organization, id),
    unique (resource_server, idempotency_key),
    foreign key (organization, task, position) references task_actions (organization, task, position)
  );
  create table outcomes (
    organization    text not null,
    jti             text not null,
    request_id      text not null,
    resource_server text not null,
    action          text not null,
    decision        text not null check (decision in ('accepted', 'refused')),
    status          text check (status in ('succeeded', 'failed')),
    reference       text,
    tool            text,
    at              timestamptz not null,
    received_at     timestamptz not null default now(),
    primary key (organization, jti, request_id)
  );
`;

const TOKENS = `
  create table derived_grants (
    organization text not null,
    id           text not null unique,
    task         text not null,
    parent       text,
    path         text[] not null,
    agent        text,
    client_id    text not null,
    depth        int not null check (depth between 1 and 8),
    bound_to          text,
    created_at   timestamptz not null default clock_timestamp(),
    expires_at   timestamptz not null,
    primary key (organization, id),
    foreign key (organization, task) references tasks (organization, id) on delete cascade
  );
  create index derived_grants_task on derived_grants (organization, task);
  create table issued_tokens (
    organization   text not null,
    issued_at      timestamptz not null,
    jti            text not null,
    kind           text not null check (kind in ('leaf', 'root', 'handoff', 'own', 'assertion')),
    client_id      text not null,
    agent          text,
    agents         text[] not null,
    person         text,
    subject        text not null,
    task           text,
    lineage        text[] not null,
    parent         text,
    resource       text not null,
    scopes         text[] not null,
    actions        jsonb not null,
    act            jsonb,
    bound_to            text,
    may_act        text,
    depth          int not null,
    txn            text not null,
    authentication jsonb not null,
    since          timestamptz not null,
    expires_at     timestamptz not null
  ) partition by range (issued_at);
  create table issued_tokens_rest partition of issued_tokens default;
  create unique index issued_tokens_jti on issued_tokens (issued_at, jti);
  create index issued_tokens_task on issued_tokens (organization, task, issued_at);
  create table stop_epochs (
    organization text not null references organizations,
    key          text not null check (key ~ '^(organization|agent|person|pair|task|grant|token|client|resource|edge|policy|issuer):'),
    at           timestamptz not null,
    by           text not null,
    reason       text,
    primary key (organization, key)
  );
`;

const EVIDENCE = `
  create table evidence (
    organization text not null references organizations,
    id           text not null,
    at           timestamptz not null default clock_timestamp(),
    type         text not null,
    decision     text not null check (decision in ('allowed', 'refused', 'reported')),
    reason       text,
    person       text,
    agent        text,
    application  text,
    resource     text,
    task         text,
    approval     text,
    jti          text,
    txn          text,
    outcome      text,
    commitments  jsonb not null,
    primary key (organization, id)
  );
  create index evidence_at on evidence (organization, at);
  create index evidence_task on evidence (organization, task, at) where task is not null;
  create trigger evidence_append_only before update or delete on evidence for each row execute function refuse_change();
  create trigger evidence_kept before truncate on evidence execute function refuse_change();
  -- Readable content apart: erasing it (value and salt) leaves a commitment that still verifies and says nothing.
  create table evidence_contents (
    organization text not null,
    event        text not null,
    fields       jsonb not null,
    erased_at    timestamptz,
    primary key (organization, event),
    foreign key (organization, event) references evidence (organization, id)
  );
`;

const MACHINERY = `
  create table engine_artefacts (
    id_hash      bytea not null check (length(id_hash) = 32),
    model        text not null,
    payload      jsonb not null,
    organization text,
    client_id    text,
    person       text,
    grant_id     text,
    uid_hash     bytea,
    expires_at   timestamptz,
    consumed_at  timestamptz,
    primary key (id_hash, model)
  );
  create index engine_artefacts_grant on engine_artefacts (grant_id) where grant_id is not null;
  create index engine_artefacts_uid on engine_artefacts (uid_hash) where uid_hash is not null;
  create index engine_artefacts_expires_at on engine_artefacts (expires_at) where expires_at is not null;
  create index engine_artefacts_client on engine_artefacts (client_id) where client_id is not null;
  create table replays (
    key        bytea primary key check (length(key) = 32),
    expires_at timestamptz not null
  );
  create index replays_expires_at on replays (expires_at);
  create table signing_keys (
    kid        text primary key,
    sealed     text not null,
    status     text not null check (status in ('active', 'retiring')),
    created_at timestamptz not null default now()
  );
  create table settings (
    key   text primary key,
    value jsonb not null
  );
  create table rate_limits (
    key    text primary key,
    points int not null default 0,
    expire bigint
  );
  create table signals (
    id    bigint generated always as identity primary key,
    topic text not null,
    value text not null,
    at    timestamptz not null default clock_timestamp()
  );
  create index signals_at on signals (at);
`;

/**
 * The one answer to "is this still alive?", asked by issuance, introspection, refresh, exchange, redemption
 * and the pages. Null means yes; otherwise the reason. `since` is when the authority began (a task's approval,
 * or the issuance of a token without a task): a stop at or after that instant ended it.
 */
const LIVENESS = `
  create function why_not_alive(org text, keys text[], acting text[], who text, what text, since timestamptz)
  returns text language sql stable as $$
    select case
      when exists (
        select from unnest(acting) as a(id) left join agents g on g.organization = org and g.id = a.id
        where g.status is distinct from 'active' or g.expires_at <= clock_timestamp()) then 'agent_not_active'
      when who is not null and not exists (
        select from people p where p.organization = org and p.id = who and p.status = 'active') then 'person_not_active'
      when what is not null and not exists (
        select from tasks t where t.organization = org and t.id = what and t.expires_at > clock_timestamp()) then 'task_ended'
      when exists (
        select from stop_epochs s where s.organization = org and s.key = any(keys) and s.at >= since) then 'stopped'
      -- While it is paused, nothing that began later either: a parent's hand-off to it, for example.
      when who is not null and exists (
        select from pauses p where p.organization = org and p.agent = any(acting) and p.person = who) then 'stopped'
    end $$;
`;

const CUSTOMER_TABLES = [
  'catalogue_drafts',
  'people',
  'credentials',
  'sessions',
  'agents',
  'agent_changes',
  'agent_edges',
  'pauses',
  'initial_access_tokens',
  'policies',
  'trusted_issuers',
  'agents_elsewhere',
  'enrolments',
  'approvals',
  'tasks',
  'task_actions',
  'redemptions',
  'outcomes',
  'derived_grants',
  'issued_tokens',
  'stop_epochs',
  'evidence',
  'evidence_contents',
];

const visible = (table: string, condition: string) => `
  alter table ${table} enable row level security;
  alter table ${table} force row level security;
  create policy one_organization on ${table} to countersign_pages using (${condition}) with check (${condition});
  grant select, insert, update on ${table} to countersign_pages;
`;

const ROW_LEVEL_SECURITY = `
  grant usage on schema public to countersign_pages;
  create function current_organization() returns text language sql stable as
    $$ select nullif(current_setting('countersign.organization', true), '') $$;
  ${visible('organizations', 'id = current_organization()')}
  ${CUSTOMER_TABLES.map((table) => visible(table, 'organization = current_organization()')).join('')}
  ${visible('clients', 'organization = current_organization()')}
  grant delete on pauses, agent_edges, trusted_issuers, agents_elsewhere, catalogue_drafts to countersign_pages;
  -- The servers of shared resources are everybody's to name in evidence.
  create policy shared on clients for select to countersign_pages using (organization = 'org_deployment');
  revoke update on evidence, evidence_contents from countersign_pages;
  revoke select, insert, update on credentials from countersign_pages;
  grant select (organization, person, id, kind, identifier, created_at) on credentials to countersign_pages;
  -- A page says who somebody is at another issuer, and takes it back; it makes no password and no passkey. The owner
  -- is a member of the role, so a restriction meets it too.
  grant insert (organization, person, id, kind, identifier, made_by), delete on credentials to countersign_pages;
  create policy only_upstream on credentials as restrictive for insert to countersign_pages
    with check (kind = 'upstream' or current_user <> 'countersign_pages');
  create policy only_upstream_ends on credentials as restrictive for delete to countersign_pages
    using (kind = 'upstream' or current_user <> 'countersign_pages');
  alter table resources enable row level security;
  create policy shared_or_own on resources to countersign_pages
    using (organization is null or organization = current_organization()) with check (organization = current_organization());
  alter table actions enable row level security;
  create policy shared_or_own on actions for select to countersign_pages
    using (exists (select from resources r where r.resource = actions.resource));
  grant select on resources, actions to countersign_pages;
  grant update (resource_server) on resources to countersign_pages;
  -- What is signalled names approvals and organizations: the role may say it, and hears nothing.
  grant insert (topic, value), select (id) on signals to countersign_pages;
  -- The owner names the organization in every statement of the protocol path; forced policies bind it too, so it needs its own.
  do $$ declare t text; begin
    foreach t in array array['organizations', 'clients', ${CUSTOMER_TABLES.map((t) => `'${t}'`).join(', ')}] loop
      execute format('create policy protocol_path on %I to %I using (true) with check (true)', t, current_user);
    end loop;
  end $$;
`;
