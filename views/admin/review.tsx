import type { ComponentChildren } from 'preact';

import { Csrf, ErrorSummary, page } from '../layout.tsx';
import { Foreign, visible } from '../text.tsx';
import { REVIEWS } from '../words/console-review.ts';
import { PARTS } from '../words/console-shell.ts';
import { useSpeaker } from '../words/context.tsx';
import type { Said } from '../words/words.ts';
import { LevelMark } from './agents.tsx';
import { Section } from './detail.tsx';
import { AdminForm, Select, TextInput } from './form.tsx';
import { Paging, Table } from './list.tsx';
import { type AdminFrame, AdminLayout } from './shell.tsx';

/** How far a campaign is. */
interface Far {
  name: string;
  agents: number;
  /** Answered, or nothing is left to answer. */
  settled: number;
  /** "Until 12 December", "closed on 3 December". */
  until: Said;
  closed: boolean;
}

export interface CampaignProps extends Far {
  started: Said;
  filter: string;
  /** Left out for whoever sees only their own. */
  owners: readonly { name: string; agents: number; settled: number }[];
  /** Where it is closed before all have answered. */
  close: string | undefined;
}

export interface ReviewsPage {
  frame: AdminFrame;
  csrf: string;
  action: string;
  /** "2 confirmed, 1 narrowed", after some were answered. */
  notice: Said | undefined;
  /** What could not be done, and why. */
  problems: readonly Said[];
  /** Of which these are; otherwise they are what is due. */
  campaign?: CampaignProps | undefined;
  total: number;
  campaigns: readonly (Far & { href: string })[];
  /** Where a campaign begins. */
  begin: string | undefined;
  /** How often agents are reviewed, and where that is changed. */
  rules: { says: Said; href: string | undefined } | undefined;
  agents: readonly {
    id: string;
    href: string;
    name: string;
    owner: string;
    due: Said;
    overdue: boolean;
    level: 'low' | 'medium' | 'high' | 'critical';
    /** Each with its last use; null: anything. */
    allowed: readonly { action: string; used: Said }[] | null;
    unused: readonly string[];
    lastUsed: Said;
  }[];
  first: string | undefined;
  next: string | undefined;
}

/** A9: what is due for review, or of one campaign what waits for an answer; one answer each and none chosen beforehand. */
export const reviewsPage = (props: ReviewsPage): string => page(<Reviews {...props} />, props.frame);

function Reviews(props: ReviewsPage) {
  const { frame, csrf, action, notice, problems, campaign, total, campaigns, begin, rules, agents } = props;
  const { say, number } = useSpeaker();
  const title = campaign ? visible(campaign.name, 80) : say(REVIEWS.title);
  return (
    <AdminLayout
      frame={frame}
      title={title}
      notice={notice}
      error={problems.length > 0}
      above={campaign && [{ href: '/admin/reviews', label: say(PARTS.reviews) }]}
    >
      <div class="heading">
        <h1>
          {campaign ? <bdi>{title}</bdi> : title} <span class="count">{number(total)}</span>
        </h1>
        {begin === undefined ? null : (
          <div class="actions">
            <a class="button" href={begin}>
              {say(REVIEWS.begin)}
            </a>
          </div>
        )}
      </div>
      {campaign ? <CampaignHead campaign={campaign} csrf={csrf} /> : <p class="lead">{say(REVIEWS.lead)}</p>}
      {problems.length === 0 ? null : (
        <ErrorSummary>
          <ul>
            {problems.map((problem) => (
              <li>{problem}</li>
            ))}
          </ul>
        </ErrorSummary>
      )}
      {campaigns.length === 0 ? null : (
        <Section title={say(REVIEWS.campaigns)}>
          <Table
            label={say(REVIEWS.campaigns)}
            columns={[{ label: say(REVIEWS.campaign) }, { label: say(REVIEWS.progress) }, { label: say(REVIEWS.due) }]}
            rows={campaigns.map((one) => ({
              key: one.href,
              cells: [
                <a class="row-link" href={one.href}>
                  <Foreign text={one.name} limit={80} />
                </a>,
                <Progress far={one} />,
                one.until,
              ],
            }))}
          />
        </Section>
      )}
      {agents.length === 0 ? (
        <p class="quiet empty">{say(campaign ? REVIEWS.allAnswered : REVIEWS.nothingDue)}</p>
      ) : (
        <form class="form" method="post" action={action}>
          <Csrf value={csrf} />
          <Agents agents={agents} />
          <Rest agents={agents} />
          <div class="form-end">
            <button type="submit" class="button primary" data-testid="submit">
              {say(REVIEWS.submit)}
            </button>
          </div>
        </form>
      )}
      <Paging first={props.first} next={props.next} />
      {rules === undefined ? null : (
        <p class="quiet">
          {rules.says} {rules.href === undefined ? null : <a href={rules.href}>{say(REVIEWS.changeRules)}</a>}
        </p>
      )}
    </AdminLayout>
  );
}

