import type { AddressInfo } from 'node:net';
import { SMTPServer } from 'smtp-server';

export interface Mail {
  to: string[];
  from: string;
  /** As it came: headers and body. */
  raw: string;
  /** The text part, decoded. */
  text: string;
  html: string;
  headers: Record<string, string>;
}

/** A mail server that keeps every message instead of sending it. */
export interface Mailbox {
  url: string;
  received: Mail[];
  /** Answers to the next messages, as SMTP codes; accepted when there is none left. */
  refusals: number[];
  until(count: number): Promise<Mail[]>;
  close(): Promise<void>;
}

export async function startMailbox(): Promise<Mailbox> {
  const received: Mail[] = [];
  const refusals: number[] = [];
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS', 'AUTH'],
    onData(stream, session, done) {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => {
        const code = refusals.shift();
        if (code !== undefined) return done(Object.assign(new Error('refused'), { responseCode: code }));
        const raw = Buffer.concat(chunks).toString('utf8');
        const { mailFrom, rcptTo } = session.envelope;
        received.push({
          ...partsOf(raw),
          raw,
          from: mailFrom === false ? '' : mailFrom.address,
          to: rcptTo.map(({ address }) => address),
        });
        done();
      });
    },
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
  return {
    url: `smtp://127.0.0.1:${(server.server.address() as AddressInfo).port}`,
    received,
    refusals,
    async until(count) {
      for (const deadline = Date.now() + 10_000; received.length < count; ) {
        if (Date.now() > deadline) throw new Error(`${received.length} of ${count} mails came`);
        await new Promise((resolve) => setTimeout(resolve, 30));
      }
      return received;
    },
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

function partsOf(raw: string): Pick<Mail, 'text' | 'html' | 'headers'> {
  const [head = '', ...rest] = raw.split('\r\n\r\n');
  const headers = Object.fromEntries(
    head
      .replace(/\r\n[ \t]+/g, ' ')
      .split('\r\n')
      .map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]),
  );
  const boundary = /boundary="?([^";]+)"?/.exec(headers['content-type'] ?? '')?.[1];
  const body = rest.join('\r\n\r\n');
  const parts = boundary === undefined ? [raw] : body.split(`--${boundary}`);
  const part = (type: string) => {
    const found = parts.find((one) => one.toLowerCase().includes(`content-type: ${type}`)) ?? '';
    const content = found.slice(found.indexOf('\r\n\r\n') + 4);
    return /base64/i.test(found.split('\r\n\r\n')[0] ?? '')
      ? Buffer.from(content, 'base64').toString('utf8')
      : content
          .replace(/=\r\n/g, '')
          .replace(/(?:=[0-9A-F]{2})+/g, (bytes) => Buffer.from(bytes.replaceAll('=', ''), 'hex').toString('utf8'));
  };
  return { headers, text: part('text/plain'), html: part('text/html') };
}
