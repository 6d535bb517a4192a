import { Field } from './form.tsx';
import { Csrf, ErrorSummary, type Frame, Layout, Pair, page } from './layout.tsx';
import { Foreign, visible } from './text.tsx';
import { useSpeaker } from './words/context.tsx';
import { NOTIFICATIONS as N } from './words/notifications.ts';
import { asItIs, type Said } from './words/words.ts';

export type ChannelChoice = 'push' | 'email' | 'chat' | 'webhook';

export interface NotificationsPage {
  frame: Frame;
  csrf: string;
  /** The key by which a push service knows this server (RFC 8292), base64url. */
  pushKey: string;
  devices: readonly { id: string; name: string; added: string; reached: string | undefined }[];
  /** Undefined where this server sends no e-mail. */
  email: string | undefined;
  targets: readonly { id: string; kind: 'webhook' | 'ntfy' | 'slack' | 'teams'; host: string }[];
  choices: {
    channels: readonly ChannelChoice[];
    fallbackMinutes: number;
    detail: 'minimal' | 'summary';
    /** "22:00", or empty. */
    quietFrom: string;
    quietTo: string;
    highBreaksQuiet: boolean;
    deputy: string;
    deputyMinutes: number;
    receipts: boolean;
  };
  /** "UTC+2". */
  zone: string;
  agents: readonly { id: string; name: string; since: string }[];
  groups: readonly { id: string; name: string; since: string; muted: boolean }[];
  codeIsSet: boolean;
  done?: Said | undefined;
  error?: Said | undefined;
  problems?: {
    target?: Said | undefined;
    quiet?: Said | undefined;
    deputy?: Said | undefined;
    code?: Said | undefined;
  };
}

/** U11, channels: how this person hears that something waits. Nothing here allows an agent anything. */
export const notificationsPage = (props: NotificationsPage): string => page(<Notifications {...props} />, props.frame);

const BASE = '/settings/notifications';

function Notifications(props: NotificationsPage) {
  const { frame, csrf, done, error, email } = props;
  const { say } = useSpeaker();
  return (
    <Layout frame={frame} title={say(N.heading)} current="notifications" script="push.js" error={error !== undefined}>
      {error === undefined ? null : (
        <ErrorSummary>
          <p>{error}</p>
          <WrongFields {...props} />
        </ErrorSummary>
      )}
      {done === undefined ? null : (
        <p class="notice" role="status">
          {done}
        </p>
      )}
      <h1>{say(N.heading)}</h1>
      <p class="lead">{say(N.lead)}</p>
      <Devices {...props} />
      {email === undefined ? null : (
        <section class="panel" aria-labelledby="email">
          <h2 id="email">{say(N.email)}</h2>
          <div class="listed">
            <span class="words">{say(N.emailGoes, { address: email })}</span>
            <Small csrf={csrf} action={`${BASE}/email/test`} label={say(N.sendTest)} />
          </div>
        </section>
      )}
      <Targets {...props} />
      <Choices {...props} />
      <Agents {...props} />
      <Groups {...props} />
      <Code {...props} />
    </Layout>
  );
}

/** The way from what is wrong to where it is (WCAG 3.3.1): the page is long. */
function WrongFields({ problems = {} }: NotificationsPage) {
  const wrong = Object.entries(FIELDS).flatMap(([name, id]) => {
    const problem = problems[name as keyof typeof FIELDS];
    return problem === undefined ? [] : [{ id, problem }];
  });
  if (wrong.length === 0) return null;
  return (
    <ul>
      {wrong.map(({ id, problem }) => (
        <li>
          <a class="small-link" href={`#${id}`}>
            {problem}
          </a>
        </li>
      ))}
    </ul>
  );
}

/** Where each problem stands. */
const FIELDS = { target: 'address', quiet: 'quiet_from', deputy: 'deputy', code: 'code' } as const;

