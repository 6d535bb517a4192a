import { argon2, randomBytes, timingSafeEqual } from 'node:crypto';

/** argon2id (RFC 9106) with 19 MiB, two passes, one lane; a PHC string. */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(16);
  const tag = await derive(password, salt, COST);
  return `$argon2id$v=19$m=${COST.memory},t=${COST.passes},p=1$${base64(salt)}$${base64(tag)}`;
}

/** Takes as long for an unknown account (`stored` undefined) as for a known one. */
export async function passwordMatches(password: string, stored: string | undefined): Promise<boolean> {
  const [, , , cost = '', salt = '', tag = ''] = (stored ?? DECOY).split('$');
  const [, memory, passes] = /^m=(\d+),t=(\d+),p=1$/.exec(cost) ?? [];
  const expected = Buffer.from(tag, 'base64');
  const actual = await derive(password, Buffer.from(salt, 'base64'), {
    memory: Number(memory),
    passes: Number(passes),
  });
  return actual.length === expected.length && timingSafeEqual(actual, expected) && stored !== undefined;
}

const COST = { memory: 19456, passes: 2 };
const DECOY = `$argon2id$v=19$m=${COST.memory},t=${COST.passes},p=1$${base64(Buffer.alloc(16, 1))}$${base64(Buffer.alloc(32, 1))}`;

function derive(password: string, nonce: Buffer, { memory, passes }: typeof COST): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    argon2('argon2id', { message: password, nonce, parallelism: 1, tagLength: 32, memory, passes }, (error, tag) =>
      error ? reject(error) : resolve(tag),
    );
  });
}

function base64(bytes: Buffer): string {
  return bytes.toString('base64').replace(/=+$/, '');
}
