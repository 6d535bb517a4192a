import { randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createTlsServer, type Server as TlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { pino } from 'pino';

import { prepareDataDirectory } from '../adapters/data-directory.ts';
import { createDatabase } from '../adapters/postgres/create-database.ts';
import { type EmbeddedServer, startEmbedded } from '../adapters/postgres/embedded.ts';
import { assertReachable } from '../adapters/postgres/reachable.ts';
import { Unavailable } from '../adapters/unavailable.ts';
import { migrate } from '../migrations/index.ts';
import { composeHouse, type House } from './compose.ts';
import { type Config, type MtlsConfig, StartupError } from './config.ts';
import { type DemoFile, fillDemonstration, writeCommandLineKey } from './demo.ts';
import { startDemonstrationSystems } from './demonstration-systems.ts';
import { management } from './management.ts';

export interface Running {
  issuer: string;
  /** The port it really listens on. */
  port: number;
  managementPort: number;
  demo: DemoFile | undefined;
  house: House;
  /** Nothing answers any more and no process is left. */
  close(): Promise<void>;
}

const DATABASE = 'countersign';

/**
 * Configuration → database → migrations → keys and catalogue → listening.
 *
 * @throws StartupError when the machine is not as the settings say; the message names what to do
 */
export async function start(config: Config): Promise<Running> {
  const logger = pino({ level: config.logLevel, base: null });
  const http = await claimPort(config.port, 'PORT');
  const closers: (() => Promise<unknown>)[] = [() => closeServer(http)];
  const close = async () => {
    for (const closer of closers.splice(0).reverse())
      await closer().catch((error) => logger.error({ err: error }, 'while stopping'));
  };
  try {
    if (!config.databaseUrl || config.demo || !config.sealingKey) prepareDataDirectory(config.dataDir);
    const { databaseUrl, embedded } = await openDatabase(config);
    if (embedded) closers.push(() => embedded.stop());
    await migrate(databaseUrl).catch((cause: Error) => {
      throw new StartupError(
        `DATABASE_URL: the database could not be brought to the newest schema (${reasonOf(cause)}). Check the URL, and that the user may create tables and roles.`,
      );
    });

    let house: House | undefined;
    const { metrics, server: managementServer } = management(async () => ({
      database: house?.isInTouch() !== false && (await house?.database.rows('select 1')) !== undefined,
      clock: house?.clock.agrees() ?? true,
    }));
    const address = `http://localhost:${(http.address() as AddressInfo).port}`;
    const systems = config.demo ? await startDemonstrationSystems({ issuer: config.issuer, address }) : undefined;
    if (systems) closers.push(() => systems.close());
    // What the operator names comes last, and wins.
    const resourceAddresses = new Map([...(systems?.addresses ?? []), ...config.resourceAddresses]);
    house = await composeHouse({
      config: { ...config, resourceAddresses },
      databaseUrl,
      sealingKey: sealingKey(config),
      logger,
      metrics,
    });
    const made = house;
    closers.push(() => made.close());
    const demo = config.demo
      ? await fillDemonstration(made.database, {
          issuer: config.issuer,
          dataDir: config.dataDir,
          password: config.demoPassword,
        })
      : undefined;
    if (demo) await made.reloadCatalogue();
    if (embedded || config.demo)
      await writeCommandLineKey(made.database, { issuer: config.issuer, dataDir: config.dataDir });

    const managementPort = await listen(managementServer, config.managementPort, 'MANAGEMENT_PORT', '127.0.0.1');
    closers.push(() => closeServer(managementServer));
    const jobs = made.startJobs();
    closers.push(() => jobs.close());
    http.removeAllListeners('request');
    const serve = made.app.callback();
    http.on('request', serve);
    if (config.mtls?.from === 'listener') {
      const forCertificates = certificateListener(config.mtls, serve);
      closers.push(() => closeServer(forCertificates));
      await listen(forCertificates, config.mtls.port, 'COUNTERSIGN_MTLS_PORT');
    }
    const { port } = http.address() as AddressInfo;
    return { issuer: config.issuer, port, managementPort, demo, house: made, close };
  } catch (error) {
    await close();
    throw error instanceof Unavailable ? new StartupError(error.message) : error;
  }
}

/** Listening first: a taken port is told before a database is started, and early requests are asked to wait. */
async function claimPort(port: number, setting: string): Promise<Server> {
  const server = createServer((_request, response) => {
    response.writeHead(503, { 'retry-after': '1', 'content-type': 'application/json' });
    response.end('{"error":"temporarily_unavailable","error_description":"starting"}');
  });
  // Longer than clients and proxies keep an idle connection: otherwise ours closes just when theirs sends (a held poll is
  // answered, and the next one follows on the same connection).
  server.keepAliveTimeout = 65_000;
  await listen(server, port, setting);
  return server;
}

/**
 * A port whose clients prove the key of a certificate in the handshake (RFC 8705). Any certificate: what it is good for
 * is decided where it is used, and a self-signed one is good for some things.
 */
function certificateListener(
  { certificate, key }: MtlsConfig & { from: 'listener' },
  serve: RequestListener,
): TlsServer {
  const options = {
    cert: certificate,
    key,
    requestCert: true,
    rejectUnauthorized: false,
    minVersion: 'TLSv1.2' as const,
  };
  return createTlsServer(options, (request, response) => {
    // No proxy stands before this port: what one would say is the client's own words here.
    for (const name of Object.keys(request.headers)) {
      if (name === 'forwarded' || name.startsWith('x-forwarded-')) delete request.headers[name];
    }
    serve(request, response);
  });
}

function listen(server: Server | TlsServer, port: number, setting: string, host?: string): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') {
        return reject(
          new StartupError(
            `${setting}: port ${port} is taken by another program. Stop it, or set ${setting} to a free port.`,
          ),
        );
      }
      if (error.code === 'EACCES') {
        return reject(
          new StartupError(
            `${setting}: this user may not listen on port ${port}. Set ${setting} to a port above 1023.`,
          ),
        );
      }
      reject(error);
    });
    server.listen(port, host, () => resolve((server.address() as AddressInfo).port));
  });
}

async function openDatabase(config: Config): Promise<{ databaseUrl: string; embedded?: EmbeddedServer }> {
  if (config.databaseUrl !== undefined) {
    await assertReachable(config.databaseUrl);
    return { databaseUrl: config.databaseUrl };
  }
  const embedded = await startEmbedded({ dataDir: config.dataDir });
  await createDatabase(embedded.url('postgres'), DATABASE);
  return { databaseUrl: embedded.url(DATABASE, 'countersign'), embedded };
}

/** From the setting, or made once and kept beside the data; never in the database it seals. */
function sealingKey({ sealingKey: given, dataDir }: Config): Buffer {
  if (given) return given;
  const path = join(dataDir, 'sealing.key');
  try {
    return Buffer.from(readFileSync(path, 'utf8').trim(), 'base64url');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  const key = randomBytes(32);
  try {
    writeFileSync(path, `${key.toString('base64url')}\n`, { mode: 0o600, flag: 'wx' });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST')
      return Buffer.from(readFileSync(path, 'utf8').trim(), 'base64url');
    throw error;
  }
  return key;
}

function closeServer(server: Server | TlsServer): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeIdleConnections();
    // A held poll would hold us for 25 seconds: its client asks again.
    setTimeout(() => server.closeAllConnections(), 500).unref();
  });
}

const reasonOf = (error: unknown): string =>
  (error as NodeJS.ErrnoException).code ?? (error as Error).message.split('\n')[0] ?? 'unknown';
