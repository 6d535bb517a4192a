import type { Database } from './database.ts';

/** False in a database that has people. A link offered before ends. */
export const offerFirstEnrolment = (database: Database, tokenHash: Buffer, expiresAt: Date): Promise<boolean> =>
  database.transaction(async (statements) => {
    const people = await statements.first<{ some: boolean }>('select exists (select from people) as some');
    if (people?.some) return false;
    await statements.run('update enrolments set expires_at = clock_timestamp() where person is null and used_at is null');
    await statements.run(`insert into enrolments (token_hash, made_by, expires_at) values ($1, 'bootstrap', $2)`, [tokenHash, expiresAt]);
    return true;
  });
