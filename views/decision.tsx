import { type Compared, ComparedWithBefore } from './compared.tsx';
import { type Choice, Choices, Field } from './form.tsx';
import { HaveRead, ToHaveRead } from './have-read.tsx';
import { Csrf, ErrorSummary, type Frame, type Impact, Layout, Pair, page } from './layout.tsx';
import { idOf, Narrow, type Narrowing } from './narrowing.tsx';
import { Foreign, Names, type Part, Sentence, Told, visible, visibleJson } from './text.tsx';
import { CEREMONY } from './words/ceremony.ts';
import { useSpeaker } from './words/context.tsx';
import { DECIDERS } from './words/deciders.ts';
import { DECISION, LANGUAGE_CALLED } from './words/decision.ts';
import { ENVIRONMENT, type Environment } from './words/environment.ts';
import type { Language } from './words/language.ts';
import { NOTIFICATIONS } from './words/notifications.ts';
import type { Speaker } from './words/speaker.ts';
import { asItIs, type Said } from './words/words.ts';

/** One decision to make (U2, U3). Every word but the agent's own comes from the catalogue. */
export interface DecisionPage {
  frame: Frame;
  csrf: string;
  /** Where the decision is posted. */
  action: string;
  /** SHA-256 of the canonical request, base64url: a decision about anything else is refused. */
  requestHash: string;
  /** Names this very page in the evidence of the decision. */
  screen: string;
  requestId: string;
  agentName: string;
  /** Follows "{agent} wants to": "refund EUR 4,200.00 to Nordwind GmbH". */
  headline: readonly Part[];
  impact: Impact;
  /** "Moves money · High impact · Cannot be undone here". */
  impactLine: string;
  /** "○", "◐", "▲", "▲▲". */
  impactSymbol: string;
  facts: Facts;
  /** Systems that were asked about the request, and those of them that gave no answer. */
  stated?: { by: readonly string[]; unanswered: readonly string[] } | undefined;
  /** What the agent read for this person before, where this carries something out. */
  readBefore?: readonly string[] | undefined;
  /** Words of the request whose letters are not what they look like. */
  lookAlikes?: readonly string[] | undefined;
  /** What the agent says about it: quoted, labelled, not to be trusted. */
  agentWords?: string | undefined;
  /** CIBA binding message: shown, inert, no proof of anything. */
  reference?: string | undefined;
  /** Two to five actions, each with its own answer; the facts then describe all of them. */
  actions?: readonly DecisionAction[] | undefined;
  /** What may be taken away from each action, by its position. */
  narrowing?: readonly (Narrowing | undefined)[] | undefined;
  /** A single one is not a choice and is sent along silently; the sixth fact says it. */
  durations: readonly Choice[];
  /** Present when the person must type the number shown where the task was started. */
  number?: { wrong: boolean } | undefined;
  /** Present when the person must type the value that matters most. */
  criticalValue?: CriticalValue | undefined;
  /** Present where it cannot be typed: each of these is ticked. */
  criticalTicks?: CriticalTicks | undefined;
  /** The person has a passkey, which may take the place of the number. */
  passkeyInstead?: boolean | undefined;
  /** Why the person cannot approve this yet, and where they can change that. */
  cannotApprove?: { words: Said; link: { href: string; label: Said } } | undefined;
  /** How many approve, and who did: "First approval: Anna Berg (passkey) 14:01". */
  approvals?: Said | undefined;
  /** The person may not decide this themselves: they ask others for approval, or say no. */
  asking?: Asking | undefined;
  /** What does less, and may be asked for instead: whoever takes it denies this. */
  instead?: Offered | undefined;
  /** Why somebody else than the person decides. */
  because?: Said | undefined;
  /** For whoever decides for somebody else: what differs from before. */
  compared?: Compared | undefined;
  /** Where this was started, as far as the server itself knows. */
  origin?: Said | undefined;
  /** An event stream that says when this may have been decided elsewhere. */
  events?: string | undefined;
  /** Where the person learns who this is, when the agent may not notify them yet. */
  firstContact?: string | undefined;
  who: Asker;
  /** Every parameter in full, for what a sentence above had to cut. */
  values?: readonly { label: string; text: string }[] | undefined;
  /** The request as pretty JSON. */
  exactRequest: string;
  hashPrefix: string;
  /** Of the catalogue's sentences, where it is not the page's: the catalogue lacks that one. */
  taskLanguage?: Language | undefined;
  askedAt: string;
  expiresAt: string;
  /** The verb of the task: "Allow reading", "Approve refund". */
  buttonLabel: string;
  /** The host an agent registered itself from, when nobody in the organization vouches for it. */
  warnUnverified?: string | undefined;
  error?: Said | undefined;
  /** The form allowed it, and did not say that it was read. */
  unread?: boolean | undefined;
}