function Devices({ csrf, devices, pushKey }: NotificationsPage) {
  const { say } = useSpeaker();
  return (
    <section class="panel" aria-labelledby="devices">
      <h2 id="devices">{say(N.devices)}</h2>
      {devices.length === 0 ? null : (
        <ul class="plain">
          {devices.map(({ id, name, added, reached }) => (
            <li class="listed" data-device={id}>
              <span class="words">
                <Foreign text={name} limit={60} />{' '}
                <span class="quiet">
                  {say(N.addedOn, { date: added })} ·{' '}
                  {reached ? say(N.reachedAt, { time: reached }) : say(N.notReached)}
                </span>
              </span>
              <Small
                csrf={csrf}
                action={`${BASE}/devices/${id}/test`}
                label={say(N.sendTest)}
                full={say(N.testOf, { name: visible(name, 60) })}
              />
              <Small
                csrf={csrf}
                action={`${BASE}/devices/${id}/remove`}
                label={say(N.remove)}
                full={say(N.removalOf, { name: visible(name, 60) })}
                danger
              />
            </li>
          ))}
        </ul>
      )}
      <form
        class="form"
        id="add-device"
        method="post"
        action={`${BASE}/devices`}
        data-key={pushKey}
        data-impossible={say(N.impossible)}
        data-home-screen={say(N.homeScreen)}
        data-refused={say(N.refusedByBrowser)}
        data-no-answer={say(N.noAnswer)}
      >
        <Csrf value={csrf} />
        <input type="hidden" name="subscription" value="" />
        <input type="hidden" name="name" value="" />
        <noscript>
          <p class="note">{say(N.needsScript)}</p>
        </noscript>
        <p class="note" role="status" data-note />
        <button type="submit" class="button primary wide" data-testid="enable-push" hidden>
          {say(N.enable)}
        </button>
      </form>
    </section>
  );
}

const AFTER_MINUTES = [1, 5, 15, 60, 240];
const DEPUTY_MINUTES = [15, 30, 60, 240, 1440];

function Choices({ csrf, choices, email, zone, problems = {} }: NotificationsPage) {
  const { say, duration } = useSpeaker();
  const names: Record<ChannelChoice, Said> = {
    push: say(N.push),
    email: say(N.email),
    chat: say(N.chat),
    webhook: say(N.webhook),
  };
  const offered = (['push', 'email', 'chat', 'webhook'] as const).filter(
    (one) => one !== 'email' || email !== undefined,
  );
  const place = (index: number, label: Said, none: Said) => (
    <Select
      name={`channel_${index}`}
      label={label}
      value={offered.find((one) => one === choices.channels[index]) ?? ''}
      options={[...offered.map((one) => ({ value: one, label: names[one] })), { value: '', label: none }]}
    />
  );
  const minutes = (values: readonly number[], chosen: number) =>
    [...new Set([...values, chosen])]
      .sort((a, b) => a - b)
      .map((value) => ({ value: String(value), label: duration(value * 60) }));
  return (
    <section class="panel" aria-labelledby="how">
      <h2 id="how">{say(N.how)}</h2>
      <form class="form" method="post" action={BASE}>
        <Csrf value={csrf} />
        {place(0, say(N.first), say(N.nowhere))}
        {place(1, say(N.afterwards), say(N.nothingMore))}
        {place(2, say(N.afterwards), say(N.nothingMore))}
        <Select
          name="fallback_minutes"
          label={say(N.after)}
          value={String(choices.fallbackMinutes)}
          options={minutes(AFTER_MINUTES, choices.fallbackMinutes)}
        />
        <fieldset class="fieldset">
          <legend class="label">{say(N.detail)}</legend>
          {(['minimal', 'summary'] as const).map((value) => (
            <label class="check">
              <input class="check-input" type="radio" name="detail" value={value} checked={choices.detail === value} />
              <span>{say(N[value])}</span>
            </label>
          ))}
        </fieldset>
        <fieldset class="fieldset" aria-describedby="quiet-hint">
          <legend class="label">{say(N.quiet)}</legend>
          {problems.quiet === undefined ? null : (
            <p class="problem" id="quiet-problem">
              {problems.quiet}
            </p>
          )}
          <div class="pair">
            <label>
              <span class="label">{say(N.quietFrom)}</span>
              <input
                class="input"
                type="time"
                id="quiet_from"
                name="quiet_from"
                value={choices.quietFrom}
                aria-invalid={problems.quiet === undefined ? undefined : 'true'}
                aria-describedby={problems.quiet === undefined ? undefined : 'quiet-problem'}
              />
            </label>
            <label>
              <span class="label">{say(N.quietTo)}</span>
              <input
                class="input"
                type="time"
                name="quiet_to"
                value={choices.quietTo}
                aria-invalid={problems.quiet === undefined ? undefined : 'true'}
                aria-describedby={problems.quiet === undefined ? undefined : 'quiet-problem'}
              />
            </label>
          </div>
          <p class="hint" id="quiet-hint">
            {say(N.quietHint, { zone })}
          </p>
          <label class="check">
            <input
              class="check-input"
              type="checkbox"
              name="high_breaks_quiet"
              value="1"
              checked={choices.highBreaksQuiet}
            />
            <span>{say(N.highBreaks)}</span>
          </label>
        </fieldset>
        <label class="check">
          <input class="check-input" type="checkbox" name="receipts" value="1" checked={choices.receipts} />
          <span>{say(N.receipts)}</span>
        </label>
        <Optional
          name="deputy"
          label={say(N.deputy)}
          hint={say(N.deputyHint)}
          value={choices.deputy}
          problem={problems.deputy}
          type="email"
        />
        <Select
          name="deputy_minutes"
          label={say(N.deputyAfter)}
          value={String(choices.deputyMinutes)}
          options={minutes(DEPUTY_MINUTES, choices.deputyMinutes)}
        />
        <button type="submit" class="button primary wide">
          {say(N.save)}
        </button>
      </form>
    </section>
  );
}