/** "18 of 42", as a bar too. */
function Progress({ far: { agents, settled, name } }: { far: Far }) {
  const { say } = useSpeaker();
  return (
    <span class="far">
      <progress value={settled} max={Math.max(1, agents)} aria-label={visible(name, 80)} />{' '}
      {say(REVIEWS.ofAll, { settled, agents })}
    </span>
  );
}

function CampaignHead({ campaign, csrf }: { campaign: CampaignProps; csrf: string }) {
  const { say, markup } = useSpeaker();
  const { owners, filter, close } = campaign;
  return (
    <>
      <p class="lead">
        <Progress far={campaign} /> · {campaign.until}
      </p>
      <p class="quiet">
        {campaign.started}
        {filter === '' ? null : <> · {markup(REVIEWS.chosenBy, { filter: <code>{visible(filter, 200)}</code> })}</>}
      </p>
      {owners.length === 0 ? null : (
        <details>
          <summary>{say(REVIEWS.byOwner, { count: owners.length })}</summary>
          <Table
            label={say(REVIEWS.owner)}
            columns={[{ label: say(REVIEWS.owner) }, { label: say(REVIEWS.progress) }]}
            rows={owners.map((owner) => ({
              key: owner.name,
              cells: [
                <Foreign text={owner.name} limit={60} />,
                say(REVIEWS.ofAll, { settled: owner.settled, agents: owner.agents }),
              ],
            }))}
          />
        </details>
      )}
      {close === undefined ? null : (
        <details class="here">
          <summary class="button small">{say(REVIEWS.close)}</summary>
          <form class="here-form" method="post" action={close}>
            <Csrf value={csrf} />
            <p class="quiet">{say(REVIEWS.closeMeans)}</p>
            <button type="submit" class="button">
              {say(REVIEWS.closeNow)}
            </button>
          </form>
        </details>
      )}
    </>
  );
}

function Agents({ agents }: Pick<ReviewsPage, 'agents'>) {
  const { say } = useSpeaker();
  return (
    <Table
      label={say(REVIEWS.table)}
      columns={[
        { label: say(REVIEWS.agent) },
        { label: say(REVIEWS.owner) },
        { label: say(REVIEWS.due) },
        { label: say(REVIEWS.level) },
        { label: say(REVIEWS.mayAskFor) },
        { label: say(REVIEWS.lastUsed) },
        { label: say(REVIEWS.answer) },
      ]}
      rows={agents.map((agent) => ({
        key: agent.id,
        cells: [
          <a class="row-link" href={agent.href}>
            <Foreign text={agent.name} limit={60} />
          </a>,
          <Foreign text={agent.owner} limit={60} />,
          agent.overdue ? <span class="flags">{agent.due}</span> : agent.due,
          <LevelMark level={agent.level} />,
          <Uses agent={agent} />,
          agent.lastUsed,
          <select
            class="input"
            name={`verdict ${agent.id}`}
            aria-label={say(REVIEWS.answerFor, { agent: visible(agent.name, 60) })}
          >
            <option value="">{say(REVIEWS.notNow)}</option>
            <option value="confirm">{say(REVIEWS.keep)}</option>
            {agent.unused.length === 0 ? null : <option value="narrow">{say(REVIEWS.remove)}</option>}
            <option value="retire">{say(REVIEWS.end)}</option>
          </select>,
        ],
      }))}
    />
  );
}

/** Each action with its last use; what a narrowing takes away stands out. */
function Uses({ agent: { allowed, unused } }: { agent: ReviewsPage['agents'][number] }) {
  const { say } = useSpeaker();
  if (allowed === null) return say(REVIEWS.anything);
  if (allowed.length === 0) return say(REVIEWS.nothing);
  return (
    <ul>
      {allowed.map(({ action, used }) => (
        <li>
          <code>{action}</code>{' '}
          <span class={unused.includes(action) ? 'flags' : 'quiet'}>
            {unused.includes(action) ? say(REVIEWS.notUsed) : used}
          </span>
        </li>
      ))}
    </ul>
  );
}