export interface Asking {
  /** "Only Data protection may allow this." */
  only: Said;
  /** How many of whom have to. */
  who: Said;
  /** Which policy says so, and what it says. */
  policy: Said;
  /** What would pass without them. */
  passes?: Said | undefined;
}

export type Offered = Pick<DecisionPage, 'headline' | 'impactLine' | 'impactSymbol' | 'taskLanguage'>;

export interface CriticalValue {
  /** Only where a page has several. */
  name?: string;
  label: Said;
  hint: Said;
  wrong: boolean;
  /** Instead of typing it: among these, for whoever asked for that. */
  choices?: readonly string[] | undefined;
  /** Only where it is needed if the action beside it is allowed. */
  optional?: boolean;
}

export interface CriticalTicks {
  legend: Said;
  wrong: boolean;
  items: readonly { name: string; text: string }[];
  optional?: boolean;
}

/** Text, or text in stretches so that the values of the request can be set apart. */
export type Facts = Record<FactName, string | readonly Part[]>;
export type FactName = 'what' | 'system' | 'data' | 'changes' | 'impact' | 'duration';

export interface DecisionAction {
  index: number;
  sentence: string;
  impactLine: string;
  impact: Impact;
  /** Allow is chosen already; has no effect above low impact. */
  preselected: boolean;
  /** What the person chose before something else had to be mended. */
  chosen?: string | undefined;
  /** Chosen by the first person: it is approved with the rest, or not at all. */
  fixed?: boolean | undefined;
  criticalValue?: CriticalValue | undefined;
  criticalTicks?: CriticalTicks | undefined;
}

export interface Asker {
  agentId: string;
  owner: string;
  /** Where it runs, as its organization says; undefined where nobody said. */
  environment?: Environment | undefined;
  /** Who vouches for it. */
  registered: Said;
  firstRequest: boolean;
  /** Tasks that were allowed before, by the person or in their place. */
  allowedBefore: number;
  /** From the person to the agent that acts. */
  chain: readonly string[];
  application?: string | undefined;
  /** Agents it may hand part of this to: part of what is allowed, so it stands with the facts. */
  mayHandTo: readonly string[];
}

/** U2 and U3: who asks, what for, six facts, two equal buttons. */
export const decisionPage = (props: DecisionPage): string => page(<Decision {...props} />, props.frame);

function Decision(props: DecisionPage) {
  const { frame, agentName, headline, impact, who, error, taskLanguage } = props;
  const { say, markup } = useSpeaker();
  return (
    <Layout
      frame={frame}
      title={titleOf(say(DECISION.wantsTo, { agent: agentName }), headline)}
      error={error !== undefined || props.number?.wrong || props.criticalValue?.wrong || props.criticalTicks?.wrong}
      script="decide.js"
      impact={impact}
      footnote={markup(DECISION.footnote, {
        id: <code>{props.requestId}</code>,
        asked: props.askedAt,
        expires: props.expiresAt,
      })}
    >
      {error === undefined ? null : (
        <ErrorSummary>
          <p>{error}</p>
          <WrongFields {...props} />
        </ErrorSummary>
      )}
      <Ask {...props} />
      <LookTwice {...props} />
      <ReadBefore {...props} />
      <Stated {...props} />
      {who.mayHandTo.length === 0 ? null : (
        <p class="hand-off">{markup(DECISION.handOff, { agents: <Names names={who.mayHandTo} /> })}</p>
      )}
      <AgentWords {...props} />
      <Others {...props} />
      {props.compared === undefined ? null : (
        <ComparedWithBefore {...props.compared} {...{ agentName, taskLanguage }} />
      )}
      <DecisionForm {...props} />
      <MoreAboutIt {...props} />
    </Layout>
  );
}

/** The way from what is wrong to where it is (WCAG 3.3.1): the fields lie below six facts. */
function WrongFields({ narrowing = [], taskLanguage, unread }: DecisionPage) {
  const wrong = narrowing.flatMap((one) => one?.fields ?? []).filter(({ problem }) => problem !== undefined);
  if (wrong.length === 0 && !unread) return null;
  return (
    <ul>
      {unread ? <ToHaveRead /> : null}
      {wrong.map((field) => (
        <li>
          <a class="small-link" href={`#${idOf(field)}`} lang={taskLanguage}>
            {field.label}
          </a>
        </li>
      ))}
    </ul>
  );
}

