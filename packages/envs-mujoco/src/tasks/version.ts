/** Gymnasium's version of a task. v4 pays the healthy reward on the step that terminates too, and reports fewer terms. */
export type TaskVersion = 'v4' | 'v5';
