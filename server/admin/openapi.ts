import type { Answer } from './call.ts';
import { inputsOf, type Schema, shapeOf } from './input.ts';

export type Method = 'get' | 'post' | 'put' | 'patch' | 'delete';

/** One endpoint of the router, as its table has it. */
export type Endpoint = readonly [method: Method, path: string, answer: Answer, operatorOnly?: 'operator'];

/** Who may call an endpoint: anybody who may read, those who may also stop, administrators, or the operator alone. */
export type Reach = 'reads' | 'secures' | 'administers' | 'operates';

export interface DescriptionOptions {
  issuer: string;
  endpoints: readonly Endpoint[];
  reachOf(endpoint: Endpoint): Reach;
  /** Needs a sign-in of the last minutes (RFC 9470). */
  isFresh(method: Method, path: string): boolean;
  creates(path: string): boolean;
  /** Also for whoever answers for an agent, about these alone. */
  isOwners(endpoint: Endpoint): boolean;
}

/**
 * The admin API in OpenAPI 3.1: the table that the router is made of, with the very schemas that the requests are read
 * by. What is not in here does not exist.
 */
export function describeApi({ issuer, endpoints, reachOf, isFresh, creates, isOwners }: DescriptionOptions): object {
  const paths: Record<string, Record<string, object>> = {};
  for (const endpoint of endpoints) {
    const [method, path, answer] = endpoint;
    const { query, body } = inputsOf(answer);
    const parameters = [...path.matchAll(/:([a-zA-Z]+)/g)].map(([, name = '']) => ({
      name,
      in: 'path',
      required: true,
      schema: { type: 'string' },
    }));
    const reach = reachOf(endpoint);
    const at = path.replace(/:([a-zA-Z]+)/g, '{$1}');
    paths[at] = {
      ...paths[at],
      [method]: {
        operationId: `${method}${path.replace(/[/:-]+(\w)/g, (_, letter: string) => letter.toUpperCase())}`,
        tags: [path.split('/')[1] ?? 'api'],
        description: `${REACHES[reach]}${isOwners(endpoint) ? ' And for whoever answers for an agent, about the agents they answer for.' : ''}${isFresh(method, path) ? ' A person has to have signed in within the last 5 minutes, with their passkey if they have one (RFC 9470).' : ''}`,
        security: [{ oauth: ['admin'] }],
        'x-roles': [...ROLES[reach], ...(isOwners(endpoint) ? ['owner'] : [])],
        parameters: [
          ...parameters,
          ...(query ? queryParameters(query.schema) : reach === 'operates' ? [] : [ORGANIZATION]),
          ...(method === 'post' ? [{ $ref: '#/components/parameters/IdempotencyKey' }] : []),
          ...(method !== 'get' ? [{ $ref: '#/components/parameters/IfMatch' }] : []),
        ],
        ...(body && {
          requestBody: { required: true, content: { 'application/json': { schema: body.schema } } },
        }),
        responses: {
          [method === 'post' && creates(path) ? '201' : '200']: {
            description: 'Done.',
            ...(method === 'get' && { headers: { ETag: { schema: { type: 'string' } } } }),
            content: { 'application/json': { schema: shapeOf(answer) ?? { type: 'object' } } },
          },
          ...Object.fromEntries(
            Object.entries(REFUSALS).map(([status, description]) => [
              status,
              {
                description,
                content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
              },
            ]),
          ),
        },
      },
    };
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Countersign admin API',
      version: '1',
      description:
        'Everything that administrators do, within one organization. Refusals are problem documents (RFC 9457).',
    },
    servers: [{ url: `${issuer}/admin/api` }],
    paths,
    components: {
      parameters: {
        IdempotencyKey: {
          name: 'Idempotency-Key',
          in: 'header',
          description:
            'The same request sent again with the same key is done once and answered as the first time, for a day.',
          schema: { type: 'string', maxLength: 200 },
        },
        IfMatch: {
          name: 'If-Match',
          in: 'header',
          description:
            'The ETag of what is changed, or of the list it stands in, as a GET answered it: changed meanwhile is 412.',
          schema: { type: 'string' },
        },
      },
      schemas: {
        Problem: {
          type: 'object',
          required: ['type', 'title', 'status', 'reason', 'detail'],
          properties: {
            type: { type: 'string' },
            title: { type: 'string' },
            status: { type: 'integer' },
            reason: { type: 'string', description: 'For programs.' },
            detail: { type: 'string', description: 'For people: what, and what would pass.' },
            problems: { type: 'array', items: { type: 'string' } },
          },
        },
      },
      securitySchemes: {
        oauth: {
          type: 'oauth2',
          description:
            'Access tokens for this server itself, bound to a key (DPoP, RFC 9449): sent as `Authorization: DPoP`, with a proof in the header `DPoP`.',
          flows: {
            authorizationCode: {
              authorizationUrl: `${issuer}/auth`,
              tokenUrl: `${issuer}/token`,
              scopes: { admin: 'Administer' },
            },
            clientCredentials: {
              tokenUrl: `${issuer}/token`,
              scopes: { admin: 'Administer, as the operator', 'admin.read': 'Read, as the operator' },
            },
          },
        },
      },
    },
  };
}

/** The same for programs. `owner` is whoever answers for an agent, about the agents they answer for. */
const ROLES: Readonly<Record<Reach, readonly string[]>> = {
  reads: ['operator', 'admin', 'security', 'auditor'],
  secures: ['operator', 'admin', 'security'],
  administers: ['operator', 'admin'],
  operates: ['operator'],
};

const REACHES: Readonly<Record<Reach, string>> = {
  reads: 'For administrators, security and auditors of the organization, and the operator.',
  secures: 'For administrators and security of the organization, and the operator.',
  administers: 'For administrators of the organization, and the operator.',
  operates: 'For the operator of the deployment.',
};

const REFUSALS = {
  '400': 'The request cannot be read.',
  '401': 'No access token, or not this one.',
  '403': 'Not for this caller.',
  '404': 'There is no such thing here.',
  '409': 'It stands against how things are.',
  '412': 'It changed meanwhile.',
  '422': 'It can be read, and is not acceptable.',
} as const;

const ORGANIZATION = {
  name: 'organization',
  in: 'query',
  description: 'Slug or id; an administrator has one and need not say it.',
  schema: { type: 'string' },
};

function queryParameters(schema: Schema): object[] {
  const required = (schema.required as string[] | undefined) ?? [];
  return Object.entries(schema.properties as Record<string, Schema>).map(([name, one]) => ({
    name,
    in: 'query',
    required: required.includes(name),
    schema: one,
  }));
}