/** What is asked, before anything else: who wants what, how much is at stake, six facts. The editor of a catalogue shows the same. */
export type AskProps = Pick<
  DecisionPage,
  'agentName' | 'headline' | 'impact' | 'impactLine' | 'impactSymbol' | 'facts' | 'warnUnverified' | 'taskLanguage'
>;
export function Ask(props: AskProps) {
  const { agentName, headline, impact, impactLine, impactSymbol, facts, warnUnverified, taskLanguage } = props;
  const { markup } = useSpeaker();
  return (
    <>
      <h1 class="ask">
        <span class="asker">{markup(DECISION.wantsTo, { agent: <Foreign text={agentName} limit={80} /> })} </span>
        <span class="asked" lang={taskLanguage}>
          <Sentence parts={headline} />
        </span>
      </h1>
      <ImpactLine symbol={impactSymbol} line={impactLine} level={impact} language={taskLanguage} />
      {warnUnverified === undefined ? null : (
        <p class="warning">{markup(DECISION.unverified, { host: <Foreign text={warnUnverified} limit={80} /> })}</p>
      )}
      <FactList facts={facts} language={taskLanguage} />
    </>
  );
}

/** Symbol and words, never colour alone (WCAG 1.4.1); broken between its parts and nowhere else. */
export function ImpactLine(props: { symbol: string; line: string; level: Impact; language: Language | undefined }) {
  const { symbol, line, level, language } = props;
  const parts = line.split(' · ');
  return (
    <p class="impact" data-level={level} lang={language}>
      <span class="symbol" aria-hidden="true">
        {symbol}
      </span>{' '}
      <span>
        {parts.map((part, index) => (
          <>
            <span class="impact-part">{index < parts.length - 1 ? `${part} ·` : part}</span>{' '}
          </>
        ))}
      </span>
    </p>
  );
}

/** Always these six, always in this order, so that the eye learns where to look. */
export const FACTS: readonly FactName[] = ['what', 'system', 'data', 'changes', 'impact', 'duration'];

function FactList({ facts, language }: { facts: Facts; language: Language | undefined }) {
  const { say } = useSpeaker();
  return (
    <>
      {language === undefined ? null : (
        <p class="quiet">{say(DECISION.onlyIn, { language: say(LANGUAGE_CALLED[language]) })}</p>
      )}
      <dl class="facts">
        {FACTS.map((name) => (
          <div>
            <dt>{say(DECISION[name])}</dt>
            <dd data-fact={name} lang={language}>
              <Sentence parts={facts[name]} />
            </dd>
          </div>
        ))}
      </dl>
    </>
  );
}

/** A name in which two alphabets meet may be real; whoever reads it is told. */
function LookTwice({ lookAlikes = [] }: DecisionPage) {
  const { markup } = useSpeaker();
  if (lookAlikes.length === 0) return null;
  return <p class="warning">{markup(DECISION.lookTwice, { words: <Names names={lookAlikes.slice(0, NAMED)} /> })}</p>;
}

/** As many words are named. */
const NAMED = 3;

/** Why it weighs more than it would by itself: what was read may have been an instruction, or may be what goes out now. */
function ReadBefore({ readBefore }: DecisionPage) {
  const { markup } = useSpeaker();
  if (readBefore === undefined || readBefore.length === 0) return null;
  return <p class="warning">{markup(DECISION.readBefore, { what: <Names names={readBefore} /> })}</p>;
}

/** Where facts come from that no agent said, and that some are missing. */
function Stated({ stated }: DecisionPage) {
  const { markup } = useSpeaker();
  if (stated === undefined) return null;
  const { by, unanswered } = stated;
  return (
    <>
      {by.length === 0 ? null : (
        <p class="stated-by">
          <span class="stated-mark" aria-hidden="true" /> {markup(DECISION.statedBy, { systems: <Names names={by} /> })}
        </p>
      )}
      {unanswered.length === 0 ? null : (
        <p class="warning">{markup(DECISION.notChecked, { systems: <Names names={unanswered} /> })}</p>
      )}
    </>
  );
}

