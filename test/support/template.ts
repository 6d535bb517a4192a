import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { DATABASE_ROLE, otherDatabase } from '../../adapters/postgres/create-database.ts';

export const newName = () => `test_${randomUUID().replaceAll('-', '')}`;

/** A superuser's URL, for what only a superuser may do (settings, other roles, other databases). */
export function adminUrl(): string {
  const url = process.env.TEST_ADMIN_URL;
  if (!url) throw new Error('TEST_ADMIN_URL is set by global-setup.ts');
  return url;
}

export const urlOf = (name: string) => otherDatabase(adminUrl(), name, DATABASE_ROLE);

/** About 20 ms in memory. file_copy: with fsync off it is twice as fast as writing the copy to the log. */
export function copyTemplate(name: string): Promise<void> {
  const template = pg.escapeIdentifier(process.env.TEST_TEMPLATE ?? '');
  return asAdmin(`create database ${name} template ${template} owner ${DATABASE_ROLE} strategy file_copy`);
}

/** Ends every connection to it first. */
export function dropDatabase(name: string): Promise<void> {
  return asAdmin(`drop database if exists ${pg.escapeIdentifier(name)} with (force)`);
}

async function asAdmin(sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: adminUrl() });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}