/** Taking away goes for all at once; keeping only for what cannot do much. */
function Rest({ agents }: Pick<ReviewsPage, 'agents'>) {
  const { say } = useSpeaker();
  if (agents.length < 2) return null;
  return (
    <Select
      name="rest"
      label={say(REVIEWS.rest)}
      optional
      options={[
        { value: '', label: say(REVIEWS.notNow) },
        { value: 'narrow', label: say(REVIEWS.restNarrow) },
        { value: 'confirm', label: say(REVIEWS.restKeep) },
      ]}
    />
  );
}

interface FormPage {
  frame: AdminFrame;
  csrf: string;
  action: string;
  back: string;
  problems: readonly { field: string; text: Said }[];
}

/** One form about reviews, on a page of its own. */
function ReviewForm({
  frame,
  csrf,
  action,
  back,
  problems,
  title,
  lead,
  submit,
  children,
}: FormPage & { title: Said; lead?: Said; submit: Said; children: ComponentChildren }) {
  const { say } = useSpeaker();
  return (
    <AdminLayout
      frame={frame}
      title={title}
      error={problems.length > 0}
      narrow
      above={[{ href: back, label: say(PARTS.reviews) }]}
    >
      <h1>{title}</h1>
      {lead === undefined ? null : <p class="lead">{lead}</p>}
      <AdminForm action={action} csrf={csrf} problems={problems} submit={submit} cancel={back}>
        {children}
      </AdminForm>
    </AdminLayout>
  );
}

export interface StartReviewPage extends FormPage {
  name: string;
  filter: string;
  days: string;
  /** Whom it would ask; undefined until somebody looked. */
  found: { agents: number; owners: number } | undefined;
}

/** A campaign is looked at before it begins. */
export const startReviewPage = (props: StartReviewPage): string => {
  const { frame, problems, name, filter, days, found } = props;
  const { say } = frame.speaker;
  const wrong = (field: string) => problems.some((problem) => problem.field === field);
  const ready = found !== undefined && found.agents > 0;
  return page(
    <ReviewForm
      {...props}
      title={say(REVIEWS.beginTitle)}
      lead={say(REVIEWS.beginLead)}
      submit={say(ready ? REVIEWS.start : REVIEWS.look)}
    >
      <TextInput name="name" label={say(REVIEWS.name)} maxLength={80} value={name} invalid={wrong('name')} />
      <TextInput
        name="filter"
        label={say(REVIEWS.filter)}
        hint={say(REVIEWS.filterHint)}
        optional
        maxLength={500}
        value={filter}
        invalid={wrong('filter')}
        verbatim
      />
      <TextInput name="days" label={say(REVIEWS.untilDays)} type="number" value={days} invalid={wrong('days')} />
      {found === undefined ? null : (
        <p class={ready ? 'notice' : 'warning'} role="status">
          {say(REVIEWS.fits, { count: found.agents })} {ready ? say(REVIEWS.ofOwners, { count: found.owners }) : null}
        </p>
      )}
      {ready ? <input type="hidden" name="start" value={`=${filter}`} /> : null}
    </ReviewForm>,
    frame,
  );
};

export interface ReviewRulesPage extends FormPage {
  review: string;
  grace: string;
}

/** How often agents are reviewed, and how long one goes on without an owner. */
export const reviewRulesPage = (props: ReviewRulesPage): string => {
  const { frame, problems, review, grace } = props;
  const { say } = frame.speaker;
  const wrong = (field: string) => problems.some((problem) => problem.field === field);
  return page(
    <ReviewForm {...props} title={say(REVIEWS.rulesTitle)} submit={say(REVIEWS.save)}>
      <TextInput
        name="review_days"
        label={say(REVIEWS.everyDays)}
        hint={say(REVIEWS.everyHint)}
        type="number"
        value={review}
        invalid={wrong('review_days')}
      />
      <TextInput
        name="unowned_grace_days"
        label={say(REVIEWS.graceDays)}
        hint={say(REVIEWS.graceHint)}
        type="number"
        value={grace}
        invalid={wrong('unowned_grace_days')}
      />
    </ReviewForm>,
    frame,
  );
};
