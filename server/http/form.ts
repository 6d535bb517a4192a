import type { IncomingMessage } from 'node:http';

/** A request that cannot be taken as it is: told in the standard form of whoever asked, and nothing changes. */
export class BadRequest extends Error {
  readonly status: number;
  constructor(message: string, status = 400) {
    super(message);
    this.name = 'BadRequest';
    this.status = status;
  }
}

const LIMIT_BYTES = 64 * 1024;

/** The body, up to 64 KB. @throws BadRequest */
export async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > LIMIT_BYTES) throw new BadRequest('the body is larger than 64 KB', 413);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** A form whose fields may come once each. @throws BadRequest */
export async function readForm(request: IncomingMessage): Promise<Map<string, string>> {
  if (!/^application\/x-www-form-urlencoded\b/i.test(request.headers['content-type'] ?? '')) {
    throw new BadRequest('the body must be application/x-www-form-urlencoded', 400);
  }
  const form = new Map<string, string>();
  for (const [name, value] of new URLSearchParams(await readBody(request))) {
    // Two values for one name are read differently by different readers (OA-13).
    if (form.has(name)) throw new BadRequest(`${name.slice(0, 40).replace(/[^\w-]/g, '?')} was sent more than once`);
    form.set(name, value);
  }
  return form;
}

/** A JSON object. @throws BadRequest */
export async function readJson(request: IncomingMessage): Promise<unknown> {
  if (!/^application\/json\b/i.test(request.headers['content-type'] ?? '')) {
    throw new BadRequest('the body must be application/json');
  }
  try {
    return JSON.parse(await readBody(request));
  } catch (error) {
    if (error instanceof BadRequest) throw error;
    throw new BadRequest('the body is not JSON');
  }
}
