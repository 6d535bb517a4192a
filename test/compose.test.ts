import fs from 'node:fs';
import { expect, test } from '@jest/globals';
import { Ajv } from 'ajv';
import formats from 'ajv-formats';
import pg from 'pg';
import { parse } from 'yaml';
import { readConfig } from '../server/config.ts';
import { adminUrl } from './support/database.ts';

test('docker-compose.yml is what the Compose Specification describes', () => {
  const schema = JSON.parse(fs.readFileSync('test/support/compose-spec/compose-spec.json', 'utf8'));
  const { $schema: _draft, ...rest } = schema;
  const ajv = new Ajv({ strict: false, allErrors: true });
  formats.default(ajv);
  ajv.addFormat('ports', true).addFormat('expose', true).addFormat('subnet_ip_address', true);
  const valid = ajv.validate(rest, compose());
  expect(ajv.errors ?? []).toEqual([]);
  expect(valid).toBe(true);
});

test('docker-compose.yml gives the server a configuration it accepts, with demonstration data', () => {
  const config = readConfig(environmentOf(compose()));
  expect(config).toMatchObject({ production: false, demo: true, issuer: 'http://localhost:3000' });
});

test('docker-compose.yml gives the server a production configuration from the variables it names', () => {
  const variables = {
    NODE_ENV: 'production',
    DEMO: '0',
    ISSUER: 'https://auth.example.com',
    COUNTERSIGN_TRUST_PROXY: '1',
    COUNTERSIGN_SEALING_KEY: Buffer.alloc(32).toString('base64url'),
    COUNTERSIGN_DATABASE_PASSWORD: 's3cret',
  };
  expect(readConfig(environmentOf(compose(variables)))).toMatchObject({
    production: true,
    demo: false,
    databaseUrl: 'postgresql://countersign:s3cret@postgres/countersign',
  });
});

test('docker-compose.yml makes a role that owns its database and is no superuser', async () => {
  const [createRole, createDatabase] = compose().configs.database.content.trim().split('\n');
  expect(createDatabase).toBe('create database countersign owner countersign;');
  const admin = new pg.Client({ connectionString: adminUrl() });
  await admin.connect();
  await admin.query('begin');
  await admin.query(createRole.replace('create role countersign', 'create role as_composed'));
  const { rows } = await admin.query(
    `select rolsuper, rolcreaterole, rolcreatedb, rolbypassrls, rolcanlogin from pg_roles where rolname = 'as_composed'`,
  );
  await admin.query('rollback');
  await admin.end();
  expect(rows).toEqual([
    { rolsuper: false, rolcreaterole: true, rolcreatedb: false, rolbypassrls: false, rolcanlogin: true },
  ]);
});

function compose(environment: Record<string, string> = {}) {
  return parse(interpolate(fs.readFileSync('docker-compose.yml', 'utf8'), environment));
}

/** YAML has numbers, the environment of a process has not. */
function environmentOf({ services }: ReturnType<typeof compose>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(services.countersign.environment).map(([name, value]) => [name, String(value ?? '')]),
  );
}

/** `${NAME:-default}`, as Compose reads it. */
function interpolate(text: string, environment: Record<string, string>): string {
  return text.replace(/\$\{(\w+):-([^}]*)\}/g, (_, name, fallback) => environment[name] || fallback);
}
