// A form that sends its values to the gateway, and shows errors at their fields.

export interface UserError {
  readonly message: string;
  readonly field: readonly string[] | null;
}

export type Values = Readonly<Record<string, string>>;

/**
 * Send the form's values when it's submitted. `send` returns the errors. Until this runs, the form is disabled: the browser
 * would submit it itself, which the page's security policy blocks silently.
 */
export function whenSubmitted(form: HTMLFormElement, send: (values: Values) => Promise<readonly UserError[]>): void {
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (form.ariaBusy) return; // pressed twice
    form.ariaBusy = "true";
    clear(form);
    show(form, await send(valuesOf(form)).catch(unanswered));
    form.ariaBusy = null;
  });
  form.querySelector("fieldset")!.disabled = false;
}

/** Run `act` when a button is pressed. Until this runs, the button is disabled. */
export function whenPressed(id: string, act: () => void): void {
  const button = document.getElementById(id) as HTMLButtonElement;
  button.addEventListener("click", act);
  button.disabled = false;
}

function valuesOf(form: HTMLFormElement): Values {
  return Object.fromEntries(inputsOf(form).map(({ name, value }) => [name, value]));
}

function inputsOf(form: HTMLFormElement): readonly HTMLInputElement[] {
  return [...form.querySelectorAll("input")];
}

function clear(form: HTMLFormElement): void {
  for (const text of form.querySelectorAll(".problem, .error")) text.textContent = "";
  for (const input of inputsOf(form)) input.ariaInvalid = null;
}

/** Show each error at its field, and the rest above the form. Focus the first invalid field. */
function show(form: HTMLFormElement, errors: readonly UserError[]): void {
  const others = errors.filter((error) => !mark(form, error)).map(({ message }) => message);
  form.querySelector(".problem")!.textContent = others.join(" ");
  inputsOf(form).find((input) => input.ariaInvalid)?.focus();
}

/** Mark the field of an error. Return false if the form doesn't have it. */
function mark(form: HTMLFormElement, { field, message }: UserError): boolean {
  const input = inputsOf(form).find(({ name }) => name === field?.[0]);
  if (!input) return false;
  input.ariaInvalid = "true";
  document.getElementById(`${input.id}-error`)!.textContent = message;
  return true;
}

function unanswered(error: Error): readonly UserError[] {
  return [{ message: `Something went wrong: ${error.message}`, field: null }];
}
