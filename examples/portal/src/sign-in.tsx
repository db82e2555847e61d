// The page to sign in: with a password or, in development, as a sample user.

import { useEffect, useState } from "react";

import { sampleUsers, type SampleUser, signIn, signInAsSample } from "./session";
import { FormErrors, TextField, useForm } from "./ui";

export function SignIn({ onDone }: { onDone: () => void }) {
  const { form, errors, failure, isSending, send } = useForm();
  const [samples, setSamples] = useState<readonly SampleUser[]>([]);
  useEffect(() => {
    document.title = "Sign in – Bramble Connect";
    sampleUsers().then(setSamples, () => setSamples([]));
  }, []);
  const submit = async (values: FormData) => {
    if (await send(() => signIn(String(values.get("email")), String(values.get("password"))))) onDone();
  };
  return (
    <main className="centered">
      <h1>Sign in</h1>
      <form
        ref={form}
        onSubmit={(event) => {
          event.preventDefault();
          void submit(new FormData(event.currentTarget));
        }}
      >
        <FormErrors errors={errors} failure={failure} />
        <TextField label="Email" name="email" type="email" autoComplete="username" required errors={errors.email} />
        <TextField label="Password" name="password" type="password" autoComplete="current-password" required errors={errors.password} />
        <button type="submit" disabled={isSending}>Sign in</button>
      </form>
      {samples.length > 0 && (
        <section aria-labelledby="samples">
          <h2 id="samples">Sample users</h2>
          <p>This gateway runs in development mode, so you can sign in without a password.</p>
          <ul className="samples">
            {samples.map(({ email, label }) => (
              <li key={email}>
                <button
                  type="button"
                  className="quiet"
                  onClick={() => {
                    signInAsSample(email);
                    onDone();
                  }}
                >
                  <strong>{label}</strong> {email}
                </button>
              </li>
            ))}
          </ul>
        </section>
      )}
    </main>
  );
}
