import type { IncomingMessage } from 'node:http';

import { jsonRefused } from '../../views/words/json.ts';
import { inEnglish, type Saying, saying } from '../../views/words/saying.ts';
import type { PlainMessage } from '../../views/words/words.ts';
import { parseStrictJson } from '../oauth/strict-json.ts';
import { checkTexts } from '../oauth/text.ts';

/** A request that cannot be taken as it is: told in the standard form of whoever asked, and nothing changes. */
export class BadRequest extends Error {
  readonly status: number;
  /** The same for a person at a page; machines and logs get `message`. */
  readonly forPeople: Saying | undefined;
  /** @param message for machines; a sentence of ours is said to people as well, in their language */
  constructor(message: string | Saying, status = 400, forPeople?: PlainMessage) {
    super(typeof message === 'string' ? message : inEnglish(message));
    this.name = 'BadRequest';
    this.status = status;
    this.forPeople = typeof message === 'function' ? message : forPeople && saying(forPeople);
  }
}

const LIMIT_BYTES = 64 * 1024;

/** The body, up to 64 KB where nothing else is said. @throws BadRequest */
export async function readBody(request: IncomingMessage, limitBytes?: number): Promise<string> {
  return (await readBytes(request, limitBytes)).toString('utf8');
}

async function readBytes(request: IncomingMessage, limitBytes = LIMIT_BYTES): Promise<Buffer> {
  const before = given.get(request);
  if (before) return before;
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > limitBytes) throw new BadRequest(`the body is larger than ${limitBytes / 1024} KB`, 413);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

const FORM = /^application\/x-www-form-urlencoded\b/i;

/** The body of a form, as it came, up to 64 KB; undefined, and unread, where it is none. @throws BadRequest */
export async function formBody(request: IncomingMessage): Promise<Buffer | undefined> {
  return FORM.test(request.headers['content-type'] ?? '') ? readBytes(request) : undefined;
}

/** A body that was read is there again: for these functions, and for the engine, which reads it so. */
export function giveBack(request: IncomingMessage, body: Buffer): void {
  given.set(request, body);
  if (request.headers['content-length'] !== undefined) request.headers['content-length'] = String(body.length);
  Object.defineProperties(request, {
    readable: { value: true, configurable: true },
    iterator: {
      configurable: true,
      async *value() {
        yield body;
      },
    },
  });
}

const given = new WeakMap<IncomingMessage, Buffer>();

export interface FormOptions {
  /** 64 KB where nothing else is said. */
  limitBytes?: number;
  /** It may come with files (RFC 7578): each is a field of its text, beside one of its name, `file` and `file_name`. */
  files?: boolean;
}

/** A form whose fields may come once each. @throws BadRequest */
export async function readForm(
  request: IncomingMessage,
  { limitBytes, files = false }: FormOptions = {},
): Promise<Map<string, string>> {
  const type = request.headers['content-type'] ?? '';
  const parts = files && PARTS.test(type);
  if (!parts && !FORM.test(type)) throw new BadRequest('the body must be application/x-www-form-urlencoded', 400);
  const body = await readBytes(request, limitBytes);
  const form = new Map<string, string>();
  for (const [name, value] of parts ? await fieldsOf(body, type) : new URLSearchParams(body.toString('utf8'))) {
    // Two values for one name are read differently by different readers (OA-13).
    const shown = name.slice(0, 40).replace(/[^\w-]/g, '?');
    if (form.has(name)) throw new BadRequest(`${shown} was sent more than once`);
    if (name.includes('\0') || value.includes('\0')) throw new BadRequest(`${shown} holds a null character`);
    form.set(name, value);
  }
  return form;
}

const PARTS = /^multipart\/form-data\s*;/i;

async function fieldsOf(body: Buffer, type: string): Promise<[string, string][]> {
  const sent = await new Response(new Uint8Array(body), { headers: { 'content-type': type } }).formData().catch(() => {
    throw new BadRequest('the body is not multipart/form-data');
  });
  const fields = [...sent].map(async ([name, value]): Promise<[string, string][]> => {
    if (typeof value === 'string') return [[name, value]];
    return [
      [name, await value.text()],
      [`${name}_name`, value.name],
    ];
  });
  return (await Promise.all(fields)).flat();
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

/**
 * JSON that has one meaning (no repeated member, no number that a double bends) and that can be recorded as it came.
 *
 * @throws BadRequest
 */
export async function readStrictJson(request: IncomingMessage, limitBytes?: number): Promise<unknown> {
  if (!/^application\/json\b/i.test(request.headers['content-type'] ?? '')) {
    throw new BadRequest('the body must be application/json');
  }
  const parsed = parseStrictJson(await readBody(request, limitBytes));
  if (!parsed.ok) {
    const problem = inEnglish(jsonRefused(parsed.problem));
    throw new BadRequest(`the body is ${problem.replace(/[^\x20-\x7e]/g, '?')}`);
  }
  const broken = checkTexts(parsed.value, '', (text) =>
    text.isWellFormed() && !text.includes('\0') ? undefined : 'broken',
  );
  if (broken) throw new BadRequest('the body holds a null character or half a character');
  return parsed.value;
}
