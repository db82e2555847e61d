// The problems of an input, which a mutation reports in its payload.

export interface UserError {
  readonly code: string;
  readonly message: string;
  /** The values in the message, for clients that word messages themselves. */
  readonly params?: readonly { readonly name: string; readonly value: string }[];
  /** The path to the value inside the input. Null if it's about the whole input. */
  readonly field?: readonly string[] | null;
}

/** The messages of user errors by the path to their field, such as `settings.pricing`; "" has those about the whole input. */
export function messagesByField(errors: readonly UserError[]): Record<string, string[]> {
  const messages: Record<string, string[]> = {};
  for (const { field, message } of errors) (messages[field?.join(".") ?? ""] ??= []).push(message);
  return messages;
}
