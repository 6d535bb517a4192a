import type { Format } from './format.ts';
import { type JsonSchema, MONEY, propertiesOf } from './schema.ts';

/**
 * A foreign schema of one parameter as a catalogue can have it: bounded, and in a format that can be shown and compared.
 * Without a label, because that one a person reads. Undefined where no format fits.
 */
export function parameterOf(schema: JsonSchema): { schema: JsonSchema; sample: unknown } | undefined {
  const type = [schema.type].flat().filter((name) => name !== 'null');
  if (type.length > 1) return undefined;
  switch (type[0] ?? (Array.isArray(schema.enum) ? 'string' : undefined)) {
    case 'string':
      return textOf(schema);
    case 'boolean':
      return shown({ type: 'boolean' }, 'flag', true);
    case 'integer': {
      const minimum = whole(schema.minimum) ?? 0;
      return shown({ type: 'integer', minimum, maximum: whole(schema.maximum) ?? 1_000_000 }, 'count', minimum);
    }
    case 'array': {
      const items = schema.items as JsonSchema | undefined;
      const item = items?.type === 'string' ? textOf(items) : undefined;
      const format = item?.schema['x-format'];
      if (!item || (format !== 'text' && format !== 'email')) return undefined;
      const { 'x-format': _, ...rest } = item.schema;
      const maxItems = Math.min(whole(schema.maxItems) ?? 50, 50) || 50;
      return shown({ type: 'array', minItems: 1, maxItems, uniqueItems: true, items: rest }, 'list', [item.sample]);
    }
    case 'object': {
      const names = Object.keys(propertiesOf(schema)).toSorted().join();
      return names === 'currency,value' ? shown(MONEY, 'money', { currency: 'EUR', value: '10.00' }) : undefined;
    }
    default:
      return undefined;
  }
}

function textOf(schema: JsonSchema): { schema: JsonSchema; sample: unknown } {
  switch (schema.format) {
    case 'date':
      return shown({ type: 'string', format: 'date' }, 'date', '2026-11-24');
    case 'date-time':
      return shown({ type: 'string', format: 'date-time' }, 'instant', '2026-11-24T10:00:00+01:00');
    case 'email':
      return shown({ type: 'string', format: 'email', maxLength: 254 }, 'email', 'a@acme.example');
  }
  const values = Array.isArray(schema.enum)
    ? schema.enum.slice(0, MOST_VALUES).filter((value) => typeof value === 'string')
    : [];
  if (values.length > 0) return shown({ type: 'string', enum: values }, 'text', values[0]);
  const minLength = Math.min(whole(schema.minLength) ?? 1, 60);
  const maxLength = Math.max(minLength, Math.min(whole(schema.maxLength) ?? 60, 60));
  return shown({ type: 'string', minLength, maxLength }, 'text', 'x'.repeat(Math.max(1, minLength)));
}

const MOST_VALUES = 50;

const shown = (schema: JsonSchema, format: Format, sample: unknown) => ({
  schema: { ...schema, 'x-format': format },
  sample,
});

const whole = (value: unknown): number | undefined =>
  typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : undefined;
