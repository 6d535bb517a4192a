import { request } from 'node:http';

/**
 * One request to this very server, through its own front door: the same checks as for everybody, and no second way in.
 * It goes to the loopback address whatever the issuer is called and whoever stands in front of it.
 *
 * @param port of this instance; it may not be known before the server listens
 */
export const ownEndpoint =
  (issuer: string, port: () => number) =>
  (path: string, token: string, body: object): Promise<{ status: number; body: Record<string, unknown> }> =>
    new Promise((resolve, reject) => {
      const sent = request(
        {
          host: '127.0.0.1',
          port: port(),
          path,
          method: 'POST',
          headers: { host: new URL(issuer).host, authorization: `Bearer ${token}`, 'content-type': 'application/json' },
          timeout: 10_000,
        },
        (response) => {
          const chunks: Buffer[] = [];
          response.on('data', (chunk: Buffer) => chunks.push(chunk));
          response.on('end', () => {
            try {
              const parsed = JSON.parse(Buffer.concat(chunks).toString('utf8')) as Record<string, unknown>;
              resolve({ status: response.statusCode ?? 500, body: parsed });
            } catch (error) {
              reject(error as Error);
            }
          });
        },
      );
      sent.on('timeout', () => sent.destroy(new Error('this server did not answer itself')));
      sent.on('error', reject);
      sent.end(JSON.stringify(body));
    });
