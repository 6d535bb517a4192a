import type { Adapter, AdapterPayload } from 'oidc-provider';

import { outwardId } from '../../server/agents/document.ts';
import type { TaskStore } from '../../server/tasks/task.ts';

/**
 * The engine's `Grant` is a view of a task: one each, with the task's own expiry, and nothing to keep in step.
 * A task is made by an approval; the engine only reads it.
 */
export class TaskGrantAdapter implements Adapter {
  readonly #tasks: TaskStore;
  readonly #issuer: string;

  constructor(tasks: TaskStore, issuer: string) {
    this.#tasks = tasks;
    this.#issuer = issuer;
  }

  async find(id: string): Promise<AdapterPayload | undefined> {
    const task = await this.#tasks.find(id);
    if (!task) return undefined;
    const scope = task.scopes.join(' ');
    return {
      kind: 'Grant',
      jti: task.id,
      iat: Math.floor(task.approvedAt.getTime() / 1000),
      exp: Math.floor(task.expiresAt.getTime() / 1000),
      accountId: task.person,
      clientId: outwardId(task.clientId),
      // `openid` says no more about the person than every token of the task does, so it needs no decision of its own.
      openid: { scope: [...new Set(['openid', ...task.oidcScopes, ...task.scopes])].join(' ') },
      resources: Object.fromEntries([this.#issuer, ...task.resources].map((resource) => [resource, scope])),
    } as AdapterPayload;
  }

  upsert(): Promise<undefined> {
    throw new Error('a Grant is a task: approvals make it');
  }
  consume(): Promise<undefined> {
    throw new Error('a Grant is not consumed');
  }
  destroy(): Promise<undefined> {
    throw new Error('a task is ended by a stop');
  }
  findByUid(): Promise<undefined> {
    return Promise.resolve(undefined);
  }
  findByUserCode(): Promise<undefined> {
    return Promise.resolve(undefined);
  }
  revokeByGrantId(): Promise<undefined> {
    return Promise.resolve(undefined);
  }
}
