import { LIMIT_FIELDS } from '../words/console-documents.ts';
import { useSpeaker } from '../words/context.tsx';
import { IMPACT } from '../words/shell.ts';
import type { Said } from '../words/words.ts';
import { Select, TextInput } from './form.tsx';

/** What an agent never goes beyond: how much is at stake, what one person decides alone, how often it asks. */
export function LimitFields({
  fields,
  problems,
  secondPerson = false,
  perMinute,
}: {
  fields: Readonly<Record<string, string | undefined>>;
  problems: readonly { field?: string | undefined; text: Said }[];
  /** Whether it is asked from where on somebody else decides as well. */
  secondPerson?: boolean;
  /** The name of the field that says how often it may ask. */
  perMinute: string;
}) {
  const { say } = useSpeaker();
  const levels = [
    { value: '', label: say(LIMIT_FIELDS.noLimit) },
    ...(['low', 'medium', 'high', 'critical'] as const).map((value) => ({ value, label: say(IMPACT[value]) })),
  ];
  const level = (name: string, label: Said) => (
    <Select name={name} label={label} optional value={fields[name] ?? ''} options={levels} />
  );
  return (
    <>
      {level('highest_impact', say(LIMIT_FIELDS.neverAbove))}
      {secondPerson ? level('second_person_above', say(LIMIT_FIELDS.secondAbove)) : null}
      <TextInput
        name={perMinute}
        label={say(LIMIT_FIELDS.perMinute)}
        type="number"
        optional
        value={fields[perMinute]}
        invalid={problems.some(({ field }) => field === perMinute)}
      />
    </>
  );
}
