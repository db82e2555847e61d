// The small parts that all pages share.

import { GatewayError, messagesByField, type UserError } from "@crossgate/client";
import { type InputHTMLAttributes, type ReactNode, type SelectHTMLAttributes, type TextareaHTMLAttributes, useEffect, useId, useRef, useState } from "react";

/** A failure, what to do about it, and the number that support asks for. */
export function Failure({ error, retry }: { error: Error; retry?: () => void }) {
  const { requestId, retryAfter } = error instanceof GatewayError ? error : { requestId: undefined, retryAfter: undefined };
  return (
    <div className="failure" role="alert">
      <p>{error.message}{retryAfter !== undefined && ` Try again in ${retryAfter} seconds.`}</p>
      {requestId && <p className="small">Request {requestId}</p>}
      {retry && <button type="button" onClick={retry}>Try again</button>}
    </div>
  );
}

/** What a mutation said about an input, by field. `send` runs it, and resolves to true if it succeeded. */
export function useForm() {
  const [errors, setErrors] = useState<Record<string, string[]>>({});
  const [failure, setFailure] = useState<Error>();
  const [isSending, setSending] = useState(false);
  const form = useRef<HTMLFormElement>(null);
  useEffect(() => {
    form.current?.querySelector<HTMLElement>("[aria-invalid=true]")?.focus();
  }, [errors]);
  const send = async (mutate: () => Promise<readonly UserError[]>): Promise<boolean> => {
    setSending(true);
    setFailure(undefined);
    try {
      const problems = await mutate();
      setErrors(messagesByField(problems));
      return problems.length === 0;
    } catch (error) {
      setFailure(error as Error);
      return false;
    } finally {
      setSending(false);
    }
  };
  return { form, errors, failure, isSending, send };
}

interface FieldProps {
  readonly label: string;
  readonly hint?: string;
  readonly errors?: readonly string[] | undefined;
}

/** A labelled control with its hint and its errors, which a screen reader reads with it. */
function Field({ label, hint, errors, children }: FieldProps & { children: (attributes: object) => ReactNode }) {
  const id = useId();
  const described = [hint && `${id}-hint`, errors && `${id}-errors`].filter(Boolean).join(" ") || undefined;
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      {children({ id, "aria-describedby": described, "aria-invalid": errors ? true : undefined })}
      {hint && <p className="hint" id={`${id}-hint`}>{hint}</p>}
      {errors && <p className="error" id={`${id}-errors`}>{errors.join(" ")}</p>}
    </div>
  );
}

export function TextField({ label, hint, errors, ...input }: FieldProps & InputHTMLAttributes<HTMLInputElement>) {
  return <Field {...{ label, hint, errors } as FieldProps}>{(attributes) => <input {...input} {...attributes} />}</Field>;
}

export function TextArea({ label, hint, errors, ...area }: FieldProps & TextareaHTMLAttributes<HTMLTextAreaElement>) {
  return <Field {...{ label, hint, errors } as FieldProps}>{(attributes) => <textarea {...area} {...attributes} />}</Field>;
}

export function Select({ label, hint, errors, children, ...select }: FieldProps & SelectHTMLAttributes<HTMLSelectElement>) {
  return (
    <Field {...{ label, hint, errors } as FieldProps}>
      {(attributes) => <select {...select} {...attributes}>{children}</select>}
    </Field>
  );
}

/** The errors about the whole input, above a form. */
export function FormErrors({ errors, failure }: { errors: Record<string, string[]>; failure: Error | undefined }) {
  return (
    <>
      {errors[""] && <p className="failure" role="alert">{errors[""].join(" ")}</p>}
      {failure && <Failure error={failure} />}
    </>
  );
}

const WORDS = /_/g;

/** A value of an enum in words: PENDING_APPROVAL is "Pending approval". */
export function inWords(value: string): string {
  const words = value.toLowerCase().replace(WORDS, " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}

export interface Count {
  readonly totalCount?: number | undefined;
  readonly totalCountPrecision?: string | undefined;
}

/** The number of items in words. The gateway counts at most 10,000. */
export function counted({ totalCount = 0, totalCountPrecision }: Count): string {
  return totalCountPrecision === "AT_LEAST" ? `more than ${totalCount}` : String(totalCount);
}

export function dateOf(time: string): string {
  return new Intl.DateTimeFormat(undefined, { dateStyle: "medium" }).format(new Date(time));
}

export function speedOf(mbps: number): string {
  return mbps >= 1000 ? `${mbps / 1000} Gbps` : `${mbps} Mbps`;
}