/** Who decides, where it is not the person alone, and by which policy (A6-5). */
function Others({ asking, because }: DecisionPage) {
  if (asking === undefined && because === undefined) return null;
  return (
    <div class="deciders" data-deciders>
      {because === undefined ? null : (
        <p>
          <bdi>{visible(because, 400)}</bdi>
        </p>
      )}
      {asking === undefined ? null : (
        <>
          <p>
            <strong>{visible(asking.only, 160)}</strong> {visible(asking.who, 600)}
          </p>
          <p class="quiet">
            {visible(asking.policy, 400)} {asking.passes === undefined ? null : visible(asking.passes, 400)}
          </p>
        </>
      )}
    </div>
  );
}

/** The only place where the agent speaks. */
function AgentWords({ frame, agentName, agentWords }: DecisionPage) {
  const { say, markup } = useSpeaker();
  if (agentWords === undefined) return null;
  return (
    <figure class="agent-words">
      <figcaption>
        {markup(DECISION.agentSays, {
          agent: <Foreign text={agentName} limit={60} />,
          organization: visible(frame.organizationName, 60),
        })}
      </figcaption>
      <blockquote dir="auto">{say(DECISION.quoted, { words: visible(agentWords, 140) })}</blockquote>
    </figure>
  );
}

function DecisionForm(props: DecisionPage) {
  const { csrf, action, requestHash, screen, actions, durations, narrowing } = props;
  const { buttonLabel, taskLanguage, asking } = props;
  const { say } = useSpeaker();
  // Nobody types what would then be refused; of several actions, those that need no passkey may be allowed.
  const closed = actions === undefined ? props.cannotApprove : undefined;
  return (
    <form
      class="decision"
      method="post"
      action={action}
      data-guard
      data-events={props.events}
      data-read-first={say(DECISION.readFirst)}
      data-tick-first={say(DECISION.tickFirst)}
    >
      {/* Enter in a field must decide nothing. It presses a form's first submit button, and this one cannot be pressed. */}
      <button type="submit" disabled hidden aria-hidden="true" tabIndex={-1} />
      <Csrf value={csrf} />
      <input type="hidden" name="request_hash" value={requestHash} />
      <input type="hidden" name="screen" value={screen} />
      {actions?.map((one) => (
        <ActionChoice {...one} narrowing={narrowing?.[one.index]} taskLanguage={taskLanguage} />
      ))}
      <DurationChoice durations={durations} />
      {actions === undefined && !closed && narrowing?.[0] ? <Narrow {...narrowing[0]} language={taskLanguage} /> : null}
      <Origin {...props} />
      {closed ? null : <Touched {...props} />}
      <PasskeyNotes {...props} />
      {closed ? null : <HaveRead missing={props.unread} />}
      <p class="note" role="status" data-note />
      <div class="buttons">
        <button type="submit" name="decision" value="deny" class="button deny" data-testid="deny" formnovalidate>
          {say(DECISION.deny)}
        </button>
        {closed ? (
          <a class="button" href={closed.link.href}>
            {closed.link.label}
          </a>
        ) : asking === undefined ? (
          <button
            type="submit"
            name="decision"
            value="approve"
            class="button approve"
            data-testid="approve"
            lang={actions === undefined ? taskLanguage : undefined}
          >
            {actions === undefined ? buttonLabel : say(DECISION.allowChosen)}
          </button>
        ) : (
          <button
            type="submit"
            name="decision"
            value="ask"
            class="button approve"
            data-testid="ask-for-approval"
            data-guarded
          >
            {say(DECIDERS.ask)}
          </button>
        )}
      </div>
      {props.instead === undefined ? null : <DenyInstead instead={props.instead} agentName={props.agentName} />}
    </form>
  );
}

/** What shows that it was read: the number, and the value that matters most. */
function Touched({ number, criticalValue, criticalTicks }: DecisionPage) {
  return (
    <>
      {number === undefined ? null : <NumberField {...number} />}
      {criticalValue === undefined ? null : <CriticalValueField {...criticalValue} />}
      {criticalTicks === undefined ? null : <CriticalTicksField {...criticalTicks} />}
    </>
  );
}

/** Below the two buttons and quieter than they are: a no, with something to say. It allows nothing. */
function DenyInstead({ instead, agentName }: { instead: Offered; agentName: string }) {
  const { say, markup } = useSpeaker();
  return (
    <div class="instead">
      <Instead {...instead} />
      <p class="quiet">{markup(DECISION.insteadMeans, { agent: <Foreign text={agentName} limit={60} /> })}</p>
      <button type="submit" name="decision" value="instead" class="button" data-testid="instead" formnovalidate>
        {say(DECISION.denyInstead)}
      </button>
    </div>
  );
}

