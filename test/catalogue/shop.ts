import type { Action } from '../../server/catalogue/action.ts';
import { CatalogueError, compileCatalogue, parseCatalogue } from '../../server/catalogue/catalogue.ts';
import { said } from '../support/said.ts';

/** One action that is right, to be made wrong in one way per test. */
export const shop = `
- resource: https://shop.example
  name: Shop
  owner: deployment
  actions:
    - key: shop.orders.place
      version: 1
      verb: update
      parameters:
        type: object
        additionalProperties: false
        required: [item, due]
        properties:
          item: { type: string, maxLength: 40, x-label: Item, x-format: text }
          due: { type: string, format: date, x-label: Due, x-format: date }
          note: { type: string, maxLength: 40, x-label: Note, x-format: text }
      critical: [item]
      headline: 'order {item}'
      button: Allow order
      effect: Places an order
      undo: Can be cancelled
      facts:
        what: 'Order {item}'
        system: '{@system}'
        data: 'By {due|full}[, note {note}]'
        changes: Yes, one order is placed
        impact: 'It arrives by {due|full}'
      reversible: true
      level: { default: medium }
      durations: { default: once, max: PT1H }
      samples:
        - { item: chair, due: '2026-11-24' }
`;

/** The same, and the shop says what it costs and from which stores it comes. */
export const asked = shop
  .replace(
    '      durations:',
    `      resolve:
        at: https://shop.example/facts
        unchecked: high
        facts:
          type: object
          additionalProperties: false
          required: [pieces]
          properties:
            pieces: { type: integer, minimum: 0, maximum: 1000000, x-label: Pieces, x-format: count }
            store: { type: string, maxLength: 40, x-label: Store, x-format: text }
        sample: { pieces: 3, store: North }
      durations:`,
  )
  .replace("what: 'Order {item}'", "what: 'Order [{#pieces|count:piece,pieces}|an unknown number][ from {#store}]'");

/** Everything that is wrong with a catalogue, a line each; empty when nothing is. */
export function problemsIn(yaml: string): string {
  try {
    compileCatalogue(parseCatalogue(yaml));
    return '';
  } catch (cause) {
    if (cause instanceof CatalogueError) return cause.said.map(said).join('\n');
    throw cause;
  }
}

/** The one action of a catalogue. */
export function onlyAction(yaml: string): Action {
  const [action] = compileCatalogue(parseCatalogue(yaml)).actions.values();
  if (!action) throw new Error('no action');
  return action;
}

/** The shop, where an order has a price that may be less than what was allowed. */
export const pricedShop = shop
  .replace('required: [item, due]', 'required: [item, due, price]')
  .replace(
    'properties:\n          item',
    // As a function, because a dollar sign means something in a text of replace().
    () => `properties:
          price:
            type: object
            additionalProperties: false
            required: [currency, value]
            properties:
              currency: { type: string, pattern: "^[A-Z]{3}$" }
              value: { type: string, pattern: '^\\d{1,12}\\.\\d{2}$' }
            x-label: Price
            x-format: money
          item`,
  )
  .replace('critical: [item]', 'critical: [item, price]')
  .replace("headline: 'order {item}'", "headline: 'order {item} for up to {price}'")
  .replace('durations:', 'compare: { price: money-max }\n      durations:')
  .replace("due: '2026-11-24' }", "due: '2026-11-24', price: { currency: EUR, value: '100.00' } }");
