import type { ComponentChildren } from 'preact';

import { Csrf, ErrorSummary } from '../layout.tsx';
import { visible } from '../text.tsx';
import { FORM } from '../words/console-form.ts';
import { useSpeaker } from '../words/context.tsx';
import type { Said } from '../words/words.ts';

/** A form of the console: what is wrong comes first and has the focus, what was typed stays. */
export function AdminForm({
  action,
  id,
  files,
  csrf,
  problems = [],
  submit,
  quiet = false,
  danger,
  cancel,
  cancelLabel,
  children,
}: {
  action: string;
  /** For controls of the form that stand elsewhere on the page. */
  id?: string | undefined;
  /** A file may be sent with it. */
  files?: boolean | undefined;
  csrf: string;
  /** Each with the field it is about, if it is about one. */
  problems?: readonly { field?: string | undefined; text: Said }[] | undefined;
  submit: string;
  /** Another step leads on from here, and stands out. */
  quiet?: boolean | undefined;
  danger?: boolean | undefined;
  cancel?: string | undefined;
  /** "Back", where nothing is lost by it; "Cancel" where it is left out. */
  cancelLabel?: string | undefined;
  children?: ComponentChildren;
}) {
  const { say } = useSpeaker();
  return (
    <form class="form" id={id} method="post" action={action} enctype={files ? 'multipart/form-data' : undefined}>
      <Csrf value={csrf} />
      {problems.length === 0 ? null : (
        <ErrorSummary>
          <ul>
            {problems.map(({ field, text }) => (
              <li>{field === undefined ? text : <a href={`#${field}`}>{text}</a>}</li>
            ))}
          </ul>
        </ErrorSummary>
      )}
      {children}
      <div class="form-end">
        {cancel === undefined ? null : (
          <a class="button" href={cancel}>
            {cancelLabel ?? say(FORM.cancel)}
          </a>
        )}
        <button type="submit" class={danger ? 'button stop' : quiet ? 'button' : 'button primary'} data-testid="submit">
          {submit}
        </button>
      </div>
    </form>
  );
}

interface Control {
  name: string;
  label: Said;
  hint?: Said | undefined;
  optional?: boolean | undefined;
}

const hintId = ({ name, hint }: Control) => (hint === undefined ? undefined : `${name}-hint`);

function Labelled({ control, children }: { control: Control; children: ComponentChildren }) {
  const { say } = useSpeaker();
  return (
    <div>
      <label class="label" for={control.name}>
        {control.label}
        {control.optional ? <span class="quiet">{say(FORM.optional)}</span> : null}
      </label>
      {children}
      {control.hint === undefined ? null : (
        <p class="hint" id={hintId(control)}>
          {control.hint}
        </p>
      )}
    </div>
  );
}

/** One line. */
export function TextInput(
  props: Control & {
    value?: string | undefined;
    type?: 'text' | 'email' | 'url' | 'number' | 'date';
    maxLength?: number;
    /** A name or a value rather than a sentence. */
    verbatim?: boolean;
    invalid?: boolean | undefined;
    /** What is offered while typing: the id of a `datalist`. */
    list?: string | undefined;
  },
) {
  return (
    <Labelled control={props}>
      <input
        class="input"
        id={props.name}
        name={props.name}
        type={(props.type ?? 'text') as 'text'}
        value={props.value}
        maxLength={props.maxLength}
        list={props.list}
        autocomplete="off"
        autocapitalize={props.verbatim ? 'none' : undefined}
        spellcheck={props.verbatim ? false : undefined}
        required={!props.optional}
        aria-invalid={props.invalid ? 'true' : undefined}
        aria-describedby={hintId(props)}
      />
    </Labelled>
  );
}

/** Several lines. */
export function TextArea(props: Control & { value?: string | undefined; rows?: number; maxLength?: number }) {
  return (
    <Labelled control={props}>
      <textarea
        class="input"
        id={props.name}
        name={props.name}
        rows={props.rows ?? 4}
        maxLength={props.maxLength}
        spellcheck={false}
        required={!props.optional}
        aria-describedby={hintId(props)}
      >
        {props.value}
      </textarea>
    </Labelled>
  );
}

/** A file of the reader's, sent with a form that says so. */
export function FileInput(props: Control & { accept: string }) {
  return (
    <Labelled control={props}>
      <input
        class="input"
        id={props.name}
        name={props.name}
        type="file"
        accept={props.accept}
        required={!props.optional}
        aria-describedby={hintId(props)}
      />
    </Labelled>
  );
}

/** One of several, folded. */
export function Select(
  props: Control & { value?: string | undefined; options: readonly { value: string; label: string }[] },
) {
  return (
    <Labelled control={props}>
      <select
        class="input"
        id={props.name}
        name={props.name}
        required={!props.optional}
        aria-describedby={hintId(props)}
      >
        {props.options.map(({ value, label }) => (
          <option value={value} selected={value === props.value}>
            {label}
          </option>
        ))}
      </select>
    </Labelled>
  );
}

/** One of a few, each with what it means. Nothing is chosen beforehand unless it says so. */
export function RadioList({
  name,
  legend,
  options,
}: {
  name: string;
  legend: string;
  options: readonly {
    value: string;
    label: ComponentChildren;
    detail?: ComponentChildren;
    checked?: boolean | undefined;
  }[];
}) {
  return (
    <fieldset class="options" id={name}>
      <legend class="label">{legend}</legend>
      {options.map(({ value, label, detail, checked }) => (
        <label class="option">
          <input type="radio" class="check-input" name={name} value={value} checked={checked} required />
          <span>
            <span class="option-label">{label}</span>
            {detail ? <span class="quiet option-detail">{detail}</span> : null}
          </span>
        </label>
      ))}
    </fieldset>
  );
}

/** Any of several: each is a field of its own, because a form may send one name once (OA-13). */
export function CheckList({
  id,
  legend,
  hint,
  options,
}: {
  /** Where a problem with them leads. */
  id?: string | undefined;
  legend: string;
  hint?: Said | undefined;
  options: readonly {
    name: string;
    label: ComponentChildren;
    detail?: ComponentChildren;
    checked?: boolean | undefined;
  }[];
}) {
  return (
    <fieldset class="options" id={id}>
      <legend class="label">{legend}</legend>
      {hint === undefined ? null : <p class="hint">{hint}</p>}
      {options.map(({ name, label, detail, checked }) => (
        <label class="option">
          <input type="checkbox" class="check-input" name={name} value="1" checked={checked} />
          <span>
            <span class="option-label">{label}</span>
            {detail ? <span class="quiet option-detail">{detail}</span> : null}
          </span>
        </label>
      ))}
    </fieldset>
  );
}

/** What a field with this `list` offers while somebody types. */
export const Offered = ({ id, values }: { id: string; values: readonly string[] }) => (
  <datalist id={id}>
    {values.map((value) => (
      <option value={value} />
    ))}
  </datalist>
);

/** People by their addresses, for a field with `list="people"`. */
export const OfferedPeople = ({ people }: { people: readonly { email: string; name: string }[] }) => (
  <datalist id="people">
    {people.map(({ email, name }) => (
      <option value={email}>{visible(name, 80)}</option>
    ))}
  </datalist>
);
