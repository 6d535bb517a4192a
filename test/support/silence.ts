import net from 'node:net';

/** An address at which somebody takes every connection and never says a word. */
export interface Silence {
  host: string;
  port: number;
  close(): Promise<void>;
}

export async function startSilence(): Promise<Silence> {
  const open = new Set<net.Socket>();
  const server = net.createServer((socket) => {
    open.add(socket);
    socket.on('error', () => {}).on('close', () => open.delete(socket));
    socket.resume();
  });
  await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve));
  const { port } = server.address() as net.AddressInfo;
  return {
    host: `localhost:${port}`,
    port,
    close: () =>
      new Promise((resolve) => {
        for (const socket of open) socket.destroy();
        server.close(() => resolve());
      }),
  };
}

/** A way to a database that can fall silent: nothing is refused, and nothing comes through until it is mended. */
export interface Line {
  /** The same database, by this way. */
  url: string;
  cut(): void;
  mend(): void;
  close(): Promise<void>;
}

export async function startLine(databaseUrl: string): Promise<Line> {
  const there = new URL(databaseUrl);
  const ends = new Set<net.Socket>();
  let silent = false;
  const server = net.createServer((near) => {
    const socketFolder = there.searchParams.get('host');
    const far = net.connect(
      socketFolder?.startsWith('/')
        ? { path: `${socketFolder}/.s.PGSQL.${there.port || 5432}` }
        : { host: there.hostname, port: Number(there.port || 5432) },
    );
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      ends.add(one);
      one
        .on('error', () => {})
        .on('close', () => {
          ends.delete(one);
          other.destroy();
        });
      one.on('data', (chunk) => other.write(chunk));
      if (silent) one.pause();
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const here = new URL(databaseUrl);
  here.hostname = '127.0.0.1';
  here.port = String((server.address() as net.AddressInfo).port);
  here.searchParams.delete('host');
  return {
    url: here.href,
    cut() {
      silent = true;
      for (const end of ends) end.pause();
    },
    mend() {
      silent = false;
      for (const end of ends) end.resume();
    },
    close: () =>
      new Promise((resolve) => {
        for (const end of ends) end.destroy();
        server.close(() => resolve());
      }),
  };
}
