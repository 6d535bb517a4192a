/** Nobody decided in time: those may as well to whom the rule escalates. `payload`: `{ approval }`. */
export const ESCALATE = 'approval.escalate';
