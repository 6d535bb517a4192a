import { afterAll, beforeAll, expect, test } from '@jest/globals';

import { Database } from '../../adapters/postgres/database.ts';
import { CIBA, type TestClient } from '../support/agent.ts';
import { optionsIn } from '../support/authenticator.ts';
import { askFreely, deleteDetails, financeAgent, REPOS } from '../support/ceremony.ts';
import { addColleague, addGroup, type Member, memberOf } from '../support/deciders.ts';
import { organizationOf } from '../support/delegation.ts';
import { type Deployment, startDeployment } from '../support/deployment.ts';
import { detailsParameter } from '../support/person.ts';
import { publishPolicies } from '../support/policies.ts';

const MEMBERS = 5;

let deployment: Deployment;
let database: Database;
let agent: TestClient;
let members: Member[];
beforeAll(async () => {
  deployment = await startDeployment();
  database = new Database({ url: deployment.databaseUrl, poolSize: 4, prepared: true });
  const acme = await organizationOf(database, 'acme');
  agent = await financeAgent(deployment);
  await askFreely({ query: (text, values) => database.run(text, values) }, acme);
  const emails = Array.from({ length: MEMBERS }, (_, index) => `member${index}@acme.example`);
  for (const [index, email] of emails.entries()) await addColleague(database, email, `Member ${index}`);
  members = await Promise.all(emails.map((email) => memberOf(deployment, database, email)));
  const group = await addGroup(database, acme, 'Repositories', members);
  await publishPolicies(database, acme, {
    rules: [
      { name: 'Deletions', when: { actions: ['repos.*'] }, verdict: 'ask', deciders: { group, quorum: MEMBERS - 1 } },
    ],
  });
}, 120_000);
afterAll(async () => {
  await database?.close();
  await deployment?.close();
});

const choices = (repository: string) => ({
  decision: 'approve',
  duration: 'once',
  read: '1',
  critical_value: repository,
});

/** A request of critical impact, with the first approval given: what the others sign confirms it. */
async function begun(repository: string): Promise<{ id: string; authReqId: string }> {
  const { body } = await agent.post('/backchannel', {
    scope: 'openid',
    login_hint: 'person@acme.example',
    resource: REPOS,
    authorization_details: detailsParameter(deleteDetails({ repository })),
  });
  const row = await database.first<{ id: string }>('select id from approvals order by asked_at desc limit 1');
  const [first] = members;
  if (!row || !first) throw new Error(JSON.stringify(body));
  const confirm = await first.person.submit(await first.person.get(`/r/${row.id}`), choices(repository));
  await first.person.submit(confirm, { assertion: first.key.get(optionsIn(confirm, 'request')) });
  return { id: row.id, authReqId: body.auth_req_id };
}

test('A6: 20 signatures of different members at once, at two instances: one grant, one result, everybody counted once', async () => {
  const repository = 'acme/race';
  const { id, authReqId } = await begun(repository);
  const others = members.slice(1);
  const prepared = await Promise.all(
    others.map(async ({ person, key }) => {
      const confirm = await person.submit(await person.get(`/r/${id}`), choices(repository));
      return { person, confirm, assertion: key.get(optionsIn(confirm, 'request')) };
    }),
  );
  const answers = await Promise.all(
    Array.from({ length: 20 }, (_, index) => {
      const { person, confirm, assertion } = prepared[index % prepared.length] as (typeof prepared)[number];
      return person.at(deployment.bases[index % 2 === 0 ? 0 : 1]).submit(confirm, { assertion });
    }),
  );
  // Each of those whose turn it was, once: the rest hears that it is too late, or is shown what became of it.
  expect(answers.every(({ status }) => [200, 404, 409].includes(status))).toBe(true);
  expect(answers.filter(({ html }) => html.includes('Allowed once.'))).toHaveLength(1);
  const [signed, tasks, given, approved] = await Promise.all(
    [
      `select person from decisions where approval = '${id}' and signed_at is not null`,
      `select id from tasks where approval = '${id}'`,
      `select person from evidence where approval = '${id}' and type = 'approval.given'`,
      `select person from evidence where approval = '${id}' and type = 'task.approved'`,
    ].map((sql) => database.rows<{ person: string }>(sql)),
  );
  expect([signed?.length, tasks?.length, given?.length, approved?.length]).toEqual([MEMBERS - 1, 1, MEMBERS - 2, 1]);
  expect(new Set(signed?.map(({ person }) => person)).size).toBe(MEMBERS - 1);
  const tokens = await Promise.all(
    Array.from({ length: 20 }, (_, index) =>
      agent.token({ grant_type: CIBA, auth_req_id: authReqId }, { base: deployment.bases[index % 2 === 0 ? 0 : 1] }),
    ),
  );
  expect(tokens.filter(({ status }) => status === 200)).toHaveLength(1);
});

test('a no and the last yes at once: one of them, and never both', async () => {
  for (const repository of ['acme/no-1', 'acme/no-2', 'acme/no-3']) {
    const { id } = await begun(repository);
    const [, second, third, fourth] = members as [Member, Member, Member, Member];
    for (const { person, key } of [second, third]) {
      const confirm = await person.submit(await person.get(`/r/${id}`), choices(repository));
      await person.submit(confirm, { assertion: key.get(optionsIn(confirm, 'request')) });
    }
    const page = await fourth.person.get(`/r/${id}`);
    const confirm = await fourth.person.submit(page, choices(repository));
    const last = members[4] as Member;
    const no = await last.person.get(`/r/${id}`);
    await Promise.all([
      fourth.person
        .at(deployment.bases[0])
        .submit(confirm, { assertion: fourth.key.get(optionsIn(confirm, 'request')) }),
      last.person.at(deployment.bases[1]).submit(no, { decision: 'deny' }),
    ]);
    const row = await database.first<{ status: string; tasks: string }>(
      'select status, (select count(*) from tasks t where t.approval = a.id) as tasks from approvals a where id = $1',
      [id],
    );
    expect([
      ['approved', '1'],
      ['denied', '0'],
    ]).toContainEqual([row?.status, row?.tasks]);
  }
});