function Agents({ csrf, agents }: NotificationsPage) {
  const { say } = useSpeaker();
  return (
    <section class="panel" aria-labelledby="introduced">
      <h2 id="introduced">{say(N.agents)}</h2>
      {agents.length === 0 ? <p class="quiet">{say(N.agentsNone)}</p> : null}
      <ul class="plain">
        {agents.map(({ id, name, since }) => (
          <li class="listed" data-agent={id}>
            <span class="words">
              <a href={`/agents/${id}`}>
                <Foreign text={name} limit={80} />
              </a>{' '}
              <span class="quiet">{say(N.since, { date: since })}</span>
            </span>
            <form method="post" action={`/agents/${id}/contact`}>
              <Csrf value={csrf} />
              <input type="hidden" name="notify" value="0" />
              <button
                type="submit"
                class="button small danger"
                aria-label={say(N.removalOf, { name: visible(name, 80) })}
              >
                {say(N.remove)}
              </button>
            </form>
          </li>
        ))}
      </ul>
    </section>
  );
}

function Groups({ csrf, groups }: NotificationsPage) {
  const { say } = useSpeaker();
  if (groups.length === 0) return null;
  return (
    <section class="panel" aria-labelledby="groups">
      <h2 id="groups">{say(N.groups)}</h2>
      <p class="quiet">{say(N.groupsHint)}</p>
      <ul class="plain">
        {groups.map(({ id, name, since, muted }) => (
          <li class="listed" data-group={id}>
            <span class="words">
              <Foreign text={name} limit={80} />{' '}
              <span class="quiet">
                {say(N.since, { date: since })}
                {muted ? <> · {say(N.groupMuted)}</> : null}
              </span>
            </span>
            <Small
              csrf={csrf}
              action={`${BASE}/groups/${id}/${muted ? 'unmute' : 'mute'}`}
              label={say(muted ? N.unmute : N.mute)}
              full={say(muted ? N.unmuteOf : N.muteOf, { name: visible(name, 80) })}
            />
          </li>
        ))}
      </ul>
    </section>
  );
}

function Targets({ csrf, targets, problems = {} }: NotificationsPage) {
  const { say } = useSpeaker();
  const names = { webhook: say(N.webhook), ntfy: asItIs('ntfy'), slack: asItIs('Slack'), teams: asItIs('Teams') };
  return (
    <section class="panel" aria-labelledby="targets">
      <h2 id="targets">{say(N.targets)}</h2>
      <p class="quiet">{say(N.targetsHint)}</p>
      <ul class="plain">
        {targets.map(({ id, kind, host }) => (
          <li class="listed" data-target={id}>
            <span class="words">
              {names[kind]} <span class="quiet">{visible(host, 80)}</span>
            </span>
            <Small
              csrf={csrf}
              action={`${BASE}/targets/${id}/test`}
              label={say(N.sendTest)}
              full={say(N.testOf, { name: `${names[kind]} ${host}` })}
            />
            <Small
              csrf={csrf}
              action={`${BASE}/targets/${id}/remove`}
              label={say(N.remove)}
              full={say(N.removalOf, { name: `${names[kind]} ${host}` })}
              danger
            />
          </li>
        ))}
      </ul>
      <details open={problems.target !== undefined}>
        <summary>{say(N.add)}</summary>
        <form class="form" method="post" action={`${BASE}/targets`}>
          <Csrf value={csrf} />
          <Select
            name="kind"
            label={say(N.kind)}
            value="ntfy"
            options={(['ntfy', 'slack', 'teams', 'webhook'] as const).map((kind) => ({
              value: kind,
              label: names[kind],
            }))}
          />
          <Field
            name="address"
            label={say(N.address)}
            autocomplete="off"
            verbatim
            maxLength={1000}
            problem={problems.target}
          />
          <button type="submit" class="button small">
            {say(N.add)}
          </button>
        </form>
      </details>
    </section>
  );
}