/** What does less to the same thing, as the catalogue says it. */
export function Instead({ headline, impactLine, impactSymbol, taskLanguage }: Offered) {
  const { say } = useSpeaker();
  return (
    <div data-instead>
      <p>
        {say(DECISION.safer)}{' '}
        <strong lang={taskLanguage}>
          <Sentence parts={headline} />
        </strong>
      </p>
      <p class="quiet" lang={taskLanguage}>
        <span aria-hidden="true">{impactSymbol}</span> {impactLine}
      </p>
    </div>
  );
}

function ActionChoice(
  props: DecisionAction & { narrowing: Narrowing | undefined; taskLanguage: Language | undefined },
) {
  const { index, sentence, impactLine, impact, preselected, criticalValue, criticalTicks } = props;
  const { say } = useSpeaker();
  // More than a low impact is never chosen for the person, whatever the caller says (§3.2).
  const { chosen = preselected && impact === 'low' ? 'allow' : undefined } = props;
  return (
    <fieldset class="action" data-level={impact}>
      <legend class="action-legend" lang={props.taskLanguage}>
        <Told text={sentence} /> <span class="action-impact">{impactLine}</span>
      </legend>
      {props.fixed ? null : (
        <Choices
          name={`action_${index}`}
          choices={[
            { value: 'allow', label: say(DECISION.allow), checked: chosen === 'allow' },
            { value: 'deny', label: say(DECISION.deny), checked: chosen === 'deny' },
          ]}
        />
      )}
      {criticalValue === undefined ? null : <CriticalValueField {...criticalValue} />}
      {criticalTicks === undefined ? null : <CriticalTicksField {...criticalTicks} />}
      {props.narrowing === undefined ? null : <Narrow {...props.narrowing} language={props.taskLanguage} />}
    </fieldset>
  );
}

function DurationChoice({ durations }: Pick<DecisionPage, 'durations'>) {
  const { say } = useSpeaker();
  const [first, second] = durations;
  if (first === undefined) return null;
  if (second === undefined) return <input type="hidden" name="duration" value={first.value} />;
  return (
    <fieldset>
      <legend class="legend">{say(DECISION.howLong)}</legend>
      <Choices name="duration" choices={durations} />
    </fieldset>
  );
}

function Origin({ origin, reference, firstContact }: DecisionPage) {
  const { say, markup } = useSpeaker();
  if (origin === undefined && reference === undefined && firstContact === undefined) return null;
  return (
    <div class="origin">
      {origin === undefined && firstContact === undefined ? null : (
        <p>
          {origin}{' '}
          {firstContact === undefined ? null : (
            <a class="unbroken" href={firstContact}>
              {say(NOTIFICATIONS.whoIsIt)}
            </a>
          )}
        </p>
      )}
      {reference === undefined ? null : (
        <p>{markup(DECISION.referenceFromAgent, { reference: <Foreign text={reference} limit={128} /> })}</p>
      )}
    </div>
  );
}

function NumberField({ wrong }: { wrong: boolean }) {
  const { say } = useSpeaker();
  return (
    <Field
      name="number"
      label={say(DECISION.number)}
      hint={say(DECISION.numberHint)}
      problem={wrong ? say(DECISION.numberWrong) : undefined}
      digits={2}
      autocomplete="off"
    />
  );
}

function CriticalValueField(props: CriticalValue) {
  const { name = 'critical_value', label, hint, wrong, optional = false, choices } = props;
  const { say } = useSpeaker();
  if (choices) return <ValueChoice {...props} name={name} choices={choices} />;
  return (
    <Field
      name={name}
      optional={optional}
      label={label}
      hint={hint}
      problem={wrong ? say(DECISION.valueWrong) : undefined}
      autocomplete="off"
      verbatim
    />
  );
}

/** None is chosen at first, and they stand in no order: to choose the right one is to have read it. */
function ValueChoice({
  name,
  label,
  wrong,
  choices,
  optional = false,
}: CriticalValue & { name: string; choices: readonly string[] }) {
  const { say } = useSpeaker();
  const problem = wrong ? `${name}-problem` : undefined;
  return (
    <fieldset aria-describedby={problem} data-three-values>
      <legend class="legend">{label}</legend>
      {choices.map((value, index) => (
        <label class="check">
          <input
            class="check-input"
            type="radio"
            name={name}
            value={value}
            required={!optional}
            autofocus={wrong && index === 0}
            aria-invalid={wrong ? 'true' : undefined}
          />{' '}
          <bdi>{visible(value, 60)}</bdi>
        </label>
      ))}
      {problem === undefined ? null : (
        <p class="problem" id={problem}>
          {say(DECISION.valueWrong)}
        </p>
      )}
    </fieldset>
  );
}

