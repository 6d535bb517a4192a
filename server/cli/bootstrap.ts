import { join } from 'node:path';

import { createDatabase } from '../../adapters/postgres/create-database.ts';
import { Database } from '../../adapters/postgres/database.ts';
import { startEmbedded } from '../../adapters/postgres/embedded.ts';
import { offerFirstEnrolment } from '../../adapters/postgres/enrolments.ts';
import { Unavailable } from '../../adapters/unavailable.ts';
import { ENROLMENT_SECONDS } from '../admin/directory.ts';
import { type Config, ConfigurationError, readConfig } from '../config.ts';
import { writeCommandLineKey } from '../demo.ts';
import { hashOf, newSecret } from '../oauth/ids.ts';
import { Failure } from './failure.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** A link for the first administrator of a database without people. Needs the database itself, so the host. */
export async function bootstrap(
  env: Environment,
  named: string | undefined,
): Promise<{ enrolment_uri: string; expires_at: string }> {
  const config = configOf(env, named);
  return withDatabase(config, async (database) => {
    const token = newSecret();
    const expiresAt = new Date(Date.now() + ENROLMENT_SECONDS * 1000);
    if (!(await offerFirstEnrolment(database, hashOf(token), expiresAt))) {
      throw new Failure(
        'conflict',
        'There are people in this database already: an administrator of theirs adds more (countersign people add).',
      );
    }
    return { enrolment_uri: `${config.issuer}/enrol/${token}`, expires_at: expiresAt.toISOString() };
  });
}

/** The operator's key for a server whose database is not embedded, which writes none by itself. */
export async function writeOperatorKey(
  env: Environment,
  named: string | undefined,
): Promise<{ path: string; issuer: string }> {
  const { issuer, dataDir, ...config } = configOf(env, named);
  await withDatabase({ issuer, dataDir, ...config }, (database) => writeCommandLineKey(database, { issuer, dataDir }));
  return { path: join(dataDir, 'cli-key.json'), issuer };
}

function configOf(env: Environment, named: string | undefined): Config {
  try {
    return readConfig({ ...env, ...(named !== undefined && { ISSUER: named }) });
  } catch (error) {
    if (error instanceof ConfigurationError) throw new Failure('usage', error.message);
    throw error;
  }
}

async function withDatabase<T>({ databaseUrl, dataDir }: Config, work: (database: Database) => Promise<T>): Promise<T> {
  const embedded = databaseUrl === undefined ? await startEmbedded({ dataDir }).catch(unavailable) : undefined;
  try {
    if (embedded) await createDatabase(embedded.url('postgres'), 'countersign');
    const database = new Database({
      url: databaseUrl ?? embedded?.url('countersign', 'countersign') ?? '',
      poolSize: 1,
      prepared: false,
    });
    try {
      return await work(database);
    } catch (error) {
      throw explained(error);
    } finally {
      await database.close();
    }
  } finally {
    await embedded?.stop();
  }
}

function unavailable(error: unknown): never {
  throw error instanceof Unavailable ? new Failure('error', error.message) : error;
}

function explained(error: unknown): unknown {
  const { code, message } = error as { code?: string; message?: string };
  if (code === '42P01')
    return new Failure('error', 'The database has no tables yet: start the server once, then run this again.');
  if (code !== undefined && /^(ECONN|ENOTFOUND|EHOST|ETIMEDOUT|EAI_AGAIN|ENOENT|28|3D)/.test(code)) {
    return new Failure('error', `DATABASE_URL: the database did not answer (${code}: ${message}).`);
  }
  return error;
}
