import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';

import type { Database } from '../../adapters/postgres/database.ts';
import { type Authenticator, addPasskey } from './authenticator.ts';
import { signIn, type TestPerson } from './person.ts';
import type { TestServer } from './server.ts';

/** Somebody with a passkey. */
export interface Member {
  id: string;
  email: string;
  person: TestPerson;
  key: Authenticator;
}

/** A colleague of the demonstration's approver, who signs in with the same password. */
export async function addColleague(database: Database, email: string, name: string): Promise<void> {
  const id = `usr_${randomBytes(16).toString('hex')}`;
  await database.run(
    `with twin as (select * from people where email = 'approver@acme.example'),
     person as (
       insert into people (organization, id, email, name, roles, time_zone)
       select organization, $1, $2, $3, '{}', time_zone from twin returning organization)
     insert into credentials (organization, person, id, kind, identifier, secret, made_by)
     select c.organization, $1, 'crd_' || substr($1, 5), 'password', $2, c.secret, 'test'
     from credentials c join twin on twin.id = c.person where c.kind = 'password'`,
    [id, email, name],
  );
}

/** Signs somebody in and gives them a passkey. */
export async function memberOf(server: TestServer, database: Database, email: string): Promise<Member> {
  const person = await signIn(server, email);
  const key = await addPasskey(person, server.issuer);
  const row = await database.first<{ id: string }>('select id from people where email = $1', [email]);
  return { id: row?.id ?? '', email, person, key };
}

/** A group of these people, confirmed long ago: what was asked meanwhile, they may decide. */
export async function addGroup(
  database: Database,
  organization: string,
  name: string,
  members: readonly { id: string }[],
): Promise<string> {
  const id = `grp_${randomBytes(16).toString('hex')}`;
  await database.run(`insert into groups (organization, id, name, made_by) values ($1, $2, $3, 'test')`, [
    organization,
    id,
    name,
  ]);
  for (const member of members) await joinGroup(database, organization, id, member.id, '1 hour');
  return id;
}

/** Who was told of a request, or would have been if anything led to them: once as many of them as are waited for. */
export async function toldOf(database: Database, approval: string, count: number): Promise<string[]> {
  const look = () =>
    database.rows<{ person: string }>('select distinct person from notifications where approval = $1 order by person', [
      approval,
    ]);
  const left = () =>
    database.first(
      `select from outbox where state = 'waiting' and kind = 'notify' and payload ->> 'approval' = $1 and (due_at <= now() or lease is not null)`,
      [approval],
    );
  for (const deadline = Date.now() + 15_000; ; await sleep(30)) {
    const told = await look();
    if (told.length >= count && !(await left())) return told.map(({ person }) => person);
    if (Date.now() > deadline) throw new Error(`${told.length} were told and not ${count}`);
  }
}

export const joinGroup = (
  database: Database,
  organization: string,
  group: string,
  person: string,
  ago = '0 seconds',
): Promise<number> =>
  database.run(
    `insert into group_members (organization, of_group, person, added_by, counts_from)
     values ($1, $2, $3, 'test', clock_timestamp() - $4::interval)`,
    [organization, group, person, ago],
  );