function Code({ csrf, codeIsSet, problems = {} }: NotificationsPage) {
  const { say } = useSpeaker();
  return (
    <section class="panel" aria-labelledby="code">
      <h2 id="code">{say(N.code)}</h2>
      <p class="quiet">{say(N.codeHint)}</p>
      {codeIsSet ? <p>{say(N.codeIsSet)}</p> : null}
      <details open={problems.code !== undefined}>
        <summary>{say(N.codeNew)}</summary>
        <form class="form" method="post" action={`${BASE}/code`}>
          <Csrf value={csrf} />
          <Field
            name="code"
            label={say(N.codeNew)}
            autocomplete="off"
            verbatim
            minLength={6}
            maxLength={64}
            problem={problems.code}
          />
          <button type="submit" class="button small">
            {say(N.save)}
          </button>
        </form>
      </details>
      {codeIsSet ? <Small csrf={csrf} action={`${BASE}/code/remove`} label={say(N.codeRemove)} /> : null}
    </section>
  );
}

/** A form of one button. `full` is read out where several buttons are called the same. */
function Small({
  csrf,
  action,
  label,
  full,
  danger,
}: {
  csrf: string;
  action: string;
  label: Said;
  full?: Said;
  danger?: boolean;
}) {
  return (
    <form method="post" action={action}>
      <Csrf value={csrf} />
      <button type="submit" class={`button small${danger ? ' danger' : ''}`} aria-label={full}>
        {label}
      </button>
    </form>
  );
}

function Select({
  name,
  label,
  value,
  options,
}: {
  name: string;
  label: Said;
  value: string;
  options: readonly { value: string; label: Said }[];
}) {
  return (
    <div>
      <label class="label" for={name}>
        {label}
      </label>
      <select class="input" id={name} name={name}>
        {options.map((option) => (
          <option value={option.value} selected={option.value === value}>
            {option.label}
          </option>
        ))}
      </select>
    </div>
  );
}

/** A field that may stay empty. */
function Optional({
  name,
  label,
  hint,
  value,
  problem,
  type,
}: {
  name: string;
  label: Said;
  hint: Said;
  value: string;
  problem: Said | undefined;
  type: 'email';
}) {
  return (
    <div>
      <label class="label" for={name}>
        {label}
      </label>
      <input
        class="input"
        id={name}
        name={name}
        type={type}
        autocomplete="off"
        value={value}
        aria-invalid={problem === undefined ? undefined : 'true'}
        aria-describedby={`${problem === undefined ? '' : `${name}-problem `}${name}-hint`}
      />
      {problem === undefined ? null : (
        <p class="problem" id={`${name}-problem`}>
          {problem}
        </p>
      )}
      <p class="hint" id={`${name}-hint`}>
        {hint}
      </p>
    </div>
  );
}

export interface ContactPage {
  frame: Frame;
  csrf: string;
  agent: { id: string; name: string; purpose: string | undefined; owner: string; mode: 'attended' | 'unattended' };
  registered: Said;
  /** Since when it may notify this person; undefined: it may not. */
  since: string | undefined;
  /** The request that led here. */
  returnTo: string | undefined;
}

/** First contact: who this is, before it may call. Allows nothing else, and decides no request. */
export const contactPage = (props: ContactPage): string => page(<Contact {...props} />, props.frame);

function Contact({ frame, csrf, agent, registered, since, returnTo }: ContactPage) {
  const { say, markup } = useSpeaker();
  const name = <Foreign text={agent.name} limit={80} />;
  const title = since === undefined ? N.contactHeading : N.contactKnown;
  return (
    <Layout frame={frame} title={say(title, { agent: visible(agent.name, 80) })} current="agents">
      <h1>{markup(title, { agent: name })}</h1>
      <p class="lead">{since === undefined ? say(N.contactLead) : say(N.mayNotify, { date: since })}</p>
      <dl class="pairs">
        {agent.purpose === undefined ? null : (
          <Pair label={say(N.contactPurpose)}>
            <Foreign text={agent.purpose} limit={120} />
          </Pair>
        )}
        <Pair label={say(N.contactOwner)}>
          <Foreign text={agent.owner} limit={80} />
        </Pair>
        <Pair label={say(N.contactRegistered)}>{registered}</Pair>
        <Pair label={say(N.contactMode)}>{say(N[agent.mode])}</Pair>
      </dl>
      <form class="form" method="post" action={`/agents/${agent.id}/contact`}>
        <Csrf value={csrf} />
        {returnTo === undefined ? null : <input type="hidden" name="return_to" value={returnTo} />}
        <button type="submit" class="button primary wide" name="notify" value={since === undefined ? '1' : '0'}>
          {say(since === undefined ? N.allow : N.disallow)}
        </button>
      </form>
      <form method="post" action={`/agents/${agent.id}/pause`}>
        <Csrf value={csrf} />
        <button type="submit" class="button danger wide">
          {say(N.block)}
        </button>
      </form>
    </Layout>
  );
}
