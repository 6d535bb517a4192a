import { createSocket } from 'node:dgram';
import type { AddressInfo } from 'node:net';

/** Answers of a name server by name: `A`, `AAAA` and `TXT` records. Called for each question, so that answers may change. */
export type Zone = (name: string, type: 'A' | 'AAAA' | 'TXT') => readonly string[];

export interface NameServer {
  /** `address:port`, as `COUNTERSIGN_DNS_SERVERS` takes it. */
  address: string;
  /** Names that were asked for, each question once. */
  asked: string[];
  close(): Promise<void>;
}

const TYPES = { 1: 'A', 16: 'TXT', 28: 'AAAA' } as const;

/** A real name server (RFC 1035) on loopback, small: one question, uncompressed answers, over UDP. */
export async function startNameServer(zone: Zone): Promise<NameServer> {
  const socket = createSocket('udp4');
  const asked: string[] = [];
  socket.on('message', (query, from) => {
    const labels: string[] = [];
    let at = 12;
    while (query[at] !== 0) {
      const length = query[at] as number;
      labels.push(query.toString('latin1', at + 1, at + 1 + length));
      at += length + 1;
    }
    const name = labels.join('.').toLowerCase();
    const code = query.readUInt16BE(at + 1);
    const question = query.subarray(12, at + 5);
    const type = TYPES[code as keyof typeof TYPES];
    asked.push(`${type} ${name}`);
    const records = type ? zone(name, type).map((value) => recordOf(code, dataOf(type, value))) : [];
    const header = Buffer.alloc(12);
    query.copy(header, 0, 0, 2);
    header.writeUInt16BE(0x8180, 2); // an answer, recursion available
    header.writeUInt16BE(1, 4);
    header.writeUInt16BE(records.length, 6);
    socket.send(Buffer.concat([header, question, ...records]), from.port, from.address);
  });
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
  const { port } = socket.address() as AddressInfo;
  return {
    address: `127.0.0.1:${port}`,
    asked,
    close: () => new Promise((resolve) => socket.close(() => resolve())),
  };
}

/** The name as a pointer to the question, one class, no time to live. */
function recordOf(code: number, data: Buffer): Buffer {
  const head = Buffer.alloc(12);
  head.writeUInt16BE(0xc00c, 0);
  head.writeUInt16BE(code, 2);
  head.writeUInt16BE(1, 4);
  head.writeUInt16BE(data.length, 10);
  return Buffer.concat([head, data]);
}

function dataOf(type: 'A' | 'AAAA' | 'TXT', value: string): Buffer {
  if (type === 'A') return Buffer.from(value.split('.').map(Number));
  if (type === 'AAAA') {
    const [left = '', right = ''] = value.split('::').map((side) =>
      side
        .split(':')
        .filter(Boolean)
        .map((part) => part.padStart(4, '0'))
        .join(''),
    );
    return Buffer.from(value.includes('::') ? left + '0'.repeat(32 - left.length - right.length) + right : left, 'hex');
  }
  // A record may come in pieces of 255 bytes.
  const pieces = value.match(/.{1,20}/gs) ?? [''];
  return Buffer.concat(pieces.map((piece) => Buffer.concat([Buffer.from([piece.length]), Buffer.from(piece)])));
}
