// The details of the events that elements dispatch. docs/api/portal-kit.md describes them.

/** What the viewer has changed. */
export interface Change {
  readonly type: string;
  readonly id?: string;
  readonly action: string;
}

/** What failed. */
export interface Failure {
  readonly code: string;
  readonly retryable: boolean;
}
