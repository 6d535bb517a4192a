import { connect, type Socket } from 'node:net';

export interface LineAnswer {
  status: number;
  /** Seconds, where the answer says when to come again. */
  retryAfter: number | undefined;
  body: string;
}

/**
 * One HTTP/1.1 connection, one request at a time, and nothing else: ten thousand of them are to cost whoever generates
 * the load as little as they can, since it shares the machine with the server.
 */
export class Line {
  readonly #port: number;
  #socket: Socket | undefined;
  #received = '';
  #waiting: { resolve(answer: LineAnswer): void; reject(error: Error): void } | undefined;

  constructor(port: number) {
    this.#port = port;
  }

  /** @throws when the connection ends before the answer; the next request opens another */
  post(path: string, headers: Record<string, string>, body: string): Promise<LineAnswer> {
    const socket = this.#socket ?? this.#open();
    const lines = Object.entries({ ...headers, 'content-length': String(Buffer.byteLength(body)) });
    socket.write(
      `POST ${path} HTTP/1.1\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n${body}`,
    );
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject };
    });
  }

  close(): void {
    this.#socket?.destroy();
  }

  #open(): Socket {
    const socket = connect({ port: this.#port, host: 'localhost', noDelay: true });
    socket.setEncoding('latin1');
    socket.on('data', (text: string) => this.#hear(text));
    socket.on('error', () => {}); // 'close' follows
    socket.on('close', () => {
      this.#socket = undefined;
      this.#received = '';
      this.#waiting?.reject(new Error('the connection ended'));
      this.#waiting = undefined;
    });
    this.#socket = socket;
    return socket;
  }

  #hear(text: string): void {
    this.#received += text;
    const head = this.#received.indexOf('\r\n\r\n');
    if (head < 0) return;
    const headers = this.#received.slice(0, head);
    const length = Number(/^content-length: (\d+)/im.exec(headers)?.[1] ?? 0);
    if (this.#received.length < head + 4 + length) return;
    const body = this.#received.slice(head + 4, head + 4 + length);
    this.#received = '';
    const retryAfter = /^retry-after: (\d+)/im.exec(headers)?.[1];
    this.#waiting?.resolve({
      status: Number(headers.slice(9, 12)),
      retryAfter: retryAfter === undefined ? undefined : Number(retryAfter),
      body,
    });
    this.#waiting = undefined;
  }
}
