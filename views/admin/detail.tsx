import type { ComponentChildren } from 'preact';

import { visible } from '../text.tsx';
import type { Said } from '../words/words.ts';

/** One thing of the console: its name and state, what can be done with it, and its sides as addresses of their own. */
export interface AdminDetail {
  title: string;
  state?: ComponentChildren;
  lead?: ComponentChildren;
  actions?: ComponentChildren;
  tabs: readonly { href: string; label: string; current: boolean }[];
  children: ComponentChildren;
}

export function Detail({ title, state, lead, actions, tabs, children }: AdminDetail) {
  return (
    <>
      <div class="heading">
        <div class="title">
          <h1>
            <bdi>{visible(title, 80)}</bdi>
          </h1>
          {state}
        </div>
        {actions ? <div class="actions">{actions}</div> : null}
      </div>
      {lead ? <p class="lead">{lead}</p> : null}
      {tabs.length === 0 ? null : (
        <nav class="tabs" aria-label={visible(title, 80)}>
          {tabs.map(({ href, label, current }) => (
            <a class="tab" href={href} aria-current={current ? 'page' : undefined}>
              {label}
            </a>
          ))}
        </nav>
      )}
      {children}
    </>
  );
}

/** A part of a page with a heading of its own. */
export function Section({ title, children }: { title: Said; children: ComponentChildren }) {
  return (
    <section class="part">
      <h2>{title}</h2>
      {children}
    </section>
  );
}

/** Labels and values, a line each. */
export function Facts({ facts }: { facts: readonly (readonly [label: string, value: ComponentChildren])[] }) {
  return (
    <dl class="pairs admin-facts">
      {facts.map(([label, value]) => (
        <div>
          <dt>{label}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