/** Unticked at first, each of them: to tick it is to have looked at it. */
function CriticalTicksField({ legend, wrong, items, optional = false }: CriticalTicks) {
  const { say } = useSpeaker();
  const problem = wrong ? `${items[0]?.name}-problem` : undefined;
  return (
    <fieldset aria-describedby={problem}>
      <legend class="legend">{legend}</legend>
      {items.map(({ name, text }, index) => (
        <label class="check">
          <input
            class="check-input"
            type="checkbox"
            name={name}
            value="1"
            required={!optional}
            autofocus={wrong && index === 0}
            aria-invalid={wrong ? 'true' : undefined}
          />{' '}
          <bdi>{visible(text, 120)}</bdi>
        </label>
      ))}
      {problem === undefined ? null : (
        <p class="problem" id={problem}>
          {say(CEREMONY.tickEach)}
        </p>
      )}
    </fieldset>
  );
}

function PasskeyNotes({ actions, number, passkeyInstead, action, cannotApprove, approvals }: DecisionPage) {
  const { say } = useSpeaker();
  return (
    <>
      {approvals === undefined ? null : (
        <p class="quiet" data-approvals>
          <bdi>{visible(approvals, 160)}</bdi>
        </p>
      )}
      {cannotApprove === undefined ? null : (
        <p class="warning" data-cannot-approve>
          {cannotApprove.words}{' '}
          {actions === undefined ? null : <a href={cannotApprove.link.href}>{cannotApprove.link.label}</a>}
        </p>
      )}
      {number === undefined || !passkeyInstead ? null : (
        <button
          type="submit"
          name="decision"
          value="approve"
          class="text-button"
          formaction={`${action}${action.includes('?') ? '&' : '?'}proof=passkey`}
          formnovalidate
          data-testid="passkey-instead"
        >
          {say(CEREMONY.instead)}
        </button>
      )}
    </>
  );
}

function MoreAboutIt({ agentName, who, values, exactRequest, hashPrefix, taskLanguage }: DecisionPage) {
  const speaker = useSpeaker();
  const { say } = speaker;
  return (
    <details class="more">
      <summary>{say(DECISION.more)}</summary>
      <dl class="pairs">
        <Pair label={say(DECISION.agent)}>
          <Foreign text={agentName} limit={80} /> <code>{who.agentId}</code>
        </Pair>
        <Pair label={say(DECISION.owner)}>
          <Foreign text={who.owner} />
        </Pair>
        {who.environment === undefined ? null : (
          <Pair label={say(ENVIRONMENT.called)}>{say(ENVIRONMENT[who.environment])}</Pair>
        )}
        <Pair label={say(DECISION.checked)}>
          <Foreign text={who.registered} limit={160} />
        </Pair>
        <Pair label={say(DECISION.before)}>{before(who, speaker)}</Pair>
        {who.application === undefined ? null : (
          <Pair label={say(DECISION.through)}>
            <Foreign text={who.application} />
          </Pair>
        )}
        <Pair label={say(DECISION.acting)}>
          {who.chain.map((name, index) => (
            <>
              {index === 0 ? '' : ' → '}
              <Foreign text={name} limit={80} />
            </>
          ))}
        </Pair>
        {values?.map(({ label, text }) => (
          <Pair label={asItIs(label)} language={taskLanguage}>
            <bdi>{text}</bdi>
          </Pair>
        ))}
        <Pair label={say(DECISION.fingerprint)}>
          <code>{hashPrefix}</code>
        </Pair>
      </dl>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard (WCAG 2.1.1) */}
      <section class="exact" aria-label={say(DECISION.exactRequest)} tabIndex={0}>
        <pre>{visibleJson(exactRequest)}</pre>
      </section>
    </details>
  );
}

const titleOf = (asker: string, headline: readonly Part[]) =>
  asItIs(visible(`${asker} ${headline.map(({ text }) => text).join('')}`));

function before({ firstRequest, allowedBefore }: Asker, { say }: Speaker): Said {
  if (firstRequest) return say(DECISION.firstTime);
  return allowedBefore === 0 ? say(DECISION.nothingAllowed) : say(DECISION.allowedBefore, { count: allowedBefore });
}
