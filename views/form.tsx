import type { Said } from './words/words.ts';

interface FieldProps {
  name: string;
  /** Only where a page has several fields of one name. */
  id?: string;
  label: Said;
  hint?: Said;
  /** What is wrong with what was typed. */
  problem?: Said | undefined;
  type?: 'text' | 'email' | 'password';
  autocomplete: string;
  /** An address or a value rather than a sentence: not capitalised, not corrected. */
  verbatim?: boolean;
  /** Exactly this many digits; the field then stands beside its label. */
  digits?: number;
  minLength?: number;
  maxLength?: number;
  value?: string | undefined;
  /** May stay empty: the server says when it may not. */
  optional?: boolean;
}

/** A labelled input; its hint and its problem are read out with it (WCAG 3.3.1). */
export function Field(props: FieldProps) {
  const { name, id = name, label, hint, problem, type = 'text', verbatim, digits } = props;
  const described = [problem && `${id}-problem`, hint && `${id}-hint`].filter(Boolean).join(' ');
  return (
    <div class={digits === undefined ? undefined : 'digits'}>
      <label class="label" for={id}>
        {label}
      </label>
      <input
        class="input"
        id={id}
        name={name}
        // Preact knows one kind of input per type; what is set here is common to these three.
        type={type as 'text'}
        autocomplete={props.autocomplete}
        autocapitalize={verbatim ? 'none' : undefined}
        spellcheck={verbatim ? false : undefined}
        inputmode={digits === undefined ? undefined : 'numeric'}
        pattern={digits === undefined ? undefined : `[0-9]{${digits}}`}
        minLength={props.minLength}
        maxLength={digits ?? props.maxLength}
        value={props.value}
        required={!props.optional}
        autofocus={problem !== undefined}
        aria-invalid={problem === undefined ? undefined : 'true'}
        aria-describedby={described || undefined}
      />
      {problem === undefined ? null : (
        <p class="problem" id={`${id}-problem`}>
          {problem}
        </p>
      )}
      {hint === undefined ? null : (
        <p class="hint" id={`${id}-hint`}>
          {hint}
        </p>
      )}
    </div>
  );
}

export interface Choice {
  value: string;
  label: string;
  checked: boolean;
}

/** One of a few, side by side; something must be chosen. */
export function Choices({ name, choices }: { name: string; choices: readonly Choice[] }) {
  return (
    <div class="choices">
      {choices.map(({ value, label, checked }) => (
        <label class="choice">
          <input class="choice-input" type="radio" name={name} value={value} checked={checked} required />
          <span>{label}</span>
        </label>
      ))}
    </div>
  );
}
